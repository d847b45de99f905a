"""The back-test's report as one HTML file that needs nothing else: both languages, figures, tables, styles.

`page` is a pure function of the dict that `backtesting` makes; what it shows can be read in the JSON too.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from dashboard.figures.backtests import Coverage, ErrorRatio, coverage, error_ratios
from dashboard.forecasts.simulation_page import FORMS, OURS, WorldSide, figure_json, percent
from dashboard.labels import LANGUAGES, Number, Words, words
from dashboard.language import HTML_LANG

STATIC = Path(__file__).parents[1] / "static"


def page(report: dict[str, Any]) -> str:
    """The whole file. The first language is Chinese; a reader switches with one touch."""
    environment = Environment(loader=PackageLoader("dashboard"), autoescape=True)
    sides = [_Side(report, words(lang)) for lang in LANGUAGES]
    return environment.get_template("backtest.html").render(
        sides=sides,
        style=Markup((STATIC / "look.css").read_text("utf-8") + (STATIC / "backtest.css").read_text("utf-8")),
        script=Markup((STATIC / "backtest.js").read_text("utf-8")),
        plotly=Markup(_plotly()),
    )


@cache
def _plotly() -> str:
    spec = find_spec("plotly")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_text("utf-8")


class _Side:
    """The report in one language, as the template asks for it."""

    def __init__(self, report: dict[str, Any], say: Words) -> None:
        self.report, self.say, self.lang = report, say, say.lang
        self.html_lang = HTML_LANG[say.lang]
        self.levels: list[float] = report["levels"]
        self.vital = self.levels.index(min(self.levels, key=lambda level: abs(level - 0.95)))
        self.base = "auto_ets" if "auto_ets" in report["methods"] else "textbook"

    # sentences

    def answers(self) -> list[str]:
        ours = self.report["methods"][OURS]
        share = ours["covered"][self.vital]
        enough = self.say.plain(
            "backtest.enough",
            level=percent(self.levels[self.vital]),
            windows=ours["windows"],
            enough=round(share * ours["windows"]),
            share=percent(share, 1),
        )
        return [
            enough,
            *(self._against(to) for to in ("textbook", "auto_ets") if to in self.report["ratios"]),
        ]

    def _against(self, to: str) -> str:
        ratio = self.report["ratios"][to][OURS]
        value, low, high = (ratio[key] for key in ("value", "low", "high"))
        other = self.say.plain(f"backtest.name.{to}")
        if low <= 1 <= high:
            facts = {"value": f"{value:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}
            return self.say.plain("backtest.alike", other=other, **facts)
        near, far = sorted((abs(1 - low), abs(1 - high)))
        facts = {"percent": percent(abs(1 - value)), "low": percent(near), "high": percent(far)}
        return self.say.plain("backtest.better" if value < 1 else "backtest.worse", other=other, **facts)

    def data(self) -> list[str]:
        source = self.report["source"]
        span = self.say.plain(f"backtest.span.{source['rhythm']}", n=self.report["horizon"]).strip()
        lines = [
            self.say.plain(
                "backtest.data.series",
                source=source["name"],
                series=source["series"],
                scored=source["scored_series"],
            ),
            self.say.plain(
                "backtest.data.span",
                first=self._period(source["first_day"]),
                last=self._period(source["last_period_from"]),
                rhythm=self.say.plain(f"backtest.rhythm.{source['rhythm']}"),
            ),
            self.say.plain("backtest.data.windows", origins=self.report["origins"], span=self._spaced(span)),
        ]
        if source["log_size"] is not None:
            lines.insert(1, self.say.plain("backtest.data.log", n=source["log_size"]))
        if source["censored_share"] > 0:
            share = percent(source["censored_share"], 1)
            lines.append(self.say.plain("backtest.data.censored", share=share))
        return lines

    def enough_finding(self) -> str:
        reached = self.report["methods"][OURS]["covered"]
        comma = "、" if self.lang == "zh" else ", "
        return self.say.plain(
            "backtest.was_enough.find",
            promised=comma.join(percent(level) for level in self.levels),
            reached=comma.join(percent(share, 1) for share in reached),
        )

    def error_finding(self) -> str:
        value = self.report["ratios"].get(self.base, {}).get(OURS, {}).get("value", 1.0)
        other = self.method(self.base)
        return self.say.plain("backtest.how_wrong.find", other=other, value=f"{value:.2f}")

    def left_out(self) -> str:
        names = self.say.listed([Markup(self.method(name)) for name in self.report["left_out"]])
        return self.say.plain("backtest.left_out", names=names) if self.report["left_out"] else ""

    def made(self) -> str:
        return self.say.plain(
            "backtest.made",
            version=self.report["program"]["mingzhang"],
            machine=self.report["machine"],
            seconds=self.report["seconds"],
        )

    def command(self) -> str:
        source = self.report["source"]
        history = f" {source['name']}" if source["log_size"] is None else ""
        levels = ",".join(f"{level:g}" for level in self.levels)
        asked = f" --horizon {self.report['horizon']} --origins {self.report['origins']} --levels {levels}"
        gaps = " --gaps zero" if self.report.get("gaps") == "zero" else ""
        return f"mingzhang forecast backtest{history}{asked}{gaps} -o report.html"

    def method(self, name: str) -> str:
        return self.say.plain(f"backtest.method.{name}")

    def _period(self, day: str) -> str:
        """A month has no day."""
        return day[:7] if self.report["source"]["rhythm"] == "monthly" else day

    def _spaced(self, text: str) -> str:
        """A Chinese phrase that begins with a number keeps a space before it."""
        return f" {text}" if self.lang == "zh" else text

    # tables: a heading and rows of plain text

    def methods_table(self) -> dict[str, Any]:
        level = percent(self.levels[self.vital])
        ratios = self.report["ratios"].get(self.base, {})
        heads = [
            self.say.plain("backtest.column.method"),
            *(self.say.plain("backtest.column.enough", level=percent(each)) for each in self.levels),
            self.say.plain("backtest.column.error"),
            self.say.plain("backtest.column.ratio", other=self.method(self.base)),
            self.say.plain("backtest.column.calibration"),
            self.say.plain("backtest.column.held", level=level),
            self.say.plain("backtest.column.fill", level=level),
        ]
        rows = []
        for name, score in self.report["methods"].items():
            ratio = ratios.get(name)
            rows.append(
                [
                    self.method(name),
                    *(percent(share, 1) for share in score["covered"]),
                    f"{score['pinball']:.4f}",
                    f"{ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]" if ratio else "1",
                    f"{100 * score['calibration']:.1f}",
                    f"{score['held'][self.vital]:.2f}",
                    percent(score["fill_rate"][self.vital], 1),
                ]
            )
        return {"heads": heads, "rows": rows, "strong": self.method(OURS)}

    def how_table(self) -> dict[str, Any]:
        names = [*self.report["methods"], *(["law_known"] if self.report.get("simulation") else [])]
        heads = [self.say.plain("backtest.column.method"), self.say.plain("backtest.column.how")]
        rows = [[self.method(name), self.say.plain(f"backtest.how.{name}")] for name in names]
        return {"heads": heads, "rows": rows, "strong": self.method(OURS)}

    def class_table(self) -> dict[str, Any]:
        against = [to for to in ("textbook", "auto_ets") if to in self.report["ratios"]]
        heads = [
            self.say.plain("backtest.column.class"),
            self.say.plain("backtest.column.series"),
            *(self.say.plain("backtest.column.enough", level=percent(each)) for each in self.levels),
            *(self.say.plain("backtest.column.ratio", other=self.method(to)) for to in against),
        ]
        rows = []
        for name, found in self.report["by_class"].items():
            ratios = [found.get(f"ratio_to_{to}") for to in against]
            rows.append(
                [
                    self.say.plain(f"backtest.class.{name}"),
                    str(Number(found["series"])),
                    *(percent(share, 1) for share in found["methods"][OURS]["covered"]),
                    *(f"{r['value']:.2f} [{r['low']:.2f}, {r['high']:.2f}]" if r else "—" for r in ratios),
                ]
            )
        return {"heads": heads, "rows": rows, "strong": ""}

    # figures: JSON in a wide and a narrow form

    def coverage_figure(self) -> dict[str, Markup]:
        rows = [
            Coverage(self.method(name), tuple(score["covered"]), name == OURS)
            for name, score in self.report["methods"].items()
        ]
        return {form: figure_json(coverage(rows, self.levels, self.lang, form == "narrow")) for form in FORMS}

    def error_figure(self) -> dict[str, Markup]:
        ratios = self.report["ratios"].get(self.base, {})
        rows = [ErrorRatio(self.method(name), **ratio, ours=name == OURS) for name, ratio in ratios.items()]
        base = self.method(self.base)
        return {form: figure_json(error_ratios(rows, base, self.lang, form == "narrow")) for form in FORMS}

    def worlds(self) -> list[WorldSide]:
        return [WorldSide(world, self.say, self.method) for world in self.report.get("simulation", [])]

    def no_replay(self) -> bool:
        worlds = self.report.get("simulation", [])
        return bool(worlds) and all(world["world"] != "replayed" for world in worlds)
