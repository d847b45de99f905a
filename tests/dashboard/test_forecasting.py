"""Runs of forecasts over a real small book: on one core and more, broken off, failing in part, published."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import run
from dashboard.cli.forecasts import _say
from dashboard.forecasts import pieces, workers
from dashboard.forecasts.forecasting import Run, run_forecasts
from dashboard.forecasts.workers import Cluster, Here, WorkProblem
from forecast.run import Taught
from ledger.domain import canonical
from ledger.domain.entries import Command
from ledger.domain.ids import derived_id
from ledger.record import Record

DAYS, CENTERS = 84, 4


def make_books(folder: Path) -> None:
    """`plain`, and `published`: the same after a run on one core that was published."""
    from dashboard.demo.district import BOOK, opened_at
    from dashboard.demo.making import make_district

    with closing(Record.create(folder / "plain", **BOOK, recorded_at=opened_at(DAYS))) as record:
        make_district(record, days=DAYS, centers=CENTERS)
        record.checkpoint()
    shutil.copytree(folder / "plain", folder / "published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "CENTERS_A_PIECE", 1)
        made(folder / "published", publish=True)


@pytest.fixture
def books(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    return made_once("books-forecast", make_books)


@pytest.fixture
def home(books: Path, tmp_path: Path) -> Path:
    return shutil.copytree(books / "plain", tmp_path / "book")


@pytest.fixture
def published(books: Path, tmp_path: Path) -> Path:
    return shutil.copytree(books / "published", tmp_path / "published")


@pytest.fixture
def told(books: Path) -> dict[str, Any]:
    """What the entry says that publishes the run."""
    with closing(Record.open(books / "published")) as record:
        entry = record.entry(record.size - 1)
        assert entry is not None
        assert entry.kind == "ForecastPublished"
        assert entry.body["log_size"] == entry.index
        return entry.body


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A center a piece, so that there are pieces enough."""
    monkeypatch.setattr(pieces, "CENTERS_A_PIECE", 1)


def made(home: Path, jobs: int = 1, publish: bool = False) -> Run:
    with closing(Record.open(home)) as record:
        return run_forecasts(record, workers=Here(jobs), publish=publish)


def stored(home: Path) -> dict[tuple[str, str], dict[str, object]]:
    with closing(Record.open(home)) as record, record.reading() as reading:
        return {(row.place, row.item): json.loads(row.result) for row in reading.forecasts()}


def test_some_centers_are_cut_as_they_are_among_all(books: Path) -> None:
    with closing(Record.open(books / "plain")) as record, record.store.read() as snapshot:
        cutter = pieces.Cutter(snapshot, record.size, date(2026, 3, 12), pieces.Parameters())
        whole = list(cutter.pieces())
        wanted = whole[1].asked[0].place
        (cut,) = cutter.pieces([wanted])
    assert {one.place for piece in whole for one in piece.asked} > {wanted}
    assert (cut.asked, cut.silent, cut.response) == (whole[1].asked, whole[1].silent, whole[1].response)


def test_every_item_with_movement_at_a_center_is_answered_alike_on_one_core_and_on_two(
    home: Path, published: Path, told: dict[str, Any]
) -> None:
    seen: list[tuple[int, int]] = []
    with closing(Record.open(home)) as record:
        run_on_two = run_forecasts(record, lambda done, total: seen.append((done, total)), Here(2))
    answers = stored(home)
    assert seen == [(done, CENTERS) for done in range(1, CENTERS + 1)]
    with closing(sqlite3.connect(home / "book.sqlite3")) as database:
        known = set(database.execute("SELECT DISTINCT place, item FROM view_daily WHERE place LIKE '%-0%'"))
    assert known == answers.keys()
    assert (run_on_two.forecasts, run_on_two.failed, run_on_two.cores) == (len(known), 0, 2)
    assert run_on_two.table == told["table"]
    begun = [answer["lead_time_from"] for answer in answers.values()]
    assert run_on_two.lead_times == tuple(begun.count(kind) for kind in ("request", "dispatch", ""))
    assert stored(published) == answers
    assert {answer["model"] for answer in answers.values()} == {"ets_nb", "none"}
    assert all(answer["log_size"] == run_on_two.log_size for answer in answers.values())


