"""Commands that sign and publish: checkpoint, publish, policy, rotate-key."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.cli import books
from dashboard.cli.speaking import Problem, open_record, print_json, progress_bar

if TYPE_CHECKING:
    from ledger.published.mirror import Mirror, Mirrored
    from ledger.publishing import Publisher, Step
    from ledger.record import Record
    from ledger.tlog.policy import Policy, WitnessLine

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Key = Annotated[Path | None, typer.Option("--key", help="The log's private key; else MINGZHANG_LOG_KEY.")]
REASONS = ("scheduled", "lost", "compromised")
_WITNESS = re.compile(r"([^=\s]+)=(\S+?)(?:@(https?://\S+))?")
_GROUP = "witnesses"


def add_to(app: typer.Typer) -> None:
    for command in (checkpoint, publish, policy):
        app.command()(command)
    app.command("rotate-key")(rotate_key)


def checkpoint(
    last_checkpoint: Annotated[
        Path | None, typer.Option(help="The newest checkpoint that others hold, for a restored book.")
    ] = None,
    nothing_was_published: Annotated[
        bool, typer.Option("--nothing-was-published", help="Nobody outside holds any checkpoint.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Sign the log as it stands and publish it in the book's log folder."""
    from ledger.publishing import Told

    if last_checkpoint is not None and nothing_was_published:
        raise Problem("--last-checkpoint and --nothing-was-published exclude each other")
    try:
        given = last_checkpoint.read_bytes() if last_checkpoint else None
    except OSError as error:
        raise Problem(f"--last-checkpoint {last_checkpoint}: {error.strerror}") from None
    with closing(open_record(books.home())) as record:
        step = record.publisher.step(Told(given, nothing_was_published))
    signed = step.signed
    told = {"origin": signed.origin, "size": signed.size, "root": signed.root_base64}
    if as_json:
        print_json(told | (_told_of_witnesses(step) if step.needed else {}))
    else:
        typer.echo("\n".join(map(str, told.values())))
        _say_waiting(step)
    return 1 if step.is_waiting else 0


