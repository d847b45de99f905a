"""One step of publishing, in the order in which things must be on disk. See ledger/published/README.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ledger.delay import entries_due
from ledger.home import Home
from ledger.logkeys import LogKeys, settle, signers
from ledger.published import history
from ledger.published.asking import Asker, Cadence
from ledger.published.cosigned import (
    ENTRIES_PUBLISHED,
    POLICY,
    cosignatures,
    read_entries_published,
    read_policy,
)
from ledger.published.gathering import Answer
from ledger.published.growing import PUBLISHED
from ledger.published.source import MissingError, SourceError, open_source, read_checkpoint
from ledger.published.staging import put_in_place
from ledger.published.state import read_state, write_state
from ledger.published.writing import (
    ForkError,
    Known,
    PublishedError,
    PublishedLog,
    ReadEntries,
    open_own,
)
from ledger.store.store import Store
from ledger.tlog.checkpoint import Checkpoint, sign_checkpoint
from ledger.tlog.merkle import EMPTY_ROOT
from ledger.tlog.note import Note, parse_note
from ledger.tlog.policy import LogLine, Policy, PolicyError

LAST_SIGNED = "keys/last-signed"
EMPTY_LOG = "the empty log"
SIGNING_IS_OFF = (
    "signing is off until somebody outside agrees with this book ({why}): name the public address"
    " (public-url) or a witness, or give `checkpoint --last-checkpoint FILE`, or `--nothing-was-published`"
)


@dataclass(frozen=True)
class Told:
    """What a person says of what was published, where nothing else can (RECORD, "Publishing and trust")."""

    last_checkpoint: bytes | None = None
    nothing_was_published: bool = False


@dataclass(frozen=True)
class Step:
    """What a step did.

    Attributes:
        signed: the newest checkpoint that is signed.
        published: the one that others read; None while the first waits for witnesses.
        published_before: size that was published before the step.
        entries_published: how many entries' bytes are published.
        answers: witness -> what it said, of those that were asked about `signed`.
        cosigned: witnesses whose valid cosignature `signed` has.
        needed: the least number of witnesses that suffice.
        notices: what went less well than it might, a sentence each.
    """

    signed: Checkpoint
    published: Checkpoint | None
    published_before: int
    entries_published: int
    answers: dict[str, Answer]
    cosigned: tuple[str, ...]
    needed: int
    notices: tuple[str, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """Whether what is signed is not yet published."""
        return self.published is None or self.published.size < self.signed.size


@dataclass
class Stepping:
    """One step; `run` within the lock of the log's folder.

    Attributes:
        has_asked: witnesses that were found, in this process, to hold nothing that this folder has lost.
    """

    home: Home
    store: Store
    log: PublishedLog
    key_file: Path
    read_entries: ReadEntries
    now: Callable[[], datetime]
    cadence: Cadence
    told: Told
    has_asked: set[str]
    notices: list[str] = field(default_factory=list)

    def run(self) -> Step:
        """Raises ForkError, PublishedError, HomeProblem, StoreProblem."""
        self.keys = LogKeys.read(self.store)
        settle(self.home, self.key_file, self.keys)
        self.signers = signers(self.home, self.key_file, self.keys)
        self.policy = self._read_policy()
        self.state = read_state(self.home.publishing_file)
        self.asker = Asker(self.policy, self.state.witnesses, self.cadence, self.log.standing)
        self.published = self._own(self.log.checkpoint_bytes(), PUBLISHED)
        self.known = self._known()
        self.due = entries_due(self.store, self.keys.size, self.now())
        self._stand_on_known()
        self._ask_before_signing()
        candidate = self._sign()
        self.home.restored_file.unlink(missing_ok=True)
        return self._publish(candidate, self._gather(candidate))

    # what is known ---------------------------------------------------------------------------------------

    def _known(self) -> list[Known]:
        """Every checkpoint of ours that can be had, verified; the largest is what the log goes on from."""
        signed = self._own(_read(self.home.last_signed_file), LAST_SIGNED)
        given = self._own(self.told.last_checkpoint, "the given checkpoint")
        known = [one for one in (self.published, signed, given) if one]
        self.doubt = self._doubt(bool(known))
        self.agreed = given is not None or self.told.nothing_was_published
        is_due = self.doubt or self.keys.size > max((one.size for one in known), default=0)
        if is_due and (outside := self._outside()):
            # A web server in front of this very folder would agree with whatever was restored into it, and a
            # mirror that is behind knows of nothing newer.
            is_other = self.published is None or outside.note != self.published.note
            self.agreed |= is_other and outside.size >= max((1, *(one.size for one in known)))
            known.append(outside)
        if not known:
            self._refuse_doubt()
            empty = Checkpoint(self.signers[0].name, 0, EMPTY_ROOT)  # it contradicts nothing
            known.append(Known(EMPTY_LOG, sign_checkpoint(empty, *self.signers), empty))
        return known

    def _doubt(self, has_trace: bool) -> str | None:
        """Why this folder alone cannot tell what was published; None if it can."""
        if self.home.restored_file.exists():
            return "it was restored from a backup"
        if not has_trace and self.keys.size > 1:
            return "no trace of what was published is left here"
        return None

    def _refuse_doubt(self) -> None:
        if self.doubt and not self.agreed:
            raise PublishedError(SIGNING_IS_OFF.format(why=self.doubt))

    def _outside(self) -> Known | None:
        """The checkpoint at the public address; None where there is none or it cannot be had."""
        url = self.home.public_url
        if url is None:
            return None
        try:
            data = read_checkpoint(open_source(url, self.cadence.outside_seconds))
        except MissingError:
            return None
        except SourceError as error:
            self.notices.append(f"the log at {url} could not be asked: {error}")
            return None
        return self._own(data, f"the log at {url}")

    def _own(self, data: bytes | None, where: str) -> Known | None:
        """Raises ForkError for what is not this log's."""
        if data is None:
            return None
        return open_own(data, self.keys.verifiers, self.signers[0].name, where)

    @property
    def base(self) -> Known:
        """The largest known checkpoint."""
        return max(self.known, key=lambda one: one.size)

    def _stand_on_known(self) -> None:
        """Tiles up to the largest known checkpoint, and that checkpoint as last signed: what can be shown to
        a witness before anything new is signed. Raises ForkError where the entries end before it."""
        base, standing = self.base, self._standing()
        if base.size > self.keys.size:
            raise _behind(base, self.keys.size)
        self.shown = self._shown(standing)
        if base.size > (standing.size if standing else 0):
            wanted = max(self.shown, min(self.due, base.size))
            self.log.grow(self.read_entries, base.size, standing, self.known, (self.shown, wanted))
            self.shown = wanted
        last = _read(self.home.last_signed_file)
        if last is None or Checkpoint.parse(parse_note(last).text).size != base.size:
            put_in_place(self.home.last_signed_file, base.note, 0o600)

    def _standing(self) -> Known | None:
        """The largest checkpoint whose tiles stand here; what came from outside has none yet.

        Where the folder was put back to an older state than keys/last-signed, that is the published one, and
        the entries must lead from it to what was signed. Where none stands, what is damaged is then told.
        """
        here = sorted(
            (one for one in self.known if one.where in (PUBLISHED, LAST_SIGNED) and one.size),
            key=lambda one: -one.size,
        )
        if not here or not self.log.holds_tiles():
            return None
        return next((one for one in here if self.log.stands(one)), here[0])

    def _shown(self, standing: Known | None) -> int:
        """How many entries stand in bundles; a log of before there was a delay does not say, and has all."""
        if standing is None:
            return 0
        published = self.published.size if self.published else 0
        told = read_entries_published(self.home.log)
        return published if told is None else min(told, published)

    # before anything is signed ---------------------------------------------------------------------------

    def _ask_before_signing(self) -> None:
        """Show each witness what was signed last, once in the life of a publisher: one that holds more, or
        something else, knows of a history that this folder has lost."""
        if self.doubt or self.keys.size > self.base.size:
            base = self.base
            asked = [one for one in self.asker.witnesses if self.doubt or one.name not in self.has_asked]
            self.asker.ask(base, asked)
            self._adopt()
            self.has_asked |= self.asker.given()
            if self.doubt:
                self.agreed |= self._is_confirmed(base)
        self._refuse_doubt()

    def _is_confirmed(self, base: Known) -> bool:
        """Whether a witness held this very checkpoint before it was asked. One that was behind knows of
        nothing newer, and is noted, for by asking it was brought to hold what it is shown."""
        path = self.home.restored_file
        behind = set((_read(path) or b"").decode("utf-8", "replace").split("\n"))
        holding = self.asker.holding(base.size) if base.size else set()
        if late := self.asker.given() - holding - behind:
            put_in_place(path, "\n".join(sorted((behind | late) - {""})).encode() + b"\n")
        return bool(holding - behind)

    def _adopt(self) -> None:
        """Go on from a larger checkpoint that a witness shows, if the entries agree. Raises ForkError."""
        base, theirs = self.base, []
        for name, answer in self.asker.contradictions():
            try:
                shown = self._own(answer.evidence or None, f"what witness {name} confirmed")
            except ForkError:
                shown = None
            if shown is None or not base.size < shown.size <= self.keys.size:
                raise self.asker.contradicted(name, answer, base)
            theirs.append(shown)
        if theirs:
            self.known += theirs
            self._stand_on_known()

    # signing ---------------------------------------------------------------------------------------------

    def _sign(self) -> Known:
        """The checkpoint of all entries: a new one, on disk as last signed before anyone sees it; or the
        last one, where nothing is new."""
        base, size = self.base, self.keys.size
        wanted = max(self.shown, self.due)
        standing = base if base.size else None
        root = self.log.grow(self.read_entries, size, standing, self.known, (self.shown, wanted))
        self.shown = wanted
        if size == base.size:
            return base
        checkpoint = Checkpoint(self.signers[0].name, size, root)
        note = sign_checkpoint(checkpoint, *self.signers)
        put_in_place(self.home.last_signed_file, note, 0o600)
        return Known(LAST_SIGNED, note, checkpoint)

    def _gather(self, candidate: Known) -> Note:
        """The candidate with every valid cosignature that is held or now given. Raises ForkError."""
        note = parse_note(candidate.note)
        for one in self.known:
            if one.checkpoint == candidate.checkpoint:
                note = note.with_signatures(parse_note(one.note).signatures)
        self.asker.about(candidate)
        note = note.with_signatures(self.asker.signatures())
        is_waiting = self.published is None or self.published.size < candidate.size
        self.asker.ask(candidate, self.asker.due(note, is_waiting))
        for name, answer in self.asker.contradictions():
            raise self.asker.contradicted(name, answer, candidate)
        return self._ordered(note.with_signatures(self.asker.signatures()))

    def _ordered(self, note: Note) -> Note:
        """The log's own signatures, then those of the policy's witnesses in its order, and no others."""
        own = {(key.name, key.key_id): key for key in self.keys.verifiers}
        signed = [
            one
            for one in note.signatures
            if (key := own.get((one.name, one.key_id))) and key.verify(note.text.encode(), one.data)
        ]
        return Note(note.text, (*signed, *cosignatures(note, self.policy).values()))

    # publishing ------------------------------------------------------------------------------------------

    def _publish(self, candidate: Known, note: Note) -> Step:
        before = self.published.size if self.published else 0
        cosigned, data = cosignatures(note, self.policy), note.encode()
        is_met = self.policy.is_met_by(cosigned)
        if is_met and (self.published is None or self.published.note != data):
            self._keep_history(note)
            self.log.put(data, before, self.shown, self._beside(candidate.size))
            self.published = replace(candidate, where=PUBLISHED, note=data)
        elif beside := self._beside(before):
            self.log.put(None, before, self.shown, beside)
        if not is_met and data != _read(self.home.last_signed_file):
            put_in_place(self.home.last_signed_file, data, 0o600)
        published = self.published.checkpoint if self.published else None
        size = published.size if published else 0
        self._write_state(candidate.size, size)
        return Step(
            candidate.checkpoint, published, before, min(self.shown, size), self.asker.answers,
            tuple(cosigned), self.policy.needed()[0], tuple(self.notices),
        )  # fmt: skip

    def _beside(self, size: int) -> dict[str, bytes]:
        """The small files that change with a published size of `size`."""
        url = self.home.public_url
        logs = tuple(LogLine(key, None if at else url) for at, key in enumerate(self.keys.trusted))
        wanted = {
            POLICY: replace(self.policy, logs=logs).encode(),
            ENTRIES_PUBLISHED: b"%d\n" % min(self.shown, size),
        }
        return {name: data for name, data in wanted.items() if _read(self.home.log / name) != data}

    def _keep_history(self, note: Note) -> None:
        outgoing = history.seen_of(parse_note(self.published.note), self.policy) if self.published else None
        history.keep(self.home.log, outgoing, history.seen_of(note, self.policy))

    def _write_state(self, signed: int, published: int) -> None:
        state = replace(
            self.state, signed_size=signed, published_size=published, problem=None,
            witnesses=self.asker.known,
        )  # fmt: skip
        if state != read_state(self.home.publishing_file):
            write_state(self.home.publishing_file, state)

    def _read_policy(self) -> Policy:
        try:
            return read_policy(self.home.policy_file)
        except PolicyError as error:
            raise PublishedError(f"{self.home.policy_file.name}: {error}") from None


def _behind(known: Known, size: int) -> ForkError:
    """The entries end before something that was signed."""
    where = "the log is published" if known.where == PUBLISHED else f"{known.where} tells of a log"
    return ForkError(
        f"{where} up to size {known.size}, so a checkpoint of {size} is not signed",
        f"{known.where}:\n\n{known.note.decode()}\nentries in the database: {size}\n",
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PublishedError(f"{path.name} cannot be read: {error.strerror}") from None