def test_a_lead_time_begins_with_the_request_where_there_are_any_and_the_answer_says_which(
    published: Path,
) -> None:
    """The first and the fourth center of the demo write requests; the others' goods come unasked."""
    answers = stored(published)
    with closing(sqlite3.connect(published / "book.sqlite3")) as database:
        asking = {place for (place,) in database.execute("SELECT DISTINCT place FROM view_request")}
    places = sorted({place for place, _ in answers})
    assert asking == {places[0], places[3]}
    begun = {
        place: {a["lead_time_from"] for (at, _), a in answers.items() if at == place} for place in places
    }
    assert begun == {place: {"request" if place in asking else "dispatch"} for place in places}
    means = {
        place: next(a["lead_time_days"] for (at, _), a in answers.items() if at == place) for place in places
    }
    assert min(means[place] for place in asking) > max(means[place] for place in places[1:3]) + 1
    assert all(int(str(a["lead_time_seen"])) > 0 for a in answers.values())


def test_a_run_says_where_its_lead_times_begin(capsys: pytest.CaptureFixture[str]) -> None:
    counted = (72, 1_500, 3)
    _say(Run(9, date(2026, 3, 12), 1_575, 0, (), counted, 0, 1, 2.5, "0a" * 32))
    said = capsys.readouterr().out.splitlines()[1].strip()
    wanted = "from request until usable for 72, from dispatch (transport only) for 1,500, as set for 3"
    assert said == f"lead time: {wanted}"


KILLED = """
import os, signal, sys
from pathlib import Path
from typing import Any
from dashboard.forecasts import pieces
from dashboard.forecasts.forecasting import run_forecasts
from ledger.record import Record
pieces.CENTERS_A_PIECE = 1
def progress(done, total):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
run_forecasts(Record.open(Path(sys.argv[1])), progress)
"""


