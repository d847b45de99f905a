"""The two demo books: made once, kept, served side by side and linked to each other."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from dashboard.serving import listen
from ledger.record import Record

DISTRICT = "district"
ARCHIVE = "archive-2020-01"
LISTS = Path(__file__).parents[1] / "data" / "archive"
RECEIVED = LISTS / "wuhan_redcross_inkind_received_2020-01.csv"
ISSUED = LISTS / "wuhan_redcross_inkind_issued_2020-01.csv"
ARCHIVE_NAME = {
    "zh": "武汉市红十字会 2020 年 1 月公示（档案）",
    "en": "Wuhan Red Cross notices of January 2020 (archive)",
}
ARCHIVE_ORIGIN = "archive.invalid/wuhan-red-cross-2020-01"
_START_SECONDS = 60

Progress = Callable[[int, int], None]


def make_archive_book(home: Path, progress: Progress | None = None) -> str:
    """The public notices of January 2020 as a book; says what was done."""
    from ledger.lists import import_list

    def fill(record: Record) -> str:
        received = import_list(record, RECEIVED, "donations", progress=progress)
        issued = import_list(record, ISSUED, "issues", progress=progress)
        lines, held = len(received.lines) + len(issued.lines), received.held + issued.held
        return f"{lines:,} published lines, {lines - held:,} recorded, {held:,} held back"

    return _make(
        home, lambda part: Record.create(part, name=ARCHIVE_NAME, origin=ARCHIVE_ORIGIN, kind="archive"), fill
    )


def make_district_book(home: Path, progress: Progress | None = None) -> str:
    """The simulated district with its forecasts; says what was done."""
    from dashboard.demo.making import EXPECTED_ENTRIES, make_district
    from dashboard.forecasts.forecasting import run_forecasts
    from dashboard.forecasts.workers import Here, cores_here

    def fill(record: Record) -> str:
        make_district(record, _counted(progress, EXPECTED_ENTRIES))
        made = run_forecasts(record, progress, Here(cores_here()), publish=True)
        return f"{record.size:,} entries, {made.forecasts:,} forecasts"

    return _make(home, create_district, fill)


def create_district(home: Path) -> Record:
    """The simulated book with its entry 0, in its own time."""
    from dashboard.demo.district import BOOK, opened_at

    return Record.create(home, **BOOK, recorded_at=opened_at())


def _counted(progress: Progress | None, expected: int) -> Callable[[int], None] | None:
    """A function told of every so many more, from one of (done, in all)."""
    if progress is None:
        return None
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        progress(min(done, expected), expected)

    return more


def _make(home: Path, create: Callable[[Path], Record], fill: Callable[[Record], str]) -> str:
    """Make a book beside its place and move it there when it is whole; half-made ones are begun again."""
    part = home.with_name(home.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    record = create(part)
    try:
        done = fill(record)
        record.checkpoint()
    finally:
        record.close()
    part.rename(home)
    return done


def serve_both(home: Path, host: str, port: int) -> int:
    """One process a book, on `port` and the next; until stopped. Returns the exit code. Raises Problem."""
    for wanted in (port, port + 1):
        listen(host, wanted).close()  # says which one is taken before anything is started
    addresses = {DISTRICT: f"http://{host}:{port}/", ARCHIVE: f"http://{host}:{port + 1}/"}
    servers = [
        _start(home / DISTRICT, host, port, {"archive": addresses[ARCHIVE]}),
        _start(home / ARCHIVE, host, port + 1, {"simulated": addresses[DISTRICT]}),
    ]
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if not all(_answers(address, servers) for address in addresses.values()):
            return 2
        print(_greeting(addresses), flush=True)
        while all(server.poll() is None for server in servers):
            time.sleep(0.5)
        return 2
    except KeyboardInterrupt:
        return 0
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait()


def _start(book: Path, host: str, port: int, siblings: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dashboard.cli", "--home", str(book)]
    command += ["serve", "--host", host, "--port", str(port)]
    names = ",".join(f"{kind}={address}" for kind, address in siblings.items())
    environment = {**os.environ, "MINGZHANG_SIBLINGS": names}
    environment.pop("MINGZHANG_DATABASE_URL", None)  # the demo's books have databases of their own
    return subprocess.Popen(command, env=environment, preexec_fn=_die_with_parent)


def _die_with_parent() -> None:
    """Linux: end when the parent ends, however it ends; elsewhere the parent's `finally` must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, prctl(2)


def _answers(address: str, servers: list[subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and all(server.poll() is None for server in servers):
        try:
            with urllib.request.urlopen(address + "healthz", timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def _greeting(addresses: dict[str, str]) -> str:
    from dashboard.demo.accounts import demo_accounts

    lines = [
        "",
        f"  示范区（示例数据）  example district, simulated   {addresses[DISTRICT]}",
        f"  2020 年 1 月公示    archive of public notices     {addresses[ARCHIVE]}",
        "",
        "  示例账号 demo accounts (the staff pages open in a later version):",
    ]
    lines += [f"    {account.name:<10} {account.role:<16} {account.password}" for account in demo_accounts()]
    return "\n".join([*lines, "", "  Ctrl-C 停止 stops both.", ""])
