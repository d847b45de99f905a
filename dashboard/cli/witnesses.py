"""Commands of people outside: witness, monitor. They need no book and no database."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.speaking import Problem, print_json, progress_bar

if TYPE_CHECKING:
    from ledger.tlog.note import VerifierKey
    from ledger.tlog.policy import Policy
    from ledger.witnessing.monitor import Monitor
    from ledger.witnessing.report import Report
    from ledger.witnessing.witness import Witness

PORT = 8010


def add_to(app: typer.Typer) -> None:
    for command in (witness, monitor):
        app.command()(command)


def witness(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the witness keeps its key and state.")],
    name: Annotated[
        str, typer.Option(help="Its name, at the first run: yours/witness, an address without https://.")
    ] = "",
    log: Annotated[
        list[str] | None, typer.Option(help="A log's verifier key, or a file of them. May be repeated.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = PORT,
    host: Annotated[str, typer.Option(help="On which address.")] = "127.0.0.1",
    ml_dsa: Annotated[bool, typer.Option("--ml-dsa", help="Hold a second key, ML-DSA-44.")] = False,
    init: Annotated[bool, typer.Option("--init", help="Only make the key and print it.")] = False,
) -> int:
    """Confirm from outside that logs only ever grow (C2SP tlog-witness)."""
    from ledger.witnessing.witness import Witness, WitnessProblem

    is_new = init or not (folder / "witness.key").exists()
    try:
        made = Witness.open(folder, name, [key for told in log or [] for key in _keys(told)], ml_dsa)
    except WitnessProblem as problem:
        raise Problem(str(problem)) from None
    _introduce(made, f"http://{host}:{port}", is_new)
    if init:
        return 0
    if not made.logs:
        raise Problem("a witness needs at least one log: name its verifier key with --log")
    return _serve(made, host, port)


def _keys(told: str, option: str = "--log") -> list[VerifierKey]:
    """The verifier keys that were named, themselves or by a file that holds one a line. Raises Problem."""
    from ledger.tlog.note import VerifierKey

    try:
        text = Path(told).read_text(encoding="utf-8") if os.path.isfile(told) else told
        return [VerifierKey.parse(line.strip()) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise Problem(f"{option} {told[:60]}: no file, or no key in it: {error}") from None


def _introduce(made: Witness, address: str, is_new: bool) -> None:
    """Say who this is, and what its logs' keepers and everybody who trusts it needs.

    The second key, of 1,800 letters, is shown once; it stands in witness.vkey.
    """
    shown = len(made.cosigners) if is_new else 1
    typer.echo(f"witness {made.name}; its verifier key, for all who want to check its word:")
    for key in made.verifier_keys()[:shown]:
        typer.echo(key)
    typer.echo("line for a log's policy (put in the address under which the log reaches you):")
    for line in made.policy_lines(address)[:shown]:
        typer.echo(line)
    for origin in made.logs:
        typer.echo(f"watches {origin}")


def _serve(made: Witness, host: str, port: int) -> int:
    from dashboard.serving import listen
    from dashboard.witness.serving import make_server

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    with listen(host, port) as listener:
        server = make_server(made, listener)
        print(f"listening on http://{host}:{port}", file=sys.stderr, flush=True)
        server.run()
    return 0


def monitor(
    base: Annotated[str, typer.Argument(metavar="URL", help="The published log: an address or a folder.")],
    state: Annotated[Path, typer.Option(help="Where the monitor keeps what it saw, and evidence.")],
    vkey: Annotated[str, typer.Option(help="The log's verifier key, or a file holding it.")] = "",
    policy: Annotated[Path | None, typer.Option(help="A tlog-policy file, instead of --vkey.")] = None,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 60,
    once: Annotated[bool, typer.Option("--once", help="Look once; exit 1 if something is wrong.")] = False,
    witness: Annotated[
        list[str] | None, typer.Option(help="Address of a witness, to compare. May be repeated.")
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="Another address of the same log, to compare. May be repeated.")
    ] = None,
    delayed: Annotated[
        bool, typer.Option("--delayed", help="The log may publish entries later than their hashes.")
    ] = False,
    stale_hours: Annotated[float, typer.Option(min=0, help="Warn when nothing new came for so long.")] = 24,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each look.")] = False,
) -> int:
    """Follow a log from its published bytes, keep evidence, and say what is wrong."""
    from ledger.published.source import open_source
    from ledger.witnessing.monitor import Address, Monitor, Rules
    from ledger.witnessing.notebook import Notebook

    others = [Address(told, open_source(told), is_witness=True) for told in witness or []]
    others += [Address(told, open_source(told)) for told in also or []]
    rules = Rules(_policy(vkey, policy), delayed, int(stale_hours * 3600))
    follow = Monitor(Notebook(state), rules, Address(base, open_source(base)), others)
    return _follow(follow, None if once else every, as_json)


def _policy(vkey: str, file: Path | None) -> Policy:
    """Whose word counts, as told by exactly one of both. Raises Problem."""
    from ledger.tlog.policy import Policy

    if bool(vkey) == bool(file):
        raise Problem("name the log's key with --vkey, or a policy with --policy")
    if file is None:
        return Policy.of_log(*_keys(vkey, "--vkey"))
    try:
        found = Policy.parse(file.read_bytes())
    except OSError as error:
        raise Problem(f"--policy {file}: {error.strerror}") from None
    except ValueError as error:
        raise Problem(f"--policy {file}: {error}") from None
    if not found.logs:
        raise Problem(f"--policy {file} names no log")
    return found


def _follow(follow: Monitor, every: float | None, as_json: bool) -> int:
    """Look once, or until stopped; a line for each look that says something else than the one before."""
    from ledger.witnessing.notebook import NotebookProblem

    last = None
    while True:
        try:
            with progress_bar("monitor", quiet=as_json) as progress:
                report = follow.look(progress)
        except NotebookProblem as problem:
            raise Problem(str(problem)) from None
        if as_json:
            print_json(report.as_dict())
        elif (told := _gist(report)) != last:
            last = told
            stamp = "" if every is None else time.strftime("%Y-%m-%d %H:%M:%S ", time.localtime(report.at))
            typer.echo(stamp + report.sentence())
        if every is None:
            return 0 if report.ok else 1
        sys.stdout.flush()
        time.sleep(every)


def _gist(report: Report) -> object:
    """What makes a look worth a line: growth, and which things are wrong; not how long ago they were seen."""
    findings = [(finding.code, finding.evidence) for finding in (*report.problems, *report.warnings)]
    return report.size, report.read, sorted(report.confirmed), findings
