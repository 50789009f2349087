"""The folder of generated programs, their machine code and their validations: used when it can be, never trusted, never in the way.

A file that cannot be written goes to a folder of this process; one that is not what was written there is replaced, and so is
machine code whose seal, the digests of its files, does not fit.  Each is told by a `CacheWarning` that names the path.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from symcat.errors import CacheWarning
from symcat.prove.record import write_atomically

PATIENCE = 60.0    # seconds to wait for another process that compiles the same program
PAUSE = 0.05


def cache_folder() -> Path:
    """Where generated programs are kept: $SYMCAT_CACHE, or `symcat` under $XDG_CACHE_HOME or ~/.cache."""
    given = os.environ.get("SYMCAT_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symcat"


@cache
def _own() -> tempfile.TemporaryDirectory:
    """A folder of this process, removed at its end."""
    return tempfile.TemporaryDirectory(prefix="symcat_", ignore_cleanup_errors=True)


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, text: str, named: bool = True) -> Path:
    """The path of a file with a text: the one that is asked for, or one of this process where that cannot be written.

    A file that has this text already is left alone, so that what was compiled from it stays valid; one with another text is
    told, unless it is not `named` after its text.
    """
    found = read(path)
    if found == text:
        return path
    if named and found is not None:
        tell(f"{path} is not what was written there: it is written again")
    try:
        write_atomically(path, text)
    except OSError as error:
        tell(f"{path} cannot be written ({error.strerror or error}): nothing is kept for later runs; set SYMCAT_CACHE to a folder that "
             "can be written and has room")
        path = Path(_own().name) / path.name
        write_atomically(path, text)
    return path


def read(path: Path) -> str | None:
    """The text of a file; None when there is none, the empty text when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return ""


def recall(path: Path) -> dict | None:
    """The JSON object in a file; None when there is none, which is told when there is a file all the same."""
    text = read(path)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        tell(f"{path} is damaged: what it held is done again")
        with suppress(OSError):
            path.unlink()
        return None
    return found


def write_record(path: Path, record: Mapping[str, object]) -> Path:
    """Write a JSON object, which `recall` finds."""
    return write(path, json.dumps(record, indent=1) + "\n", named=False)


def tell(message: str) -> None:
    warnings.warn(message, CacheWarning, stacklevel=3)


# ---- machine code

class Sealed:
    """The files of one program's machine code, in the folder where the compiler keeps them."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder, self.stem = folder, stem

    @property
    def files(self) -> list[Path]:
        return sorted(path for kind in ("nbi", "nbc") for path in self.folder.glob(f"{self.stem}.*.{kind}"))

    @property
    def path(self) -> Path:
        return self.folder / f"{self.stem}.seal.json"

    def check(self) -> None:
        """Remove machine code that is not what was sealed, or was never sealed, so that it is made again."""
        files = self.files
        if not files:
            return
        seal = read(self.path)
        if seal is not None and seal == self._seal():
            return
        if seal is not None:
            tell(f"the machine code {self.folder / self.stem}.* is damaged: it is compiled again")
        for path in [*files, self.path]:
            with suppress(OSError):
                path.unlink()

    def seal(self) -> None:
        """Record the digests of the files as they are now."""
        with suppress(OSError):
            write_atomically(self.path, self._seal())

    def _seal(self) -> str:
        found = {}
        for path in self.files:
            try:
                found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                found[path.name] = "unreadable"
        return json.dumps(found, indent=1) + "\n"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process or thread at a time, where the system has locks on files; others wait, though not for ever."""
        try:
            handle = (self.folder / f"{self.stem}.lock").open("w")
        except OSError:
            yield
            return
        with handle:
            _lock(handle.fileno())
            yield


def _lock(handle: int) -> None:
    """Take the lock of an open file, which goes with it; go on without one after a while, or where there are none."""
    try:
        import fcntl
    except ImportError:
        return
    stop = time.monotonic() + PATIENCE
    while time.monotonic() < stop:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(PAUSE)
        except OSError:
            return
