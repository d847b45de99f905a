"""The receipt on paper: one A5 page in Chinese and English, with a QR code to the gift's page."""

from __future__ import annotations

from typing import Any

import segno
from flask import g
from markupsafe import Markup

from dashboard.language import Name, Speech
from dashboard.queries import donors, proof
from dashboard.queries.gifts import Gift

_MOST_GOODS = 6  # more lines would not fit an A5 page; the rest is counted


def receipt_facts(gift: Gift, base: str) -> dict[str, Any]:
    """What trace_receipt.html needs; `base` is the address that was asked, ending with a slash."""
    book = g.book
    log = proof.log_address(book, base)  # paper outlives this address: the public one, if it is known
    link = f"{log.removesuffix('log') if log.endswith('/log') else base}trace/{gift.code}"
    donor = donors.donor_of(book, gift.party, gift.code)
    now, last = proof.standing(book), gift.receipts[-1]
    both = tuple(Speech(lang, book.facts.zone, book.today) for lang in ("zh", "en"))
    return {
        "book": book, "gift": gift, "link": link, "qr": qr_code(link),
        "zh": both[0], "en": both[1], "both": both, "now": now,
        "indexes": ", ".join(f"{index:,}" for index in gift.receipts),
        "short_root": _short(proof.root(book)), "book_names": Name(book.facts.name_zh, book.facts.name_en),
        "is_published": last < (now.published or 0),
        "is_confirmed": last < now.confirmed_size, "donor": donor,
        "items": gift.items[:_MOST_GOODS] if donor.shows_all else [],
        "more": len(gift.items) - _MOST_GOODS,
    }  # fmt: skip


def _short(root: str) -> str:
    return f"{root[:4]} {root[4:8]} … {root[-4:]}"


def qr_code(link: str) -> Markup:
    """The link as an SVG drawing, error correction M, with the quiet zone of four modules (ISO/IEC 18004)."""
    drawn = segno.make(link, error="m", micro=False)
    svg = drawn.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None, title=link)
    return Markup(svg)  # our own drawing; segno escapes the title
