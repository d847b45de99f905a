"""The command line by itself, and the first pages that people open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from dashboard.bench.measuring import Measure, timed

_REQUESTS = 5


def help_alone() -> Measure:
    times = []
    for _ in range(_REQUESTS):
        with timed() as one:
            subprocess.run([sys.executable, "-m", "dashboard.cli", "--help"], check=True, capture_output=True)
        times.append(one.seconds)
    with timed() as bare:
        subprocess.run([sys.executable, "-c", ""], check=True)
    best = min(times)
    return Measure("mingzhang --help", best, bare.seconds, best / bare.seconds, "within 0.5 s", best <= 0.5)


def district_home(home: Path) -> Path:
    from dashboard.demonstration import make_district_book

    make_district_book(home)
    return home


def first_pages(home: Path) -> Iterator[Measure]:
    """Server time of each first page: the median of several requests, none of them from a page cache."""
    from dashboard.app import create_app

    client = create_app(home).test_client()
    for path in _paths(home):
        client.get(path)
        times = []
        for _ in range(_REQUESTS):
            with timed() as one:
                answer = client.get(path)
                answer.get_data()
            times.append(one.seconds)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
        seconds = median(times)
        yield Measure(f"page {path}", seconds, None, None, "under 0.2 s of server time", seconds < 0.2)


def _paths(home: Path) -> Iterable[str]:
    from ledger.record import Record

    with Record.open(home).reading() as reading:
        center = next(place.code for place in reading.places() if place.kind == "center")
        item = next(iter(reading.items())).code
    centers = ("/centers/", f"/centers/{center}", f"/centers/{center}/story")
    return ("/", *centers, "/items/", f"/items/{item}", "/flows/", "/log/checkpoint")
