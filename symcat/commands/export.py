"""`symcat export`: a rule as code to take home, stamped with the certificate that it is the rule."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from symcat.commands.report import AS_EXPECTED, UNKNOWN, check_destination, write_json
from symcat.errors import UsageError
from symcat.interop.export import exported
from symcat.interop.rules import read
from symcat.prove.record import write_atomically
from symcat.show.screen import screen


def run(arguments: argparse.Namespace) -> int:
    """Write the module, or print it; 3, and no module, when it is not proved to be the rule, unless that is asked for."""
    check_destination(arguments.json)
    out = _place(arguments.out)
    rule = read(arguments.target)
    found = exported(rule, arguments.to)
    given = found.verdict.proved or arguments.unproved
    console = screen(to_stderr=True)
    if not given:
        console.print(f"{rule.name} to {arguments.to}: {found.verdict}; --unproved writes it all the same", markup=False)
    elif out is not None:
        write_atomically(out, found.text)
        console.print(f"{out}: {rule.name} for {arguments.to}, {'the same program' if found.identical else found.verdict}", markup=False)
    elif arguments.json != "-":
        print(found.text, end="")
    write_json(arguments.json, {
        "target": arguments.target, "to": arguments.to, "rule": rule.step().digest, "verdict": found.verdict.status,
        "method": found.verdict.method, "identical": found.identical, "premises": list(found.verdict.premises),
        "certificate": (found.verdict.certificate or {}).get("digest"), "file": str(out) if out and given else None,
        "source": found.text if given else None, "notes": list(rule.notes)})
    return AS_EXPECTED if found.verdict.proved else UNKNOWN


def _place(out: str | None) -> Path | None:
    """Where the module is written; UsageError, before any work, when it cannot be."""
    if out is None:
        return None
    path = Path(out)
    folder = path.resolve().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"--out {out}: cannot be written; give a file in an existing folder")
    return path
