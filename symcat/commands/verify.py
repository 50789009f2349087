"""`symcat verify`: check certificates, or stamped kernel files with their certificates, again."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from symcat.commands.report import UNEXPECTED, check_destination, write_json
from symcat.errors import SymcatError, UsageError
from symcat.prove.certificate import Recheck, recheck
from symcat.show.screen import screen

STRIDE = 100        # of many files progress is printed this often


def recheck_file(path: Path) -> Recheck:
    """A kernel or an export by its ending, anything else as a certificate."""
    if path.suffix != ".py":
        return recheck(path)
    try:
        exports = import_module("symcat.interop.export.stamp")
        if exports.stamped(path):
            return Recheck(str(path), True, exports.intact(path))
        return Recheck(str(path), True, import_module("symcat.kernel.verify").recheck_kernel(path, recheck))
    except SymcatError as error:
        return Recheck(str(path), False, str(error))


def run(arguments: argparse.Namespace) -> int:
    """Re-check, print, report; exit code 1 when a certificate does not hold."""
    check_destination(arguments.json)
    files = _files(arguments.file)
    console = screen(to_stderr=arguments.json == "-")
    found = []
    for path in files:
        found.append(one := recheck_file(path))
        if len(files) == 1 or not one.ok:
            console.print(f"{one.file} {'holds' if one.ok else 'DOES NOT HOLD'}: {one.why}", style=_style(one.ok), markup=False)
        elif len(found) % STRIDE == 0:
            console.print(f"{len(found)} of {len(files)} re-checked", markup=False)
    rows = [{"file": one.file, "ok": one.ok, "why": one.why} for one in found]
    held = sum(one.ok for one in found)
    if len(files) > 1:
        console.print(f"{held} of {len(files)} hold", style=_style(held == len(files)), markup=False)
        for why, count in Counter(one.why.split(";")[-1].strip() for one in found if one.ok).most_common():
            console.print(f"  {count}: {why}", markup=False)
    write_json(arguments.json, rows[0] if len(rows) == 1 else {"files": rows, "summary": {"total": len(rows), "ok": held}})
    return 0 if held == len(files) else UNEXPECTED


def _files(given: Sequence[str]) -> list[Path]:
    """The files that are named, and the certificates in the folders that are."""
    found: list[Path] = []
    for path in map(Path, given):
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.is_file() else []
        if not inside:
            why = "holds no certificate (.json)" if path.is_dir() else "does not exist"
            raise UsageError(f"{path} {why}: give kernels, certificates or folders of these, as written to symcat-out/")
        found += inside
    return found


def _style(ok: bool) -> str:
    return "green" if ok else "bold red"