def publish(
    folder: Annotated[
        Path | None, typer.Argument(help="Copy the published log here, for any web server.")
    ] = None,
    every: Annotated[
        float | None, typer.Option(min=0.1, help="Go on, with a step every so many seconds.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="One step, then stop (without --every, too).")] = False,
    key: Key = None,
    fresh: Annotated[
        float, typer.Option(min=1, help="Seconds after which witnesses are asked again while idle.")
    ] = 3600,
    as_json: Json = False,
) -> int:
    """Sign what is new, have the witnesses confirm it, publish it: the process that holds the key."""
    if once and every is not None:
        raise Problem("--once and --every exclude each other")
    with closing(open_record(books.home())) as record:
        run = _Publishing(record, _publisher(record, key, fresh), _mirror(record, folder), as_json)
        if every is None:
            run.take_step()
        else:
            run.keep_going(every)
    return run.tell(folder)


def _publisher(record: Record, key: Path | None, fresh: float = 3600) -> Publisher | None:
    """None where this process has no key: it then copies what another one publishes. Raises Problem."""
    from ledger.publishing import Cadence, Publisher

    if key is not None and not key.is_file():
        raise Problem(f"--key {key}: there is no such file")
    key_file = key or record.folder.key_file
    if not key_file.exists():
        return None
    return Publisher(
        record.folder, record.store, record.now, key_file=key_file, cadence=Cadence(fresh_seconds=fresh)
    )


def _mirror(record: Record, folder: Path | None) -> Mirror | None:
    from ledger.published.mirror import Mirror

    if folder is None:
        return None
    own = record.folder.path.resolve()
    if folder.resolve() in (own, record.folder.log.resolve()) or own in folder.resolve().parents:
        raise Problem(f"{folder} lies in the book's own folder: name another one")
    return Mirror(record.folder.log, folder)


class _Publishing:
    """Steps and copies, and what they did in all."""

    def __init__(
        self, record: Record, publisher: Publisher | None, mirror: Mirror | None, quiet: bool
    ) -> None:
        if publisher is None and mirror is None:
            raise Problem(f"{record.folder.key_file.name} is not here, and no folder is named: nothing to do")
        self.record = record
        self.publisher = publisher
        self.mirror = mirror
        self.quiet = quiet
        self.step: Step | None = None
        self.copied: Mirrored | None = None
        self.first: int | None = None
        self.files = 0
        self.problem: str | None = None

    def take_step(self) -> None:
        """Raises the problems of publishing, each one sentence."""
        if self.publisher:
            self.step = self.publisher.step()
            self.first = self.step.published_before if self.first is None else self.first
        if self.mirror and (self.step is None or self.step.published):
            self._copy(self.mirror)

    def _copy(self, mirror: Mirror) -> None:
        from ledger.logkeys import LogKeys
        from ledger.published.evidence import keep_evidence
        from ledger.published.growing import ForkError

        keys = LogKeys.read(self.record.store).verifiers
        try:
            with progress_bar("publish", quiet=self.quiet) as progress:
                self.copied = mirror.copy(keys, self.record.facts.origin, progress)
        except ForkError as fork:
            path = keep_evidence(self.record.folder.evidence, str(fork)[:60], f"{fork}\n\n{fork.evidence}")
            raise ForkError(f"{fork} (evidence: {path})", fork.evidence) from None
        self.files += self.copied.files

    def keep_going(self, every: float) -> None:
        """Until stopped. A problem is told once while it lasts, and tried again."""
        from ledger.home import HomeProblem
        from ledger.published.growing import PublishedError
        from ledger.store.store import StoreProblem

        stop, told = threading.Event(), ""
        with _stopping(stop):
            while True:
                try:
                    self.take_step()
                    self.problem = None
                except (PublishedError, HomeProblem, StoreProblem) as error:
                    self.problem = str(error)
                news = self.problem or self._state()
                if news != told and not self.quiet:
                    typer.echo(f"mingzhang: {self.problem}" if self.problem else news, err=bool(self.problem))
                    told = news
                if stop.wait(every):
                    return

    def _state(self) -> str:
        published = self.step.published if self.step else None
        size = published.size if published else self.copied.size if self.copied else 0
        waiting = self.step.signed.size - size if self.step else 0
        return f"{size:,} entries published" + (f", {waiting:,} wait for witnesses" if waiting else "")

    def tell(self, folder: Path | None) -> int:
        """Say what was done; the exit code."""
        step, copied = self.step, self.copied
        failed = self.problem is not None or (step is not None and step.is_waiting)
        if self.quiet:
            print_json({"ok": not failed, "problem": self.problem, **self._as_json()})
            return int(failed)
        if step:
            new = (step.published.size if step.published else 0) - (self.first or 0)
            typer.echo(f"{self._state()} ({new:,} new)")
            _say_waiting(step)
        else:
            typer.echo(f"{self.record.folder.key_file.name} is not here: this process signs nothing")
        if copied:
            typer.echo(f"{folder}: {copied.size:,} entries, {self.files:,} files added")
        return int(failed)

    def _as_json(self) -> dict[str, Any]:
        step, copied = self.step, self.copied
        told: dict[str, Any] = {"signs": step is not None}
        if step:
            told |= {"size": step.signed.size, "root": step.signed.root_base64} | _told_of_witnesses(step)
            told["entries_published"] = step.entries_published
        if copied:
            told["mirror"] = {"before": copied.before, "size": copied.size, "files": self.files}
        return told


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the loop after the step at hand, so that what was done is told."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _told_of_witnesses(step: Step) -> dict[str, Any]:
    return {
        "published_size": step.published.size if step.published else 0,
        "cosigned": list(step.cosigned),
        "needed": step.needed,
        "witnesses": {name: answer.problem for name, answer in step.answers.items()},
        "notices": list(step.notices),
    }


def _say_waiting(step: Step) -> None:
    """On stderr, where it went less well than it might: who gave no cosignature, and why."""
    for notice in step.notices:
        typer.echo(f"mingzhang: {notice}", err=True)
    for name, answer in step.answers.items():
        if answer.problem:
            typer.echo(f"mingzhang: witness {name} {answer.problem}", err=True)
    if step.is_waiting:
        typer.echo(
            f"mingzhang: signed, but not published: {len(step.cosigned)} of at least {step.needed} witnesses"
            " have confirmed it",
            err=True,
        )


def policy(
    witness: Annotated[
        list[str] | None, typer.Option(help="NAME=VKEY@URL; the whole list, so name all of them.")
    ] = None,
    quorum: Annotated[
        str, typer.Option(help="How many must confirm: a number, all, any or none; else more than half.")
    ] = "",
    as_json: Json = False,
) -> int:
    """Show whose confirmations this log needs before it publishes, or say it anew."""
    from ledger.home import Home
    from ledger.logkeys import LogKeys
    from ledger.published.cosigned import read_policy
    from ledger.published.staging import put_in_place
    from ledger.tlog.policy import LogLine, Policy, PolicyError

    home = Home(books.home())
    try:
        found = read_policy(home.policy_file)
        if witness is not None or quorum:
            with closing(open_record(books.home())) as record:
                logs = tuple(LogLine(each) for each in LogKeys.read(record.store).trusted)
            lines = found.witnesses if witness is None else tuple(map(_witness_line, witness))
            found = Policy.parse(_with_quorum(replace(found, logs=logs), lines, quorum).encode())
            put_in_place(home.policy_file, found.encode())
    except PolicyError as error:
        raise Problem(str(error)) from None
    needed, known = found.needed()
    if as_json:
        witnesses = [{"name": one.name, "vkey": str(one.key), "url": one.url} for one in found.witnesses]
        print_json({"witnesses": witnesses, "quorum": found.quorum, "needed": needed, "known": known})
    else:
        typer.echo(found.encode().decode("utf-8", "replace"), nl=False)
        typer.echo(f"# {needed} of {known} witnesses must confirm before anything is published")
    return 0


def _witness_line(text: str) -> WitnessLine:
    from ledger.tlog.cosignature import CosignatureKey
    from ledger.tlog.policy import WitnessLine

    match = _WITNESS.fullmatch(text)
    if match is None:
        raise Problem(f"--witness {text!r} is not NAME=VKEY@URL")
    try:
        return WitnessLine(match[1], CosignatureKey.parse(match[2]), match[3])
    except ValueError as error:
        raise Problem(f"--witness {match[1]}: {error}") from None


def _with_quorum(policy: Policy, witnesses: tuple[WitnessLine, ...], quorum: str) -> Policy:
    from ledger.tlog.policy import Group

    count = len(witnesses)
    if quorum == "none" or not witnesses:
        if quorum not in ("", "none"):
            raise Problem(f"--quorum {quorum}: there is no witness in the policy")
        return replace(policy, witnesses=witnesses, groups=(), quorum="none")
    named = {"all": count, "any": 1, "": count // 2 + 1}
    threshold = named.get(quorum) or (int(quorum) if quorum.isascii() and quorum.isdecimal() else 0)
    if not 1 <= threshold <= count:
        raise Problem(f"--quorum {quorum} is not all, any, none or a number from 1 to {count}")
    group = Group(_GROUP, threshold, tuple(one.name for one in witnesses))
    return replace(policy, witnesses=witnesses, groups=(group,), quorum=_GROUP)


def rotate_key(
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS)}.")] = "scheduled",
    retire: Annotated[
        bool, typer.Option("--retire-former", help="Stop signing with the key before, and destroy it.")
    ] = False,
    key: Key = None,
    as_json: Json = False,
) -> int:
    """Give the log a new signing key; the record says so, and old checkpoints stay good."""
    from ledger.publishing import Publisher
    from ledger.rotating import retire_former
    from ledger.rotating import rotate_key as rotate

    if reason not in REASONS:
        raise Problem(f"--reason {reason} is not one of: {', '.join(REASONS)}")
    with closing(open_record(books.home())) as record:
        key_file = key or record.folder.key_file
        publisher = Publisher(record.folder, record.store, record.now, key_file=key_file)
        if retire:
            retired = retire_former(record, publisher)
            told: dict[str, Any] = {"retired": retired}
            text = f"{retired} signs no more"
        else:
            done = rotate(record, reason, publisher)
            told = {"vkey": done.vkey, "former": done.former, "entry_index": done.index}
            text = f"entry {done.index} names the new key; its verifier key: {done.vkey}"
    print_json(told) if as_json else typer.echo(text)
    return 0
