"""The items: where is it, by source and fate, by place."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from dashboard import telling
from dashboard.answering import answer_of, flows_finding
from dashboard.asking import item_or_404
from dashboard.figures.theme import FATE
from dashboard.queries import entries, goods, stock

_NEWEST = 6


def add_to(door: Blueprint) -> None:
    @door.get("/items/")
    def item_list() -> str:
        totals = goods.item_totals(g.book)
        present = [fate for fate in FATE if any(fate in line.fates for line in totals)]
        never = len(g.book.registers.items) - len(totals)
        return render_template("items.html", book=g.book, totals=totals, fates=present, never=never)

    @door.get("/items/<code>")
    def item(code: str) -> str:
        book, wanted = g.book, item_or_404(code)
        found = goods.whereabouts(book, wanted)
        newest = entries.entries_at(book, book.reading.touching(None, wanted.code, _NEWEST))
        sentences = [(entry, telling.sentence(entry, g.speech, book.registers)) for entry in newest]
        standings = {} if book.facts.kind == "archive" else {
            s.place.code: s for s in stock.standings(book, item=wanted.code)
        }  # fmt: skip
        return render_template(
            "item.html", book=book, found=found, answer=answer_of(found, g.speech), standings=standings,
            finding=flows_finding(found, g.speech), newest=sentences,
        )  # fmt: skip
