"""Small answers beside the pages: health, tables as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from flask import Blueprint, Response, g

from dashboard.asking import item_or_404, place_or_404
from dashboard.figures.theme import FATE
from dashboard.queries import goods, stock


def add_to(door: Blueprint) -> None:
    @door.get("/healthz")
    def healthz() -> Response:
        """Answers once the process serves."""
        return Response("ok\n", mimetype="text/plain")

    @door.get("/readyz")
    def readyz() -> Response:
        """Answers when the book can be read; the first line says ready."""
        text = f"ready\nentries {g.book.size}\nforecasts {g.book.forecast_run.forecasts}\n"
        response = Response(text, mimetype="text/plain")
        response.headers["Cache-Control"] = "no-store"
        return response

    @door.get("/items/<code>.csv")
    def item_csv(code: str) -> Response:
        """Source, depot, place, fate, quantity in base units: what the flow figure draws."""
        item = item_or_404(code)
        flows = goods.whereabouts(g.book, item).flows
        rows = [
            (f.source, f.depot, f.place, f.fate, f.quantity)
            for f in sorted(flows, key=lambda f: (f.source, FATE_ORDER[f.fate], f.place))
        ]
        return csv_answer(f"{item.code}.csv", ("source", "depot", "place", "fate", "quantity"), rows)

    @door.get("/centers/<code>.csv")
    def center_csv(code: str) -> Response:
        """The center's table: quantities in base units, days whole."""
        place = place_or_404(code)
        head = (
            "item", "level", "basis", "usable", "expired", "waiting", "in_transit", "overdue",
            "days_of_cover", "safety_stock", "reorder_point",
        )  # fmt: skip
        rows = [
            (
                s.item.code, s.level, s.basis, s.usable, s.expired, s.waiting, s.transit, s.overdue,
                "" if s.days is None else int(s.days), s.safety, s.reorder,
            )
            for s in stock.standings(g.book, place=place.code)
        ]  # fmt: skip
        return csv_answer(f"{place.code}.csv", head, rows)


FATE_ORDER = {fate: rank for rank, fate in enumerate(FATE)}


def csv_answer(name: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """A table as a file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(head)
    writer.writerows(rows)
    response = Response(text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
