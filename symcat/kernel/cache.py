"""The folder of generated programs, their machine code and their validations: used when it can be, never trusted, never in the way.

A file that cannot be written goes to a folder of this process; one that is not what was written there is replaced.  Each is told by
a `CacheWarning` that names the path.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from symcat.errors import CacheWarning
from symcat.prove.record import write_atomically


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
