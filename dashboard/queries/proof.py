"""Who outside has confirmed the record, as far as this book knows; in no language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.queries.book import Book
from dashboard.queries.entries import EntryTold
from ledger.appending import read_stored
from ledger.domain import authorship
from ledger.home import Home, HomeProblem
from ledger.published.confirmation import WitnessSeen, read_confirmation
from ledger.published.evidence import evidence_files
from ledger.published.history import witnessed_by
from ledger.published.writing import PublishedError, PublishedLog
from ledger.tlog.policy import PolicyError

# While the book is idle fresh cosignatures are collected hourly (RECORD.md); three missed ones are told.
STALE_HOURS = 3


@dataclass(frozen=True)
class Standing:
    """What an outsider's word covers at this moment.

    Attributes:
        size: entries in the book; published: in the newest published list, None where there is none.
        known: names of all witnesses of the book; confirmed_by: of those who confirmed the published list.
        needed: least number of witnesses that must confirm before a list is published.
        newest: when the newest confirmation was given.
        troubled: name -> what is wrong, of witnesses that did not confirm when last asked.
        problem: why the last attempt signed or published nothing, in English; None where it did.
        forked: evidence is kept that two lists that contradict each other were signed.
        now: the clock of this machine, which cosignature times are compared with.
    """

    size: int
    published: int | None
    known: tuple[str, ...]
    confirmed_by: tuple[str, ...]
    needed: int
    newest: datetime | None
    troubled: dict[str, str]
    forked: bool
    now: datetime
    problem: str | None = None

    @property
    def confirmed_size(self) -> int:
        """How many entries, from the first, outsiders have confirmed."""
        return (self.published or 0) if self.confirmed_by else 0

    @property
    def waiting(self) -> int:
        """Newest entries that nobody outside has confirmed yet."""
        return max(0, self.size - self.confirmed_size)

    @property
    def unsigned(self) -> int:
        """Newest entries that are not even in the published list."""
        return max(0, self.size - (self.published or 0))

    @property
    def is_below_quorum(self) -> bool:
        """Too few witnesses answer, so nothing newer can be published."""
        return self.needed > 0 and len(self.known) - len(self.troubled) < self.needed

    @property
    def age(self) -> timedelta | None:
        return None if self.newest is None else max(timedelta(0), self.now - self.newest)

    @property
    def is_stale(self) -> bool:
        return self.age is not None and self.age > timedelta(hours=STALE_HOURS)


def standing(book: Book) -> Standing:
    """Reads some small files of the home and never the log."""
    home = Home(book.home)
    found = read_confirmation(home)
    return Standing(
        size=book.size, published=book.published_size, known=tuple(w.name for w in found.witnesses),
        confirmed_by=tuple(found.times), needed=found.needed, newest=found.newest,
        troubled={w.name: w.problem for w in found.witnesses if w.problem},
        forked=bool(evidence_files(home.path / "evidence")), now=datetime.now(UTC), problem=found.problem,
    )  # fmt: skip


@dataclass(frozen=True)
class Bound:
    """An entry was recorded no later than `time`: then `names` confirmed a list of `size` that has it."""

    time: datetime
    size: int
    names: list[str]


def bound(book: Book, index: int) -> Bound | None:
    """The earliest kept confirmation of a list that holds entry `index`."""
    try:
        found = witnessed_by(Home(book.home), index)
    except PolicyError:  # a policy that cannot be read names no witness
        return None
    return None if found is None else Bound(*found)


def witnesses(book: Book) -> tuple[WitnessSeen, ...]:
    """Every witness of the book, with the newest confirmation that is kept of it."""
    return read_confirmation(Home(book.home)).witnesses


def verifier_key(book: Book) -> str:
    """The log's verifier key as it is now; it changes by LogKeyRotated only."""
    known = book.reading.log_keys()
    return known[-1][1] if known else book.facts.vkey


def log_address(book: Book, served_at: str) -> str:
    """Where others find the log's `checkpoint`: what the book was told (Home.public_url), else here.

    `served_at` is the address by which this request came, ending with a slash.
    """
    try:
        told = Home(book.home).public_url
    except HomeProblem:
        told = None
    return told or f"{served_at}log"


def root(book: Book) -> str:
    """The published root hash as 64 hex, which people may compare; "" where nothing is published."""
    try:
        checkpoint = PublishedLog(book.home / "log").checkpoint()
    except PublishedError:
        return ""
    return checkpoint.root.hex() if checkpoint else ""


def author_state(book: Book, entry: EntryTold) -> str:
    """signed, unsigned, unsigned_though_enrolled or signed_then_doubted (ledger/domain/authorship.py)."""
    keys = book.reading.author_keys([entry.place]) if entry.place else []
    return authorship.author_state(read_stored(entry.data), keys)
