"""The simulated worlds of a back-test's report, as its page asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from dashboard.figures.backtests import Curve, Panel, trade_off
from dashboard.labels import Words
from forecast.scoring.backtest import CLASSES

OURS = "mingzhang"
AVERAGES = ("openboxes", "open_msupply")
LEAST_DRAWN = 0.1
"""Where no policy costs more than this, in days or percent, there is nothing to see."""
FORMS = ("wide", "narrow")


def percent(share: float, digits: int = 0) -> str:
    """At most one decimal; never rounded to 0 or 100 where it is not."""
    text = f"{100 * share:.{digits}f}"
    if float(text) == 100 and share < 1:
        text = "99.9" if digits else f"{100 * share:.1f}"
    return text.removesuffix(".0") + "%"


class WorldSide:
    """One simulated world in one language."""

    def __init__(self, world: dict[str, Any], say: Words, method: Callable[[str], str]) -> None:
        self.world, self.say, self.method = world, say, method
        self.title = say.plain(f"backtest.world.{world['world']}")

    def base(self) -> str:
        days = self.world["simulated_periods"] * self.world["period_days"]
        span = self._span(days)
        return self.say.plain(
            f"backtest.world.{self.world['world']}.base", series=self.world["series"], span=span
        )

    def rules(self) -> str:
        rules, days = self.world["rules"], self.world["period_days"]
        facts = {"review": "review", "lead": "lead", "life": "shelf_life"}
        spans = {fact: self._span(rules[name] * days) for fact, name in facts.items()}
        return self.say.plain("backtest.rules", **spans)

    def finding(self) -> str:
        """Ours and the textbook at the same stock, in between the points that were tried."""
        ours, textbook = (self._points(family, "all") for family in (OURS, "textbook"))
        held = next((x for x, _, setting in ours if setting == "95%"), ours[len(ours) // 2][0])
        other = _between(textbook, held)
        if other is None:
            return ""
        short = _between(ours, held)
        assert short is not None
        return self.say.plain(
            "backtest.trade.find", held=f"{held:.0f}", ours=f"{short:.1f}", textbook=f"{other:.1f}"
        )

    def figure(self) -> dict[str, Markup]:
        """Over the stock held: all, then class by class; and over what expired."""
        held, wasted = self.say.plain("backtest.axis.held"), self.say.plain("backtest.axis.wasted")
        panels = [
            self._panel("all", "held_days", held, 400.0),
            self._panel("all", "wasted_share", wasted, 100.0),
            *(self._panel(name, "held_days", held, 400.0) for name in CLASSES),
        ]
        drawn = [
            panel for panel in panels if any(x > LEAST_DRAWN for one in panel.curves for x, *_ in one.points)
        ]
        return {form: figure_json(trade_off(drawn, self.say.lang, form == "narrow")) for form in FORMS}

    def _panel(self, name: str, cost: str, axis: str, most: float) -> Panel:
        families = dict.fromkeys(one["family"] for one in self.world["policies"])
        curves = [
            Curve(one, self.method(one), tuple(self._points(one, name, cost)), one not in AVERAGES)
            for one in families
        ]
        title = self.say.plain(f"backtest.class.{name}")
        return Panel(title, axis, tuple(curve for curve in curves if curve.points), most)

    def table(self) -> dict[str, Any]:
        columns = ("method", "setting", "short", "worst", "met", "stock_days", "wasted")
        rows = [
            [
                self.method(one["family"]),
                self._setting(one),
                f"{one['all']['short_days']:.1f}",
                f"{one['all']['worst_days']:.1f}",
                percent(one["all"]["fill_rate"], 1),
                f"{one['all']['held_days']:.0f}",
                percent(one["all"]["wasted_share"], 1),
            ]
            for one in self.world["policies"]
        ]
        heads = [self.say.plain(f"backtest.column.{name}") for name in columns]
        return {"heads": heads, "rows": rows, "strong": self.method(OURS)}

    def _points(self, family: str, name: str, cost: str = "held_days") -> list[tuple[float, float, str]]:
        found = []
        for one in self.world["policies"]:
            outcome = one["all"] if name == "all" else one["by_class"].get(name)
            if one["family"] == family and outcome is not None:
                paid = outcome[cost] * (100 if cost == "wasted_share" else 1)
                found.append((paid, outcome["short_days"], self._setting(one)))
        return found

    def _setting(self, one: dict[str, Any]) -> str:
        if one["family"] in AVERAGES:
            return self.say.plain("backtest.months", n=f"{one['setting']:g}")
        return percent(one["setting"])

    def _span(self, days: float) -> str:
        """Days in the largest whole unit; Chinese numbers stand between spaces."""
        for unit, length in (("monthly", 365 / 12), ("weekly", 7.0), ("daily", 1.0)):
            count = days / length
            if count >= 1 and abs(count - round(count)) < 0.01:
                text = self.say.plain(f"backtest.span.{unit}", n=round(count)).strip()
                return f" {text}" if self.say.lang == "zh" else text
        return f"{days:g}"


def _between(points: Sequence[tuple[float, float, str]], held: float) -> float | None:
    """Days short at so much stock, on the straight line between two settings; None outside of them."""
    ordered = sorted((x, y) for x, y, _ in points)
    for (x0, y0), (x1, y1) in pairwise(ordered):
        if x0 <= held <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (held - x0) / (x1 - x0)
    return None


def figure_json(figure: Any) -> Markup:
    """For a script element: no end tag may stand in it."""
    return Markup(figure.to_json().replace("</", "<\\/"))
