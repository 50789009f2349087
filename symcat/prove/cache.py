"""Verdicts that are known already, one JSON file each, found by the content of what was decided and of what decided it.

Two levels.  A *goal key* covers the programs of the goal, the statement, the equality, and every source file of the engines; it
needs the goal to be built.  A *source key* covers a proofs module with its neighbours and all of symcat; it needs nothing but
the claim's name, so that an unchanged module is served at once.  What is expected of a claim is in neither.  The cache is
trusted like compiled bytecode: it belongs to the user.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import symcat
from symcat.category.serialise import canonical_json, content_digest
from symcat.errors import SymcatError, UsageError
from symcat.prove.claim import Claim, record, verdict_of
from symcat.prove.record import goal_data, write_atomically
from symcat.verdict import Verdict

ENGINES = ("category", "derivative", "laws", "prove")    # laws: the obligations of an induction
DEPENDENCIES = ("sympy", "z3-solver", "python-flint", "python-sat")
PACKAGE = Path(symcat.__file__).parent


def default_folder() -> Path:
    """`$SYMCAT_CACHE`, or `symcat` under $XDG_CACHE_HOME or ~/.cache."""
    given = os.environ.get("SYMCAT_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symcat"


class ReadOnly(UsageError):
    """The folder of verdicts cannot be written, and something has to be proved."""


@dataclass(frozen=True)
class Store:
    """A folder of verdicts and of the certificates that they refer to; verdicts that are older than `since` are not looked at."""

    folder: Path
    since: float = 0.0

    def fresh(self) -> Store:
        """The same folder, in which everything that is there now counts for nothing.

        The moment is that of the file system's own clock, which is coarser than the process's.
        """
        self.check()
        handle, path = tempfile.mkstemp(dir=self.certificates, prefix=".", suffix=".part")
        os.close(handle)
        now = os.stat(path).st_mtime
        os.unlink(path)
        return replace(self, since=now)

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    def get(self, key: str) -> Verdict | None:
        """The verdict under a key; None when there is none, or none that can be used."""
        try:
            verdict = verdict_of(self._read(self._path(key)))
        except (OSError, ValueError, KeyError, TypeError, SymcatError):
            return None
        if verdict.proved and not Path(verdict.certificate.get("path", "")).is_file():
            return None
        return verdict

    def check(self) -> None:
        """ReadOnly when no certificate can be written."""
        try:
            self.certificates.mkdir(parents=True, exist_ok=True)
            reason = "" if os.access(self.certificates, os.W_OK | os.X_OK) else "permission denied"
        except OSError as error:
            reason = str(error.strerror or error)
        if reason:
            raise ReadOnly(f"certificates cannot be written to {self.certificates}: {reason}; "
                           "set SYMCAT_CACHE to a folder that can be written")

    def put(self, key: str, claim: Claim, verdict: Verdict) -> None:
        """Keep a verdict, where the folder can be written."""
        with suppress(OSError):
            write_atomically(self._path(key), canonical_json(record(claim, verdict)) + "\n")

    def listing(self, key: str) -> dict | None:
        """What a proofs module exported, under a key of its sources; None when that is not known."""
        try:
            data = self._read(self._path(key, "modules"))
        except (OSError, ValueError):
            return None
        return data if isinstance(data, dict) else None

    def put_listing(self, key: str, data: Mapping[str, Any]) -> None:
        """Keep what a proofs module exports, where the folder can be written."""
        with suppress(OSError):
            write_atomically(self._path(key, "modules"), canonical_json(data) + "\n")

    def _read(self, path: Path) -> Any:
        """The content of a file that is not older than `since`; OSError or ValueError when there is none."""
        if self.since and path.stat().st_mtime < self.since:
            raise FileNotFoundError(path)
        return json.loads(path.read_text(encoding="utf-8"))

    def _path(self, key: str, kind: str = "verdicts") -> Path:
        return self.folder / kind / key[:2] / f"{key}.json"


def goal_key(claim: Claim, goal: object) -> str:
    """The key of a goal that is built."""
    return content_digest([goal_data(goal), claim.statement, claim.equality, engine_digest()])


def module_key(sources: str, topic: str) -> str:
    """The key of what a module exports."""
    return content_digest([sources, topic, package_digest()])


def source_key(sources: str, topic: str, claim: Claim) -> str:
    """The key of a claim of a module whose sources have a digest."""
    return content_digest([sources, topic, claim.name, claim.statement, claim.equality, package_digest()])


def digest_of(files: Iterable[Path], root: Path) -> str:
    """One digest for the names and contents of files."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path.relative_to(root).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@cache
def engine_digest() -> str:
    """What decides: sources under category, derivative, laws and prove, and the libraries that they rest on."""
    files = [path for part in ENGINES for path in (PACKAGE / part).rglob("*.py")]
    return content_digest([digest_of(files, PACKAGE), _environment()])


@cache
def package_digest() -> str:
    """All of symcat, and the libraries that it rests on."""
    return content_digest([digest_of(PACKAGE.rglob("*.py"), PACKAGE), _environment()])


def _environment() -> list[str]:
    found = [f"python {sys.version_info.major}.{sys.version_info.minor}"]
    for name in DEPENDENCIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} absent")
    return found
