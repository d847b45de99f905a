"""One look at a log: what is shown now, against everything that was signed before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from heapq import merge
from itertools import groupby

from ledger.published.cosigned import ENTRIES_PUBLISHED
from ledger.published.source import MissingError, SourceError, TileSource
from ledger.tlog.checkpoint import Checkpoint, read_unverified
from ledger.tlog.encoding import encode_base64, parse_decimal
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import MAX_NOTE_BYTES
from ledger.tlog.policy import Policy, PolicyError, Witnessed
from ledger.tlog.tiles import WIDTH
from ledger.witnessing.entries import EntryProblem, check_leaf, read_bundle_entries, read_on
from ledger.witnessing.evidence import Case
from ledger.witnessing.held import origin_hash
from ledger.witnessing.notebook import Notebook, Sighting
from ledger.witnessing.report import Finding, Report, duration
from ledger.witnessing.tree import PublishedTree, TreeProblem

LIES = ("rewritten", "split_view")  # kinds of evidence that prove themselves
STALE_SECONDS = 86_400
CLOCKS_APART_SECONDS = 600  # a cosignature from further ahead than this says nothing about freshness
_SAVE_EVERY_BUNDLES = 64

Progress = Callable[[int, int], None]  # entries done, entries in all


@dataclass(frozen=True)
class Address:
    """Where a signed checkpoint can be had: the log itself, a second place that shows it, or a witness."""

    name: str
    source: TileSource
    is_witness: bool = False

    def read(self, origin: str) -> bytes:
        """The checkpoint's bytes. Raises SourceError."""
        path = f"logs/{origin_hash(origin)}/checkpoint" if self.is_witness else "checkpoint"
        return self.source.read(path, MAX_NOTE_BYTES)


@dataclass(frozen=True)
class Rules:
    """How a log is judged.

    Attributes:
        policy: whose signatures count, and how many witnesses.
        delayed: the log may publish entry bytes later than their hashes.
        stale_seconds: how long it may show nothing new before a warning.
    """

    policy: Policy
    delayed: bool = False
    stale_seconds: int = STALE_SECONDS


