"""What text an entry may hold: NFC, no control or bidi characters. Refused, never repaired."""

from __future__ import annotations

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
