"""Putting files in place so that a reader, or a crash, sees each whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

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
            _sync(aside)
        touched: set[Path] = set()
        for aside, target in self._waiting:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside, target)
            touched.update(self._parents(target))
        for folder in touched:
            _sync(folder)
        self._waiting.clear()

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._aside, ignore_errors=True)

    def _parents(self, target: Path) -> list[Path]:
        """The folders from the file's own up to the log's: any of them may have a new name in it."""
        return [folder for folder in target.parents if folder.is_relative_to(self._folder)]


def _sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
