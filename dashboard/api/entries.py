"""Entries as they were written, byte for byte."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, url_for

from dashboard.api.answering import BRIEF, FOREVER, JSON, bytes_answer
from dashboard.api.answers import Refusal
from dashboard.api.asked import ByHash, ById, ByIndex, Pages
from dashboard.api.published import Publication
from dashboard.packing import pack
from ledger.domain import canonical
from ledger.published.writing import PublishedError
from ledger.tlog.merkle import leaf_hash

NDJSON = "application/x-ndjson"
PAGE_ENTRIES = 1_000
PAGE_BYTES = 4_000_000  # a page ends with the entry that crosses it


def by_index(published: Publication, asked: ByIndex) -> Response:
    return _entry(published, published.check_shown(asked.index, "index"))


def by_id(published: Publication, asked: ById) -> Response:
    index = index_of_id(published, asked.id)
    if canonical.decode_loose(published.entry(published.check_shown(index, "id")))["id"] != asked.id:
        raise PublishedError(f"entry {index} is not the one that was published under its id")
    return _entry(published, index)


def by_hash(published: Publication, asked: ByHash) -> Response:
    return _entry(published, published.check_shown(index_of_hash(published, asked.hash), "hash"))


def index_of_id(published: Publication, identity: str) -> int:
    """Raises Refusal."""
    index = published.index_of_id(identity)
    if index is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "id: there is no entry of this id", "id")
    return index


def index_of_hash(published: Publication, leaf: str) -> int:
    """Raises Refusal."""
    index = published.index_of_leaf(bytes.fromhex(leaf))
    if index is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "hash: no published entry has this leaf hash", "hash")
    return index


def _entry(published: Publication, index: int) -> Response:
    """The exact bytes: SHA-256 of a zero byte and these is the leaf hash, which is the ETag too."""
    data = published.entry(index)
    leaf = leaf_hash(data).hex()
    if leaf != published.leaf(index).hex():
        raise PublishedError(f"the published log is damaged: entry {index} is unlike its leaf hash")
    response = bytes_answer(data, JSON, FOREVER, leaf)
    response.headers["Entry-Index"] = str(index)
    response.headers["Leaf-Hash"] = leaf
    proof = url_for(".inclusion", index=index)
    response.headers["Link"] = f'<{proof}>; rel="related"; title="inclusion proof"'
    return response


def page(published: Publication, asked: Pages) -> Response:
    """Entries one a line, which holds them exactly: an entry has no newline in it."""
    stop = published.size if asked.stop is None else published.check_size(asked.stop, "stop")
    start = published.check_size(asked.start, "start")
    if start < stop:
        published.check_shown(start, "start")
    lines, at, room = [], start, PAGE_BYTES
    for data in published.entries(start, max(start, min(stop, published.shown, start + PAGE_ENTRIES))):
        lines.append(data + b"\n")
        at, room = at + 1, room - len(data)
        if room <= 0:
            break
    response = bytes_answer(b"".join(lines), NDJSON, BRIEF)
    if at < stop:
        following = url_for(".entry_pages", start=at, stop=asked.stop)
        response.headers["Link"] = f'<{following}>; rel="next"'
    response.vary.add("Accept-Encoding")
    return pack(response) if response.status_code == HTTPStatus.OK else response
