"""How the numbers are computed, with the source of every formula; each figure links to its part."""

from __future__ import annotations

from flask import Blueprint, g, render_template

PARTS = ("equation", "found", "cover", "safety", "forecast", "levels", "counts", "lag", "proof", "limits")
ARCHIVE_PARTS = ("equation", "archive", "proof", "limits")


def add_to(door: Blueprint) -> None:
    @door.get("/method")
    def method() -> str:
        parts = ARCHIVE_PARTS if g.book.facts.kind == "archive" else PARTS
        return render_template("method.html", book=g.book, parts=parts)
