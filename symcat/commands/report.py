"""JSON results: to a file, written as a whole or not at all, or to standard output; and the exit code that they imply."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symcat.errors import UsageError

AS_EXPECTED, UNEXPECTED, UNKNOWN, INTERRUPTED = 0, 1, 3, 130


def check_destination(destination: str | None, option: str = "--json") -> None:
    """UsageError, before any work is done, when the file could not be written."""
    if destination in (None, "-"):
        return
    folder = Path(destination).resolve().parent
    if Path(destination).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{option} {destination}: cannot be written; give a file in an existing folder, or - for standard output")


def write_json(destination: str | None, data: Mapping[str, Any]) -> None:
    """The data as JSON, to standard output for `-`; nothing without a destination."""
    if destination is not None:
        write_text(destination, json.dumps(data, indent=1, allow_nan=False) + "\n")


def write_text(destination: str, text: str) -> None:
    """A text, to standard output for `-`."""
    from symcat.prove.record import write_atomically

    if destination == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_atomically(Path(destination), text)


def exit_code(records: Sequence[Mapping[str, Any]]) -> int:
    """1 when a verdict is the opposite of what was expected, else 3 when one is unknown, else 0."""
    if any(record["verdict"] != "unknown" and record["expected"] not in ("either", record["verdict"]) for record in records):
        return UNEXPECTED
    if any(record["verdict"] == "unknown" != record["expected"] for record in records):
        return UNKNOWN
    return AS_EXPECTED
