"""What an address asks for, checked: an unknown code is 404, a wrong parameter 400 with its name and rule."""

from __future__ import annotations

from typing import NoReturn

from flask import g, request
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from dashboard.queries.registers import Item, Place


def item_or_404(code: str) -> Item:
    found = g.book.registers.items.get(code)
    if found is None:
        not_found("problem.no_item", code=code)
    return found


def place_or_404(code: str) -> Place:
    found = g.book.registers.places.get(code)
    if found is None or found.kind not in ("center", "depot"):
        not_found("problem.no_center", code=code)
    return found


def asked_item() -> Item | None:
    """The item that `?item=` names; None where it names none. An unknown one is 400."""
    code = request.args.get("item")
    if not code:
        return None
    found = g.book.registers.items.get(code)
    if found is None:
        refuse("problem.bad_item", code=code[:40])
    return found


def asked_number(name: str, default: int | None, most: int) -> int | None:
    """A whole number from 0 to `most` in the query; anything else is 400."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most):
        refuse("problem.bad_number", name=name, most=most)
    return int(text)


def asked_narrow() -> bool:
    text = request.args.get("narrow", "0")
    if text not in ("0", "1"):
        refuse("problem.bad_narrow")
    return text == "1"


def not_found(key: str, **facts: object) -> NoReturn:
    """404 with one sentence."""
    raise _told(NotFound(), key, **facts)


def refuse(key: str, **facts: object) -> NoReturn:
    """400 with one sentence."""
    raise _told(BadRequest(), key, **facts)


def _told(error: HTTPException, key: str, **facts: object) -> HTTPException:
    sentence: Markup = g.speech.say(key, **facts)
    error.sentence = sentence  # type: ignore[attr-defined]
    return error
