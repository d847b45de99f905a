"""`forecast quantiles`, as programs written elsewhere call it: any history in, every series answered."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli

STOCK = ("stock_initial", "stock_received", "stock_adjustment", "stock_end")
Line = Sequence[object]


@dataclass(frozen=True)
class Outcome:
    """What one call left behind."""

    said: Answer
    lines: list[list[str]]
    report: dict[str, Any]

    def amounts(self, series: str) -> list[int]:
        return [int(line[2]) for line in self.lines[1:] if line[0] == series]

    def entry(self, series: str) -> dict[str, Any]:
        (found,) = (entry for entry in self.report["series"] if entry["series_id"] == series)
        return found


Ask = Callable[..., Outcome]


def write(path: Path, lines: Iterable[Line], columns: Sequence[str] = ("series_id", "t", "y")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *lines])
    return path


@pytest.fixture
def ask(cli: Cli, tmp_path: Path) -> Ask:
    """Ask about lines; whatever they are, the promises of the contract hold."""

    def asked(
        lines: Sequence[Line],
        *options: str,
        horizon: int = 3,
        levels: str = "0.90,0.95,0.98",
        columns: Sequence[str] = ("series_id", "t", "y"),
        failing: Sequence[str] | None = (),
    ) -> Outcome:
        history = write(tmp_path / "history.csv", lines, columns)
        out, report = tmp_path / "out.csv", tmp_path / "report.json"
        call = (
            "--horizon",
            str(horizon),
            "--levels",
            levels,
            "-o",
            str(out),
            "--report",
            str(report),
            *options,
        )
        said = cli("forecast", "quantiles", str(history), *call)
        assert said.code == 0, said
        with out.open(newline="", encoding="utf-8") as file:
            found = Outcome(said, list(csv.reader(file)), json.loads(report.read_text()))
        names = sorted({str(line[0]) for line in lines})
        wanted = levels.split(",")
        assert found.lines[0] == ["series_id", "level", "quantity"]
        assert [line[:2] for line in found.lines[1:]] == [[name, level] for name in names for level in wanted]
        assert all(line[2].isdigit() for line in found.lines[1:])
        for name in names:
            by_level = sorted(zip(map(float, wanted), found.amounts(name), strict=True))
            assert [amount for _, amount in by_level] == sorted(amount for _, amount in by_level)
        assert [entry["series_id"] for entry in found.report["series"]] == names
        assert all(entry["model"] for entry in found.report["series"])
        failed = [entry["series_id"] for entry in found.report["series"] if "failed" in entry["reason"]]
        assert failing is None or failed == list(failing)
        return found

    return asked


def months(count: int, first: int = 0) -> list[str]:
    return [f"{2019 + i // 12}-{i % 12 + 1:02d}-01" for i in range(first, first + count)]


def days(count: int, first: date = date(2024, 1, 1), step: int = 1) -> list[str]:
    return [str(first + timedelta(days=step * i)) for i in range(count)]


def usual(series: int = 6, count: int = 36, seed: int = 1) -> list[Line]:
    """Ordinary monthly series, named u00, u01, ..."""
    rng = random.Random(seed)
    return [(f"u{k:02d}", t, rng.randrange(5, 15) * (k + 1)) for k in range(series) for t in months(count)]


# the contract ---------------------------------------------------------------------------------------------


def test_levels_are_written_as_they_were_given_in_the_order_asked(ask: Ask) -> None:
    found = ask(usual(2), levels="0.980,.5,9e-1,0.0001,0.999999")
    assert [line[1] for line in found.lines[1:6]] == ["0.980", ".5", "9e-1", "0.0001", "0.999999"]


def test_a_total_over_the_horizon_in_whole_units(ask: Ask) -> None:
    steady = [(name, t, units) for name, units in (("ten", 10), ("half", 0.5)) for t in months(40)]
    one, six = ask(steady, horizon=1), ask(steady, horizon=6)
    assert one.amounts("half")[0] >= 1
    assert 60 <= six.amounts("ten")[0] <= 75
    assert one.amounts("ten")[0] <= 14


def test_same_input_same_output_whatever_the_order_of_rows(cli: Cli, tmp_path: Path) -> None:
    lines = usual(70)
    found = []
    for order in (
        lines,
        lines,
        random.Random(3).sample(lines, len(lines)),
        sorted(lines, key=lambda line: line[1]),
    ):
        history, out = write(tmp_path / "h.csv", order), tmp_path / "o.csv"
        assert cli("forecast", "quantiles", str(history), "--horizon", "3", "-o", str(out)).code == 0
        found.append(out.read_bytes())
    assert len(set(found)) == 1


def test_a_file_too_large_for_memory_is_answered_piece_by_piece(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.forecasts import histories, quantities

    monkeypatch.setattr(histories, "ROWS_READ_AT_ONCE", 100)
    monkeypatch.setattr(histories, "ROWS_TAKEN_UP_AT_ONCE", 1000)
    monkeypatch.setattr(histories, "IN_MEMORY_BYTES", 5000)
    monkeypatch.setattr(quantities, "IN_MEMORY_BYTES", 500)
    monkeypatch.setattr(quantities, "BLOCK_BYTES", 100)
    lines = usual(90)
    by_series, by_date = ask(lines), ask(sorted(lines, key=lambda line: str(line[1])))
    assert by_series.lines == by_date.lines
    for k in range(90):
        assert 24 * (k + 1) < by_series.amounts(f"u{k:02d}")[0] < 60 * (k + 1)


def test_other_columns_and_a_byte_order_mark_are_passed_over(cli: Cli, tmp_path: Path) -> None:
    plain, odd, out = tmp_path / "plain.csv", tmp_path / "odd.csv", tmp_path / "o.csv"
    write(plain, usual(3))
    text = "\ufeffnote, Y ,T,series_id\r\n" + "".join(f'"a,b",{y},{t},{s}\r\n' for s, t, y in usual(3))
    odd.write_text(text, encoding="utf-8", newline="")
    answers = []
    for path in (plain, odd):
        assert cli("forecast", "quantiles", str(path), "--horizon", "3", "-o", str(out)).code == 0
        answers.append(out.read_text())
    assert answers[0] == answers[1]


def test_available_says_that_demand_was_more(ask: Ask) -> None:
    emptied = [(s, t, min(int(y), 10), int(int(y) < 10)) for s, t, y in usual(12)]
    with_it = ask(emptied, columns=("series_id", "t", "y", "available"))
    without = ask([line[:3] for line in emptied])
    assert with_it.report["stock_outs_known"]
    assert not without.report["stock_outs_known"]
    assert with_it.entry("u00")["periods_at_least"] > 0
    assert with_it.amounts("u00") > without.amounts("u00")


def test_nothing_available_and_nothing_issued_is_missing_not_zero(ask: Ask) -> None:
    lines = [("a", t, 8 * (i % 2 == 0), int(i % 2 == 0)) for i, t in enumerate(months(40))]
    found = ask(lines, columns=("series_id", "t", "y", "available"))
    assert found.entry("a")["periods_known"] == 20
    assert found.amounts("a")[0] >= 24
    assert ask([line[:3] for line in lines]).entry("a")["periods_known"] == 40


def test_the_four_stock_columns(ask: Ask) -> None:
    held = {"nothing": (0, 0, -3, 0), "found": (0, 0, 4, 1), "emptied": (9, 0, 0, 0), "left": (9, 0, 0, 4)}
    lines = [(name, t, 5, *stock) for name, stock in held.items() for t in months(20)]
    found = ask(lines, columns=("series_id", "t", "y", *STOCK))
    known = {name: found.entry(name)["periods_known"] for name in held}
    at_least = {name: found.entry(name)["periods_at_least"] for name in held}
    assert known == {"nothing": 0, "found": 20, "emptied": 20, "left": 20}
    assert at_least == {"nothing": 0, "found": 0, "emptied": 20, "left": 0}
    assert found.entry("emptied")["insufficient"]


def test_fewer_than_the_four_columns_say_nothing(ask: Ask) -> None:
    found = ask([("a", t, 5, 0) for t in months(20)], columns=("series_id", "t", "y", "stock_end"))
    assert found.entry("a")["periods_at_least"] == 0
    assert not found.report["stock_outs_known"]


def test_gaps_are_missing_or_zero_as_told(ask: Ask) -> None:
    lines = [("gap", t, 12) for t in months(48)[::4]] + [("last", months(48)[-1], 1)]
    missing, zero = ask(lines), ask(lines, "--gaps", "zero")
    assert (missing.entry("gap")["periods_known"], zero.entry("gap")["periods_known"]) == (12, 48)
    assert missing.amounts("gap")[0] >= 36 > zero.entry("gap")["mean"]


def test_the_origin_is_the_latest_date_of_the_file(ask: Ask) -> None:
    found = ask(usual(2, 24) + [("long", t, 3) for t in months(30)])
    assert found.report["origin"] == months(30)[-1]
    assert found.report["periods"] == "monthly"


def test_a_name_that_is_no_utf8_comes_back_byte_for_byte(cli: Cli, tmp_path: Path) -> None:
    name = "口罩".encode("gb18030")
    history, out, report = tmp_path / "h.csv", tmp_path / "o.csv", tmp_path / "r.json"
    history.write_bytes(b"series_id,t,y\n" + b"".join(b"%s,%s,4\n" % (name, t.encode()) for t in months(20)))
    call = ("--horizon", "2", "-o", str(out), "--report", str(report))
    assert cli("forecast", "quantiles", str(history), *call).code == 0
    assert out.read_bytes().splitlines()[1].startswith(name + b",0.90,")
    assert json.loads(report.read_bytes())["series_count"] == 1


def test_json_tells_what_the_report_tells_but_the_series(cli: Cli, tmp_path: Path) -> None:
    history, report = write(tmp_path / "h.csv", usual(2)), tmp_path / "r.json"
    call = ("--horizon", "2", "-o", str(tmp_path / "o.csv"), "--report", str(report), "--json")
    said = cli("forecast", "quantiles", str(history), *call).json
    whole = json.loads(report.read_text())
    del whole["series"]
    assert said == whole
    assert said["levels"] == ["0.90", "0.95", "0.98"]


# bad input: a named fallback or a note per series, never a NaN, never a crash ------------------------------

OUTBREAK = 10**6
BAD: dict[str, list[Line]] = {
    "one point": [("a", "2021-01-01", 4)],
    "two points": [("a", t, 4) for t in months(2)],
    "all zeros": [("a", t, 0) for t in months(30)],
    "constant": [("a", t, 7) for t in months(30)],
    "all missing": [("a", t, y) for t, y in zip(months(30), ["", "nan", "n/a"] * 10, strict=True)],
    "no number": [("a", t, ("inf", "-inf", "1e999", "0x1f", "1,5")[i % 5]) for i, t in enumerate(months(30))],
    "negative": [("a", t, -5) for t in months(30)],
    "huge": [("a", t, 9e15) for t in months(30)],
    "too huge": [("a", t, 1e300) for t in months(30)],
    "tiny": [("a", t, 1e-300) for t in months(30)],
    "an outlier": [("a", t, OUTBREAK if i == 20 else 1) for i, t in enumerate(months(30))],
    "gaps": [("a", t, 3) for t in months(60) if int(t[5:7]) in (1, 2, 7)],
    "twice, unsorted": [("a", t, 3) for t in [*months(30), *reversed(months(30))]],
    "a calendar change": [("a", t, 2) for t in [*months(24), *days(60, date(2021, 1, 4), 7)]],
    "appeared last week": [("a", t, 2) for t in days(4, date(2021, 12, 28))],
    "closed": [("a", t, 8) for t in months(14)],
    "no dates": [("a", t, 8) for t in ("", "yesterday", "2021-02-30", "2021-13-01", "01/02/2021")],
    "the year 9999": [("a", "9999-12-31", 8), ("a", "0001-01-01", 1)],
    "odd names": [(name, t, 2) for name in ("", " ", 'q"q', "a,b", "two\nlines", "口罩") for t in months(3)],
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("among_others", [False, True], ids=["alone", "among others"])
def test_bad_input_is_answered(ask: Ask, kind: str, among_others: bool) -> None:
    others = usual(8) if among_others else []
    found = ask([*BAD[kind], *others], horizon=3)
    if among_others:
        for k in range(8):
            assert found.amounts(f"u{k:02d}")[0] > 12 * (k + 1)


@pytest.mark.parametrize(
    "options", [("--gaps", "zero"), ("--fast",), ("--season", "7"), ("--season", "9999")]
)
def test_all_bad_input_at_once_by_every_option(ask: Ask, options: tuple[str, ...]) -> None:
    lines = [(f"{kind}|{line[0]}", *line[1:]) for kind, own in BAD.items() for line in own]
    ask(lines, *options, horizon=40, levels="0.0001,0.5,0.999999", failing=None)


@pytest.mark.parametrize("column", ["available", "stock"])
def test_shelves_that_were_always_empty(ask: Ask, column: str) -> None:
    columns = ("series_id", "t", "y", *(("available",) if column == "available" else STOCK))
    always = (0,) if column == "available" else (5, 0, 0, 0)
    lines = [("at least", t, 5, *always) for t in months(30)] + [
        ("never any", t, 0, *always) for t in months(30)
    ]
    found = ask(lines, columns=columns)
    assert found.entry("at least")["insufficient"]
    assert found.amounts("at least")[0] >= 15
    assert found.entry("never any")["model"] == "like_others"


def test_a_series_of_which_nothing_is_known_is_answered_like_the_others(ask: Ask) -> None:
    found = ask([*[("x", t, "") for t in months(30)], *usual(7)])
    assert found.entry("x")["model"] == "like_others"
    assert found.entry("x")["reason"]
    assert found.amounts("x") == sorted(found.amounts(f"u{k:02d}") for k in range(7))[3]


def test_what_was_odd_is_in_the_report(ask: Ask) -> None:
    found = ask([*usual(1), ("a", "2021-01-01", -3), ("a", "2021-02-01", "six"), ("a", "", 1)])
    assert found.entry("a")["notes"] == [
        "no date: left out (1)",
        "no number: taken as missing (1)",
        "below 0: taken off the periods before (1)",
    ]


def test_a_heading_alone_has_no_series(cli: Cli, tmp_path: Path) -> None:
    history, out, report = write(tmp_path / "h.csv", []), tmp_path / "o.csv", tmp_path / "r.json"
    call = ("--horizon", "2", "-o", str(out), "--report", str(report))
    assert cli("forecast", "quantiles", str(history), *call).code == 0
    assert out.read_text() == "series_id,level,quantity\n"
    assert json.loads(report.read_text())["series"] == []


def test_a_method_that_fails_for_one_series_is_replaced_for_that_one(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dashboard.forecasts.quantiles as quantiles
    from forecast.pooled.ensemble import answer

    def broken(panel: Any, *rest: Any) -> Any:
        if (panel.values == 666).any():
            raise FloatingPointError("no convergence")
        return answer(panel, *rest)

    monkeypatch.setattr(quantiles, "answer", broken)
    lines = [*usual(9), *[("x", t, 666) for t in months(36)]]
    found = ask(lines, failing=("x",))
    assert found.entry("x")["model"] == "plain_mean"
    assert found.entry("x")["reason"] == "failed: FloatingPointError: no convergence"
    assert found.amounts("x")[0] >= 3 * 666
    assert found.report["models"]["plain_mean"] == 1


def test_a_lesson_that_cannot_be_learnt_leaves_each_series_to_itself(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(panel: Any, *rest: Any) -> None:
        if len(panel.values):
            raise ValueError("singular matrix")

    monkeypatch.setattr("forecast.pooled.ensemble.learn_lesson", broken)
    found = ask(usual(9))
    assert all(found.amounts(f"u{k:02d}")[0] > 24 * (k + 1) for k in range(9))


def test_answers_go_down_a_pipe_and_through_a_link(tmp_path: Path) -> None:
    history, link, target = write(tmp_path / "h.csv", usual(1, 3)), tmp_path / "link.csv", tmp_path / "o.csv"
    link.symlink_to(target)
    command = "import sys; from dashboard.cli import run; sys.exit(run(sys.argv[1:]))"
    call = [sys.executable, "-c", command, "forecast", "quantiles", str(history), "--horizon", "1", "-o"]
    piped = subprocess.run([*call, "/dev/stdout"], capture_output=True, text=True, check=True)
    subprocess.run([*call, str(link)], capture_output=True, check=True)
    assert piped.stdout == target.read_text()
    assert piped.stdout.startswith("series_id,level,quantity\nu00,0.90,")
    assert link.is_symlink()


# refused, before anything is written ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"series_id,t\na,2021-01-01\n", "no column y"),
        (b"series_id;t;y\na;2021-01-01;4\n", "commas"),
        (b"series_id,t,y,y\na,2021-01-01,4,5\n", "more than one column y"),
        ("series_id,t,y\na,2021-01-01,4\n".encode("utf-16"), "no column series_id"),
        (b'series_id,t,y\n"' + b"a" * 200_000, "line 2"),
    ],
)
def test_what_is_no_history_is_refused(cli: Cli, tmp_path: Path, text: bytes, word: str) -> None:
    history, out = tmp_path / "h.csv", tmp_path / "o.csv"
    history.write_bytes(text)
    said = cli("forecast", "quantiles", str(history), "--horizon", "3", "-o", str(out))
    assert (said.code, said.out, out.exists()) == (2, "", False)
    assert word in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--horizon", "0"),
        ("--horizon", "x"),
        ("--horizon", "3", "--levels", "0.9,1"),
        ("--horizon", "3", "--levels", "0"),
        ("--horizon", "3", "--levels", "0.9,,0.95"),
        ("--horizon", "3", "--levels", "nan"),
        ("--horizon", "3", "--season", "0"),
        ("--horizon", "3", "--gaps", "maybe"),
        ("--horizon", "3", "-o", "no/such/folder/o.csv"),
        ("--horizon", "3", "-o", "."),
        ("--horizon", "3", "-o", "h.csv"),
        ("--horizon", "3", "--report", "o.csv"),
        (),
    ],
)
def test_what_cannot_be_asked_is_refused(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    history = write(tmp_path / "h.csv", usual(1, 3))
    before = history.read_bytes()
    given = options if "-o" in options else (*options, "-o", "o.csv")
    said = cli("forecast", "quantiles", "h.csv", *given)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["h.csv"]
    assert history.read_bytes() == before


def test_a_history_that_is_not_there_is_named(cli: Cli, tmp_path: Path) -> None:
    said = cli(
        "forecast", "quantiles", str(tmp_path / "no.csv"), "--horizon", "3", "-o", str(tmp_path / "o.csv")
    )
    assert said.code == 2
    assert "no.csv" in said.err