class Look:
    """One look at the log; `run` once."""

    def __init__(
        self, notebook: Notebook, rules: Rules, log: Address, now: int, progress: Progress | None
    ) -> None:
        self._notebook = notebook
        self._rules = rules
        self._any_quorum = replace(rules.policy, quorum="none")
        self._log = log
        self._now = now
        self._progress = progress
        self._state = notebook.load()
        self._problems: list[Finding] = []
        self._warnings: list[Finding] = []
        self._confirmed: dict[str, int] = {}

    def run(self, others: Iterable[Address]) -> Report:
        """Look, save the state, and tell. Raises NotebookProblem."""
        before = self._head()
        try:
            tree = self._take()
            if tree:
                again = self._state.place.index // WIDTH
                self._read_new(tree)
                self._read_again(tree, again)
                self._compare(tree, others)
        except TreeProblem as problem:
            self._wrong("tiles", str(problem))
        except MissingError as problem:
            self._wrong("tiles", f"a published file is gone: {problem}")
        except SourceError as problem:
            self._wrong("unreachable", f"{self._log.name} cannot be read: {problem}")
        self._recall()
        self._look_at_the_time()
        self._notebook.save(self._state)
        return self._report(before.size if before else 0)

    def _take(self) -> PublishedTree | None:
        """Take the checkpoint that is shown now as the head, if it goes on from the one before; else None."""
        data = self._log.read(self._state.origin)
        witnessed = self._open(data)
        if witnessed is None:
            return None
        shown, earlier = witnessed.checkpoint, self._state.head
        sighting = Sighting(self._now, self._log.name, data.decode())
        self._note_down(sighting)
        tree = PublishedTree(self._log.source, shown)
        if earlier and not self._goes_on(earlier, sighting, tree):
            return None
        grew = not earlier or read_unverified(earlier.note.encode()).size < shown.size
        fresh = [at for at in witnessed.times.values() if at <= self._now + CLOCKS_APART_SECONDS]
        self._confirmed = witnessed.times
        self._state = replace(
            self._state, origin=shown.origin, head=sighting, fresh=max([self._state.fresh, *fresh]),
            grew_at=self._now if grew else self._state.grew_at,
        )  # fmt: skip
        self._notebook.save(self._state)
        return tree

    def _open(self, data: bytes) -> Witnessed | None:
        """The checkpoint if the log signed it, though too few witnesses may have confirmed it."""
        origin = self._state.origin or None
        try:
            witnessed = self._any_quorum.open_checkpoint(data, origin)
        except ValueError as problem:
            self._wrong("signature", f"what is shown is not signed by the log: {problem}")
            return None
        try:
            self._rules.policy.open_checkpoint(data, origin)
        except PolicyError as problem:
            self._wrong("not_confirmed", f"what is shown is not confirmed as your policy asks: {problem}")
        return witnessed

    def _goes_on(self, earlier: Sighting, later: Sighting, tree: PublishedTree) -> bool:
        """Whether the tree shown now begins with the head's. Raises TreeProblem and SourceError."""
        old, new = read_unverified(earlier.note.encode()), tree.head
        files = {"earlier": earlier.note.encode(), "later": later.note.encode()}
        if new.size < old.size:
            missing = f"{old.size - new.size:,} entries that were signed before are missing"
            self._accuse("shorter", new, files, f"THE RECORD IS SHORTER: {missing}, or an old copy is shown")
            return False
        root, proof = (new.root, []) if new.size == old.size else tree.root_before(old.size)
        if root == old.root:
            return True
        files |= _proof_file(root, proof)
        said = f"what is signed now ({new.size:,} entries) does not go on from the {old.size:,} signed before"
        self._accuse("rewritten", new, files, f"THE RECORD WAS REWRITTEN: {said}")
        return False

    def _read_new(self, tree: PublishedTree) -> None:
        """Find the hashes of every new entry and read the bytes of those that are published. Each once."""
        size, end = tree.head.size, self._published_entries(tree.head.size)
        wanted = merge(_bundles(self._state.hashed, size), _bundles(self._state.place.index, end))
        for count, (bundle, _) in enumerate(groupby(wanted), 1):
            try:
                self._read_bundle(tree, bundle, end)
            except EntryProblem as problem:
                self._wrong_entry(problem)
                return
            if count % _SAVE_EVERY_BUNDLES == 0:
                self._notebook.save(self._state)
            if self._progress:
                self._progress(min((bundle + 1) * WIDTH, size), size)

    def _read_bundle(self, tree: PublishedTree, bundle: int, end: int) -> None:
        leaves = tree.leaves(bundle)
        hashed = max(self._state.hashed, bundle * WIDTH + len(leaves))
        self._state = replace(self._state, hashed=hashed)
        if self._state.place.index // WIDTH == bundle and self._state.place.index < end:
            place = read_on(self._log.source, leaves, self._state.place, end)
            self._state = replace(self._state, place=place)

    def _published_entries(self, size: int) -> int:
        """Of how many entries the bytes have to be there: of all, or as the log says where it may delay."""
        if not self._rules.delayed:
            return size
        try:
            text = self._log.source.read(ENTRIES_PUBLISHED, 32).decode("ascii")
            return min(size, parse_decimal(text.removesuffix("\n"), ENTRIES_PUBLISHED))
        except MissingError:
            return size
        except ValueError as problem:
            raise SourceError(str(problem)) from None

    def _read_again(self, tree: PublishedTree, bundles: int) -> None:
        """One of the bundles read before, in turn: published bytes may be changed long after."""
        if not bundles:
            return
        bundle = self._state.again % bundles
        leaves, first = tree.leaves(bundle), bundle * WIDTH
        try:
            for at, data in enumerate(read_bundle_entries(self._log.source, first, WIDTH), first):
                check_leaf(data, leaves[at - first], at)
        except EntryProblem as problem:
            self._wrong_entry(problem)  # and so it will be at the next look
            return
        self._state = replace(self._state, again=bundle + 1)

    def _compare(self, tree: PublishedTree, others: Iterable[Address]) -> None:
        """What others were shown, now and at earlier looks, against what is shown here."""
        seen = [*self._state.waiting, *filter(None, map(self._see, others))]
        waiting: dict[str, Sighting] = {}
        for sighting in seen:
            elsewhere = read_unverified(sighting.note.encode())
            if elsewhere.size > tree.head.size:
                waiting.setdefault(sighting.where, sighting)
            else:
                self._compare_one(tree, sighting, elsewhere)
        for sighting in waiting.values():
            size, since = read_unverified(sighting.note.encode()).size, duration(self._now - sighting.at)
            more = f"{sighting.where} has {size:,} entries, {self._log.name} shows {tree.head.size:,}"
            self._warn("ahead", f"{more} (seen {since} ago)")
        self._state = replace(self._state, waiting=tuple(waiting.values()))

    def _compare_one(self, tree: PublishedTree, sighting: Sighting, elsewhere: Checkpoint) -> None:
        head = tree.head
        same = elsewhere.size == head.size
        root, proof = (head.root, []) if same else tree.root_before(elsewhere.size)
        if root == elsewhere.root or self._state.head is None:
            return
        files = {"here": self._state.head.note.encode(), "elsewhere": sighting.note.encode()}
        files |= _proof_file(root, proof)
        said = f"{sighting.where} has {elsewhere.size:,} other entries than {self._log.name}, both signed"
        self._accuse("split_view", elsewhere, files, f"TWO DIFFERENT RECORDS ARE SHOWN: {said}")

    def _see(self, other: Address) -> Sighting | None:
        """The signed checkpoint that another place shows; a warning if it shows none."""
        try:
            data = other.read(self._state.origin)
            self._any_quorum.open_checkpoint(data, self._state.origin)
        except MissingError:
            self._warn("witness", f"{other.name} has nothing of this log")
        except (SourceError, ValueError) as problem:
            self._warn("witness", f"{other.name} shows nothing that can be used: {problem}")
        else:
            return self._note_down(Sighting(self._now, other.name, data.decode()))
        return None

    def _note_down(self, sighting: Sighting) -> Sighting:
        """Write down a checkpoint, unless it was there at the last look too."""
        digest = sha256(sighting.note.encode()).hexdigest()
        if self._state.shown.get(sighting.where) != digest:
            self._notebook.saw(sighting)
            self._state = replace(self._state, shown=self._state.shown | {sighting.where: digest})
        return sighting

    def _recall(self) -> None:
        """Two signed records that contradict each other stay a lie, whatever is shown today."""
        told = {finding.evidence for finding in self._problems}
        kept = [f"evidence/{each.name}" for each in self._notebook.evidence.cases() if each.kind in LIES]
        if before := [name for name in kept if name not in told]:
            count = "once" if len(before) == 1 else f"{len(before)} times"
            self._wrong("kept", f"records that contradict each other were found {count} before", before[0])

    def _look_at_the_time(self) -> None:
        """A view that stands still may be a frozen one; a fresh cosignature says that there is no larger."""
        state = self._state
        since, what = state.grew_at, "nothing new came"
        if state.fresh:
            since, what = state.fresh, "no witness has confirmed the record again"
        if since and self._now - since > self._rules.stale_seconds:
            self._warn("stale", f"{what} for {duration(self._now - since)}")

    def _head(self) -> Checkpoint | None:
        return read_unverified(self._state.head.note.encode()) if self._state.head else None

    def _wrong(self, code: str, text: str, evidence: str | None = None) -> None:
        self._problems.append(Finding(code, text, evidence))

    def _warn(self, code: str, text: str) -> None:
        self._warnings.append(Finding(code, text))

    def _wrong_entry(self, problem: EntryProblem) -> None:
        kept = None
        if problem.data is not None and self._state.head:
            case = Case.of("entry", problem.index, leaf_hash(problem.data))
            files = {"entry": problem.data, "checkpoint": self._state.head.note.encode()}
            kept = self._keep(case, files)
        self._wrong("entry", str(problem), kept)

    def _accuse(self, code: str, tree: Checkpoint, files: dict[str, bytes], text: str) -> None:
        self._wrong(code, text, self._keep(Case.of(code, tree.size, tree.root), files))

    def _keep(self, case: Case, files: dict[str, bytes]) -> str | None:
        """Where the evidence is, below the notebook's folder; None if there is no more room for its kind."""
        evidence = self._notebook.evidence
        return f"evidence/{case.name}" if evidence.keep(case, files) or evidence.has(case, *files) else None

    def _report(self, size_before: int) -> Report:
        head, state = self._head(), self._state
        size = head.size if head else 0
        return Report(
            self._now, state.origin, size, head.root_base64 if head else None, size - size_before,
            state.place.index, self._confirmed, state.grew_at, state.fresh,
            tuple(self._problems), tuple(self._warnings),
        )  # fmt: skip


def _bundles(start: int, end: int) -> range:
    """Which bundles hold the entries from `start` to before `end`; a log may claim any number of them."""
    return range(start // WIDTH, -(-end // WIDTH)) if start < end else range(0)


def _proof_file(root: bytes, proof: list[bytes]) -> dict[str, bytes]:
    """The larger tree's root at the smaller size and the consistency proof of it, base64 lines."""
    lines = [f"{encode_base64(value)}\n" for value in (root, *proof)]
    return {"proof": "".join(lines).encode()} if proof else {}
