"""JSON results: to a file, written as a whole or not at all, or to standard output."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symcat.errors import UsageError


def check_destination(destination: str | None) -> None:
    """UsageError, before any work is done, when the file could not be written."""
    if destination in (None, "-"):
        return
    folder = Path(destination).resolve().parent
    if Path(destination).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"--json {destination}: cannot be written; give a file in an existing folder, or - for standard output")


def write_json(destination: str | None, data: Mapping[str, Any]) -> None:
    """The data as JSON, to standard output for `-`; nothing without a destination."""
    if destination is None:
        return
    text = json.dumps(data, indent=1, allow_nan=False) + "\n"
    if destination == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_text(Path(destination), text)


def write_text(path: Path, text: str) -> None:
    """Write a file atomically: a reader sees the old file or the whole new one."""
    handle, temporary = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
