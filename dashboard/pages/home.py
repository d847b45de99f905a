"""The first page: one item's answer, who runs short, what was just written; for an archive, its findings."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from dashboard import telling
from dashboard.answering import answer_of, flows_finding
from dashboard.asking import asked_item
from dashboard.queries import archive, entries, goods, stock

_CHOICES = 6
_SCARCEST = 5
_JUST_WRITTEN = 4
_ARCHIVE_ITEMS = 30


def add_to(door: Blueprint) -> None:
    @door.get("/")
    def home() -> str:
        return _archive_home() if g.book.facts.kind == "archive" else _home()


def _home() -> str:
    book = g.book
    totals = goods.item_totals(book)
    item = asked_item() or goods.first_item(book, totals)
    if item is None:
        return render_template("empty.html", book=book)
    found = goods.whereabouts(book, item)
    centers = stock.center_standings(book)
    vital = [
        s for s in stock.standings(book)
        if s.level and s.item.criticality == "vital" and s.item.item_class == "consumable"
    ]  # fmt: skip
    short = sum(c.scarcest is not None and c.scarcest.level in ("out", "nearly_out") for c in centers)
    return render_template(
        "home.html", book=book, found=found, answer=answer_of(found, g.speech),
        finding=flows_finding(found, g.speech), choices=_choices(totals, item.code), items=len(totals),
        centers=centers, short=short,
        scarcest=_one_per_center(vital), written=written(_JUST_WRITTEN),
        has_forecasts=book.forecast_run.forecasts > 0,
    )  # fmt: skip


def _archive_home() -> str:
    book = g.book
    totals = goods.item_totals(book)
    shown = sorted(totals, key=lambda line: (-line.fates.get("transit", 0), line.item.code))[:_ARCHIVE_ITEMS]
    return render_template(
        "archive.html", book=book, summary=archive.summary(book), last_day=book.reading.last_day_told(),
        shown=shown, totals=len(totals), written=written(2),
    )  # fmt: skip


def _choices(totals: list[goods.ItemTotals], chosen: str) -> list[goods.ItemTotals]:
    """Other items to choose at once: vital consumables first, in the order of codes."""
    rank = {"vital": 0, "essential": 1, "needed": 2}
    ordered = sorted(
        totals,
        key=lambda line: (
            rank.get(line.item.criticality, 3),
            line.item.item_class != "consumable",
            line.item.code,
        ),
    )
    return [line for line in ordered if line.item.code != chosen][:_CHOICES]


def _one_per_center(vital: list[stock.Standing]) -> list[stock.Standing]:
    """The scarcest item of each of the scarcest centers."""
    seen: dict[str, stock.Standing] = {}
    for standing in vital:
        seen.setdefault(standing.place.code, standing)
    return list(seen.values())[:_SCARCEST]


def written(most: int) -> list[tuple[entries.EntryTold, str]]:
    """The newest entries, each with its sentence."""
    found = entries.just_written(g.book, most)
    return [(entry, telling.sentence(entry, g.speech, g.book.registers)) for entry in found]
