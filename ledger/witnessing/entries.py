"""Checking published entries, each once, against leaf hashes that are already believed."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.domain import canonical
from ledger.domain.entries import GENESIS_PREV
from ledger.domain.instants import INSTANT
from ledger.published.source import MissingError, TileSource, read_bundle
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.tiles import ENTRIES, WIDTH, Tile, split_bundle


class EntryProblem(Exception):
    """An entry that is not what was signed, or breaks the rules of the record.

    Attributes:
        index: which.
        data: its published bytes; None where it has none.
    """

    def __init__(self, index: int, problem: str, data: bytes | None = None) -> None:
        super().__init__(f"entry {index:,}: {problem}")
        self.index = index
        self.data = data


@dataclass(frozen=True)
class Place:
    """How far the entries are read.

    Attributes:
        index: the next one.
        prev: what it has to name as `prev`: the leaf hash of the one before, hex.
        recorded_at: when the one before was recorded.
    """

    index: int = 0
    prev: str = GENESIS_PREV
    recorded_at: str = ""


def read_on(source: TileSource, leaves: list[bytes], place: Place, end: int) -> Place:
    """Check the entries from `place` to the end of its bundle, at most up to index `end`; where that leads.

    `leaves` are the leaf hashes of the bundle. Raises EntryProblem, or SourceError for what cannot be had.
    """
    first = place.index // WIDTH * WIDTH
    width = min(WIDTH, end - first)
    for at, data in enumerate(read_bundle_entries(source, first, width)[place.index - first :], place.index):
        leaf = check_leaf(data, leaves[at - first], at)
        place = Place(at + 1, leaf.hex(), _check_envelope(data, place))
    return place


def read_bundle_entries(source: TileSource, first: int, width: int) -> list[bytes]:
    """The `width` entries from index `first`, the start of a bundle. Raises EntryProblem, SourceError."""
    bundle = Tile(ENTRIES, first // WIDTH, width)
    try:
        path, data = read_bundle(source, bundle)
    except MissingError as error:
        raise EntryProblem(first, f"it and those after it are not published: {error}") from None
    entries, rest = split_bundle(data)
    expected = WIDTH if path == bundle.full.path else width
    if rest or len(entries) != expected:
        problem = f"{path} holds {len(entries)} entries and {len(rest)} bytes more, not {expected} entries"
        raise EntryProblem(first + min(len(entries), width - 1), problem)
    return entries[:width]


def check_leaf(data: bytes, leaf: bytes, index: int) -> bytes:
    """The leaf hash of an entry that is what was signed. Raises EntryProblem."""
    if leaf_hash(data) != leaf:
        raise EntryProblem(index, "its published bytes are not those that were signed", data)
    return leaf


def _check_envelope(data: bytes, place: Place) -> str:
    """RECORD, "Envelope": canonical form, `index`, `prev`, and `recorded_at`, which never goes back.

    Returns the latter. Raises EntryProblem.
    """
    try:
        envelope = canonical.decode(data)
    except (ValueError, RecursionError) as error:
        raise EntryProblem(place.index, f"it is not in the one written form: {error}", data) from None
    if not isinstance(envelope, dict):
        raise EntryProblem(place.index, "it is not an object", data)
    stated, recorded = envelope.get("index"), envelope.get("recorded_at")
    if type(stated) is not int or stated != place.index:
        raise EntryProblem(place.index, "it states another index", data)
    if envelope.get("prev") != place.prev:
        raise EntryProblem(place.index, "it does not name the entry before it (prev)", data)
    if not isinstance(recorded, str) or not INSTANT.fullmatch(recorded):
        raise EntryProblem(place.index, "it does not say when it was recorded", data)
    if recorded < place.recorded_at:  # the form has one length, so text order is time order
        raise EntryProblem(place.index, f"it was recorded at {recorded}, before the entry before it", data)
    return recorded
