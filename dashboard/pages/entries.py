"""Entries: the newest, and each one with its exact bytes."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template

from dashboard.pages import telling
from dashboard.pages.asking import asked_number, not_found
from dashboard.queries import entries
from ledger.tlog.tiles import ENTRIES, WIDTH, tile_at

_PAGE = 40


def add_to(door: Blueprint) -> None:
    @door.get("/entries/")
    def entry_list() -> str:
        before = asked_number("before", g.book.size, 2**53)
        assert before is not None
        found = entries.newest(g.book, _PAGE, before)
        told = [(entry, telling.sentence(entry, g.speech, g.book.registers)) for entry in found]
        top = min(before, g.book.size)
        older, newer = max(0, top - _PAGE), min(g.book.size, top + _PAGE)
        return render_template(
            "entries.html", book=g.book, told=told, older=older, newer=newer if newer > top else None
        )

    @door.get("/entries/<int:index>")
    def entry(index: int) -> str:
        found = _entry_or_404(index)
        return render_template(
            "entry.html", book=g.book, entry=found, bundle=_bundle_address(index),
            sentence=telling.sentence(found, g.speech, g.book.registers),
        )  # fmt: skip

    @door.get("/entries/<int:index>.json")
    def entry_bytes(index: int) -> Response:
        """The exact bytes; SHA-256 of one zero byte and these is the leaf hash."""
        return Response(_entry_or_404(index).data, mimetype="application/json")


def _entry_or_404(index: int) -> entries.EntryTold:
    found = entries.entries_at(g.book, [index]) if index < g.book.size else []
    if not found:
        not_found("problem.no_entry", index=index, size=g.book.size)
    return found[0]


def _bundle_address(index: int) -> str | None:
    """The published file that holds the entry (tlog-tiles, entry bundles); None while it is not published."""
    size = g.book.published_size
    if size is None or index >= size:
        return None
    return f"/log/{tile_at(size, ENTRIES, index // WIDTH).path}"
