"""`symcat verify`: check a certificate again."""

from __future__ import annotations

import argparse
from pathlib import Path

from symcat.commands.report import UNEXPECTED, check_destination, write_json
from symcat.errors import UsageError
from symcat.prove.certificate import recheck
from symcat.show.screen import screen


def run(arguments: argparse.Namespace) -> int:
    """Re-check, print, report; exit code 1 when the certificate does not hold."""
    check_destination(arguments.json)
    if not Path(arguments.file).is_file():
        raise UsageError(f"{arguments.file} does not exist: give a certificate, as written to symcat-out/certificates")
    found = recheck(arguments.file)
    console = screen(to_stderr=arguments.json == "-")
    word, style = ("holds", "green") if found.ok else ("DOES NOT HOLD", "bold red")
    console.print(f"{found.file} {word}: {found.why}", style=style, markup=False)
    write_json(arguments.json, {"file": found.file, "ok": found.ok, "why": found.why})
    return 0 if found.ok else UNEXPECTED
