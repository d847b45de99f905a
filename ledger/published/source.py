"""Where published files are read from: a folder or an http(s) address, within limits of size and time."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import zlib
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.note import MAX_NOTE_BYTES
from ledger.tlog.tiles import ENTRIES, MAX_BUNDLE_BYTES, TILE_BYTES, WIDTH, Tile

TIMEOUT_SECONDS = 20.0
_CHUNK_BYTES = 1 << 16


class SourceError(Exception):
    """A file that could not be had; the message is one sentence that names it."""


class MissingError(SourceError):
    """A file that is not there."""


class TileSource(Protocol):
    """Published files by their path below the log's prefix."""

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a file, at most `limit`. Raises SourceError (MissingError if there is none)."""
        ...


class FolderSource:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str, limit: int) -> bytes:
        """See TileSource."""
        target = self.folder / path
        try:
            if not target.is_file():
                raise MissingError(f"{path} is missing")
            with target.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}") from None
        if len(data) > limit:
            raise SourceError(f"{path} is longer than {limit} bytes")
        return data


class HttpSource:
    """The files below an http(s) address; each is fetched within `timeout_seconds` in all."""

    def __init__(self, address: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.address = address.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self._opener = urllib.request.build_opener(_SameSchemes)

    def read(self, path: str, limit: int) -> bytes:
        """See TileSource."""
        deadline = time.monotonic() + self.timeout_seconds
        try:
            # tlog-tiles, "Log entries": a log may answer with gzip, clients should say that they take it.
            request = urllib.request.Request(
                f"{self.address}/{path}", headers={"Accept-Encoding": "gzip, identity"}
            )
            with self._opener.open(request, timeout=self.timeout_seconds) as answer:
                packed = (answer.headers.get("Content-Encoding") or "identity").strip().lower()
                return self._receive(answer, path, limit, deadline, packed)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                raise MissingError(f"{path} is missing (HTTP {error.code})") from None
            raise SourceError(f"{path} cannot be fetched: HTTP {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise SourceError(f"{path} cannot be fetched: {reason}") from None

    @staticmethod
    def _receive(answer: HTTPResponse, path: str, limit: int, deadline: float, packed: str) -> bytes:
        """Read the body, never more than `limit` bytes of it unpacked, and not beyond the deadline."""
        if packed not in ("identity", "gzip"):
            raise SourceError(f"{path} came in an encoding that was not asked for: {packed}")
        unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None
        data = bytearray()
        try:
            while chunk := answer.read1(_CHUNK_BYTES):  # what has come: read() would wait for all
                data += unpack.decompress(chunk, limit + 1 - len(data)) if unpack else chunk
                if len(data) > limit:
                    raise SourceError(f"{path} is longer than {limit} bytes")
                if time.monotonic() > deadline:
                    raise SourceError(f"{path} did not arrive in time")
        except zlib.error:
            raise SourceError(f"{path} is not valid gzip") from None
        if unpack and not unpack.eof:
            raise SourceError(f"{path} is a truncated gzip stream")
        return bytes(data)


class _SameSchemes(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only: urllib by itself would follow one to ftp."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise urllib.error.URLError("redirected to something other than http or https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_source(base: str | Path, timeout_seconds: float = TIMEOUT_SECONDS) -> TileSource:
    """The source for an http(s) address, or else for a folder."""
    if isinstance(base, str) and base.lower().startswith(("http://", "https://")):
        return HttpSource(base, timeout_seconds)
    return FolderSource(Path(base))


def read_checkpoint(source: TileSource) -> bytes:
    """The signed checkpoint's bytes. Raises SourceError."""
    return source.read("checkpoint", MAX_NOTE_BYTES)


def read_hashes(source: TileSource, tile: Tile) -> bytes:
    """The bytes of a hash tile, exactly as wide as named. Raises SourceError."""
    path, data = _read_tile(source, tile, TILE_BYTES)
    width = WIDTH if path == tile.full.path else tile.width
    if len(data) != width * HASH_SIZE:
        raise SourceError(f"{path} is {len(data)} bytes long, not {width * HASH_SIZE}")
    return data[: tile.width * HASH_SIZE]


def read_bundle(source: TileSource, tile: Tile) -> tuple[str, bytes]:
    """Path and bytes of an entry bundle; those of the full one where the partial one is gone. SourceError."""
    return _read_tile(source, Tile(ENTRIES, tile.index, tile.width), MAX_BUNDLE_BYTES)


def _read_tile(source: TileSource, tile: Tile, limit: int) -> tuple[str, bytes]:
    """tlog-tiles, "Partial Tiles": a partial tile may be deleted once the full one is there."""
    try:
        return tile.path, source.read(tile.path, limit)
    except MissingError:
        if tile.width == WIDTH:
            raise
        try:
            return tile.full.path, source.read(tile.full.path, limit)
        except MissingError:
            raise MissingError(f"{tile.path} is missing") from None
