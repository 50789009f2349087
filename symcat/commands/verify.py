"""`symcat verify`: check a certificate, or a stamped kernel file with its certificates, again."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from symcat.commands.report import UNEXPECTED, check_destination, write_json
from symcat.errors import SymcatError, UsageError
from symcat.prove.certificate import Recheck, recheck
from symcat.show.screen import screen


def recheck_file(path: Path) -> Recheck:
    """A kernel by its ending, anything else as a certificate."""
    if path.suffix != ".py":
        return recheck(path)
    try:
        return Recheck(str(path), True, import_module("symcat.kernel.verify").recheck_kernel(path, recheck))
    except SymcatError as error:
        return Recheck(str(path), False, str(error))


def run(arguments: argparse.Namespace) -> int:
    """Re-check, print, report; exit code 1 when the certificate does not hold."""
    check_destination(arguments.json)
    if not Path(arguments.file).is_file():
        raise UsageError(f"{arguments.file} does not exist: give a kernel or a certificate, as written to symcat-out/")
    found = recheck_file(Path(arguments.file))
    console = screen(to_stderr=arguments.json == "-")
    word, style = ("holds", "green") if found.ok else ("DOES NOT HOLD", "bold red")
    console.print(f"{found.file} {word}: {found.why}", style=style, markup=False)
    write_json(arguments.json, {"file": found.file, "ok": found.ok, "why": found.why})
    return 0 if found.ok else UNEXPECTED
