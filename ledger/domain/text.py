"""What text an entry may hold: NFC, no control or bidi characters. Refused, never repaired."""

from __future__ import annotations

import re
import unicodedata

from ledger.domain.violations import Unfit

# Cc control, Cf format (bidi embeddings, overrides, isolates and marks are here), Cs surrogate, Zl/Zp line
# and paragraph separators. Unassigned and private characters pass: what they are differs between Unicode
# versions, and an entry must be judged alike by every version.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def check_text(text: str) -> str:
    """`text` itself. Raises Unfit, a ValueError, when it is not NFC or holds a refused character."""
    if text.isascii():
        if text.isprintable():
            return text
    elif not unicodedata.is_normalized("NFC", text):
        raise Unfit("not_nfc")
    for character in text:
        if unicodedata.category(character) in _REFUSED:
            raise Unfit("refused_character", character=f"U+{ord(character):04X}")
    return text


# RFC 8785 escapes the quote, the backslash and control characters alone.
_ESCAPED = re.compile(r'(?<!\\)(?:\\\\)*(\\[^"\\])')


def check_document(text: str) -> None:
    """Check all strings of a canonical JSON text at once. Raises Unfit as `check_text` does.

    A string of its own would be judged alike: quotes stand between strings, and NFC joins nothing to a quote.
    """
    if "\\" in text and (escaped := _ESCAPED.search(text)):
        raise Unfit("refused_character", character=escaped[1])
    if text.isascii():  # JSON lets no other control character stand in a string unescaped
        if "\x7f" in text:
            raise Unfit("refused_character", character="U+007F")
        return
    if not unicodedata.is_normalized("NFC", text):
        raise Unfit("not_nfc")
    for character in set(text):
        if unicodedata.category(character) in _REFUSED:
            raise Unfit("refused_character", character=f"U+{ord(character):04X}")
