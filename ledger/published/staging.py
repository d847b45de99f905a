"""Putting files in place so that a reader, or a crash, sees each whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ledger.disk import sync

STAGING = ".staging"
BATCH_FILES = 256


class Staging:
    """New files of a folder: written aside, then made durable and renamed into place, a batch at a time.

    The kernel writes a batch out together, so that its fsyncs cost little more than one. A context manager:
    what is staged and not flushed when it ends is dropped, what a crash leaves aside the next use clears.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / STAGING
        self._waiting: list[tuple[Path, Path]] = []
        shutil.rmtree(self._aside, ignore_errors=True)
        self._aside.mkdir(parents=True)

    def write(self, path: str, data: bytes) -> None:
        """Stage a file at this path below the folder; it may be put in place at once or at `flush`."""
        aside = self._aside / str(len(self._waiting))
        aside.write_bytes(data)
        self._waiting.append((aside, self._folder / path))
        if len(self._waiting) >= BATCH_FILES:
            self.flush()

    def flush(self) -> None:
        """Put everything staged in place; when this returns, it is on disk."""
        for aside, _ in self._waiting:
            sync(aside)
        touched: set[Path] = set()
        for aside, target in self._waiting:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside, target)
        for parent in {target.parent for _, target in self._waiting}:
            touched.update(self._parents(parent))
        for folder in touched:
            sync(folder)
        self._waiting.clear()

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._aside, ignore_errors=True)

    def _parents(self, parent: Path) -> list[Path]:
        """The folders from a file's own up to the log's: any of them may have a new name in it."""
        return [folder for folder in (parent, *parent.parents) if folder.is_relative_to(self._folder)]


def put_in_place(target: Path, data: bytes | Iterable[bytes], mode: int = 0o644) -> None:
    """Write one file, in one piece or several, whole or not at all; when this returns, it is on disk under
    its name.

    For files with one writer at a time, whose folder is there: what a crash leaves aside, under a name with
    a dot, the next write of the same file replaces.
    """
    aside = target.with_name(f".{target.name}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines((data,) if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, target)
    sync(target.parent)
