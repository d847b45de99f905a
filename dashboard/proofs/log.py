"""`/log/...`: HOME/log as it lies on disk, for verifiers, witnesses and monitors (C2SP tlog-tiles, "APIs").

    /log/checkpoint                      the newest signed checkpoint; never cached beyond some seconds
    /log/tile/<L>/<N>[.p/<W>]            hashes; immutable
    /log/tile/entries/<N>[.p/<W>]        entry bundles; immutable, gzip for a client that takes it
    /log/policy                          whose cosignatures a checkpoint needs (C2SP tlog-policy)
    /log/entries-published               how many entries stand in bundles, in decimal
    /log/witnessed/<YYYY-MM-DD>.jsonl    cosigned checkpoints of a day, which date the entries below them

Verifier keys are not served here: a key that comes from the place it is to check proves nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, abort

from dashboard.packing import pack
from ledger.published.cosigned import ENTRIES_PUBLISHED, POLICY
from ledger.published.history import FOLDER as WITNESSED
from ledger.published.source import FolderSource, SourceError
from ledger.tlog.checkpoint import read_unverified
from ledger.tlog.note import MAX_NOTE_BYTES
from ledger.tlog.policy import MAX_POLICY_BYTES
from ledger.tlog.tiles import ENTRIES, MAX_BUNDLE_BYTES, TILE_BYTES, WIDTH, Tile, TileError, hash_count

BRIEF = "public, max-age=2"  # tlog-tiles: "its headers SHOULD prevent caching beyond a few seconds"
FOREVER = "public, max-age=31536000, immutable"  # tlog-tiles: "its caching headers SHOULD be long-lived"
NEVER = "no-store"
TEXT = "text/plain; charset=utf-8"
_DAY_FILE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl")
_MOST_DAY_BYTES = 50_000_000  # a line in ten minutes, each with a signed note
_NUMBER_BYTES = 100


def log_blueprint(folder: Path) -> Blueprint:
    """Serve the published log in `folder` (HOME/log) under /log, read-only, to any origin.

    Anything but a published file at its one canonical path answers 404 (405 for other methods than GET and
    HEAD), and that answer is not cached: what is not published yet may be in a moment.
    """
    door = Blueprint("log", __name__, url_prefix="/log")
    source = FolderSource(folder)

    @door.get("/checkpoint")
    def checkpoint() -> Response:
        return _answer(_file_or_404(source, "checkpoint", MAX_NOTE_BYTES), TEXT, BRIEF)

    @door.get(f"/{POLICY}")
    def policy() -> Response:
        return _answer(_file_or_404(source, POLICY, MAX_POLICY_BYTES), TEXT, BRIEF)

    @door.get(f"/{ENTRIES_PUBLISHED}")
    def entries_published() -> Response:
        return _answer(_file_or_404(source, ENTRIES_PUBLISHED, _NUMBER_BYTES), TEXT, BRIEF)

    @door.get(f"/{WITNESSED}/<name>", merge_slashes=False)
    def witnessed(name: str) -> Response:
        if not _DAY_FILE.fullmatch(name):
            abort(404)
        data = _file_or_404(source, f"{WITNESSED}/{name}", _MOST_DAY_BYTES)
        return pack(_answer(data, "application/x-ndjson", BRIEF))

    # A merged slash would be a second path to one tile, by a redirect.
    @door.get("/tile/<path:name>", merge_slashes=False)
    def tile(name: str) -> Response:
        wanted = _canonical_or_404(f"tile/{name}")
        if not _is_signed(wanted, _file_or_404(source, "checkpoint", MAX_NOTE_BYTES)):
            abort(404)
        most = MAX_BUNDLE_BYTES if wanted.level == ENTRIES else TILE_BYTES
        return _tile_answer(wanted, _file_or_404(source, wanted.path, most))

    @door.after_request
    def open_to_any_origin(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", NEVER)
        return response

    return door


def _file_or_404(source: FolderSource, path: str, limit: int) -> bytes:
    try:
        return source.read(path, limit)
    except SourceError:
        abort(404)


def _canonical_or_404(path: str) -> Tile:
    try:
        return Tile.parse(path)
    except TileError:
        abort(404)


def _is_signed(tile: Tile, checkpoint: bytes) -> bool:
    """Whether the published checkpoint covers this tile.

    Files are written before the checkpoint that needs them. Served between the two as immutable, one could
    outlive in a cache a crash after which the log went on differently.
    """
    try:
        size = read_unverified(checkpoint).size
    except ValueError:  # a damaged checkpoint claims nothing
        return False
    return tile.index * WIDTH + tile.width <= hash_count(size, tile.level)


def _tile_answer(tile: Tile, data: bytes) -> Response:
    """Hashes as they are; bundles SHOULD be compressed (tlog-tiles, "Log entries"), here if asked for."""
    if tile.level != ENTRIES:
        return _answer(data, "application/octet-stream", FOREVER)
    return pack(_answer(data, "application/octet-stream", FOREVER))


def _answer(data: bytes, content_type: str, caching: str) -> Response:
    return Response(data, content_type=content_type, headers={"Cache-Control": caching})