def test_a_run_that_was_killed_is_taken_up_and_ends_as_if_it_had_not_been(
    home: Path, tmp_path: Path, told: dict[str, Any]
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not stored(home), "the pages see a whole run or the one before"
    assert len(list((home / "forecasts" / "work").glob("*/*.jsonl"))) == 3
    grown = shutil.copytree(home, tmp_path / "grown")
    resumed = made(home)
    assert (resumed.taken_up, resumed.table, resumed.forecasts) == (3, told["table"], told["forecasts"])
    assert not (home / "forecasts" / "work").exists()
    with closing(Record.open(grown)) as record:
        (center, *_) = [key[0] for key, row in views(record, "view_place") if row[0] == "center"]
        day = record.now().date().isoformat()
        body = {"place": center, "day": day}
        actor = {"role": "storekeeper", "place": center}
        confirmed = Command("DayConfirmed", derived_id("later", center), day, actor, body)
        assert record.write([confirmed])[0].entry
    assert made(grown).taken_up == 0, "what was kept was of a smaller log"


def views(record: Record, name: str) -> list[tuple[tuple[str, ...], tuple[object, ...]]]:
    with record.store.read() as snapshot:
        return list(snapshot.rows(name))


def test_a_worker_that_is_killed_stops_the_run_with_a_sentence_and_the_work_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As the kernel kills one for want of memory: at the second piece."""
    whole = workers.answer_piece

    def killed(piece: pieces.Piece, taught: Taught) -> str:
        if piece.number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(piece, taught)

    monkeypatch.setattr(workers, "answer_piece", killed)
    assert run(["--home", str(home), "forecast", "run", "--jobs", "2"]) == 2
    assert "a worker was killed" in capfd.readouterr().err
    assert not stored(home)


def test_a_series_that_cannot_be_read_is_reported_and_the_others_are_answered(
    home: Path, published: Path
) -> None:
    answers = stored(published)
    place, item = next(key for key, answer in answers.items() if answer["model"] != "none")
    with closing(sqlite3.connect(home / "book.sqlite3")) as database:
        database.execute(
            "UPDATE view_daily SET day = 'no day' WHERE place = ? AND item = ? AND issued > 0"
            " AND day = (SELECT max(day) FROM view_daily WHERE place = ? AND item = ? AND issued > 0)",
            (place, item, place, item),
        )
        database.commit()
    after = made(home, jobs=2)
    assert (after.forecasts, after.failed, after.failures) == (len(answers), 1, (f"{place}|{item}",))
    changed = stored(home)
    assert (changed[place, item]["model"], changed[place, item]["reason"]) == ("none", "failed")
    others = [key for key in answers if key != (place, item)]
    assert [changed[key]["quantiles"] for key in others] == [answers[key]["quantiles"] for key in others]


def test_a_published_run_is_computed_again_bit_for_bit_though_the_log_has_grown(
    published: Path, told: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    index = told["log_size"]
    capfd.readouterr()
    assert run(["--home", str(published), "forecast", "reproduce", str(index), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["ok"], found["computed"], found["log_size"]) == (True, told["table"], index)
    assert run(["--home", str(published), "audit"]) == 0
    kept = (published / "forecasts" / f"{told['table']}.jsonl").read_bytes()
    assert sha256(kept).hexdigest() == told["table"]
    lines = [canonical.decode(line) for line in kept.splitlines()]
    assert [line["key"] for line in lines] == sorted(line["key"] for line in lines)


def test_a_run_that_comes_out_otherwise_is_told_with_its_first_differing_place(
    published: Path, told: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """Somebody publishes a table in which one stock is higher than what the entries give."""
    lines = (published / "forecasts" / f"{told['table']}.jsonl").read_bytes().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if b'"safety_stock":' in line and i > 3)
    changed = json.loads(lines[place])
    changed["stock"]["safety_stock"] += 1
    lines[place] = canonical.encode(changed) + b"\n"
    false = sha256(b"".join(lines)).hexdigest()
    (published / "forecasts" / f"{false}.jsonl").write_bytes(b"".join(lines))
    system = {"role": "system", "place": None}
    lie = Command("ForecastPublished", derived_id("lie"), told["day"], system, {**told, "table": false})
    with closing(Record.open(published)) as record:
        entry = record.write([lie])[0].entry
    assert entry is not None
    capfd.readouterr()
    assert run(["--home", str(published), "forecast", "reproduce", str(entry.index)]) == 1
    center, _, item = changed["key"].partition("|")
    assert f"first difference: {center}, item {item}: stock was published as" in capfd.readouterr().out


def test_an_entry_that_publishes_nothing_is_refused_in_one_sentence(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["--home", str(home), "forecast", "reproduce", "1"]) == 2
    assert "publishes no run of forecasts" in capfd.readouterr().err
    assert run(["--home", str(home), "forecast", "reproduce", "99999999"]) == 2


def test_the_command_tells_how_many_how_long_and_on_what(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    assert run(["--home", str(home), "forecast", "run", "--jobs", "2", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["cores"], said["failed"], said["forecasts"]) == (2, 0, len(stored(home)))
    assert said["seconds"] > 0
    assert (said["entry_index"], date.fromisoformat(said["day"])) == (None, date(2026, 3, 12))


def test_a_book_without_a_center_has_nothing_to_forecast(tmp_path: Path) -> None:
    from dashboard.demo.district import BOOK, opened_at

    with closing(Record.create(tmp_path / "empty", **BOOK, recorded_at=opened_at(DAYS))) as record:
        assert run_forecasts(record).forecasts == 0


# a cluster ------------------------------------------------------------------------------------------------


def test_without_the_extra_a_scheduler_is_asked_for_in_vain(
    home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert run(["--home", str(home), "forecast", "run", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "extra cluster" in capfd.readouterr().err


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A real scheduler with two worker processes on this machine."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield str(cluster.scheduler_address)


def test_a_dask_cluster_answers_as_this_machine_does(
    home: Path, scheduler: str, told: dict[str, Any]
) -> None:
    with closing(Record.open(home)) as record, closing(Cluster(scheduler)) as cluster:
        there = run_forecasts(record, workers=cluster)
    assert (there.table, there.forecasts, there.cores) == (told["table"], told["forecasts"], 2)


def test_where_no_scheduler_answers_it_is_said(
    free_port: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "CONNECT_SECONDS", 1)
    with pytest.raises(WorkProblem, match="no Dask scheduler answers at"):
        Cluster(f"tcp://127.0.0.1:{free_port()}")


def test_jobs_and_a_scheduler_exclude_each_other(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["forecast", "run", "--jobs", "2", "--scheduler", "tcp://127.0.0.1:9"]
    assert run(["--home", str(home), *arguments]) == 2
    assert "give one of them" in capfd.readouterr().err
