"""Proofs modules: Python files, one for each topic, that say in their docstring what they are about and export `CLAIMS`."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from symcat.errors import SymcatError, UsageError
from symcat.prove.cache import Store, digest_of, module_key
from symcat.prove.claim import Claim

IMPORTED: dict[Path, str] = {}    # the sources that a folder had when modules of it were imported
LISTED = ("name", "statement", "source", "expected", "equality")


@dataclass(frozen=True)
class ProofsModule:
    """A topic with its claims, and a digest of the file and its neighbours."""

    path: Path
    statement: str
    claims: tuple[Claim, ...]
    sources: str

    @property
    def topic(self) -> str:
        return self.path.stem

    def claim(self, name: str) -> Claim:
        return next(claim for claim in self.claims if claim.name == name)


def find(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """The files that paths mean: a file is itself, a folder the Python files in and below it whose names do not start with _."""
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            files = sorted(file for file in path.rglob("*.py") if not file.name.startswith("_"))
            if not files:
                raise UsageError(f"{path} holds no proofs: expected Python files that export CLAIMS")
        elif path.is_file() and path.suffix == ".py":
            files = [path]
        else:
            raise UsageError(f"{path}: expected a folder of proofs or a Python file that exports CLAIMS")
        found |= dict.fromkeys(file.resolve() for file in files)
    return tuple(found)


def listed(path: Path, store: Store) -> ProofsModule:
    """A proofs module as `load` has it, without running it where the store knows what these very sources export.

    The goal of such a claim runs the module.
    """
    sources = _sources(path)
    key = module_key(sources, path.stem)
    try:
        known = store.listing(key)
        claims = tuple(Claim(row["name"], row["statement"], row["source"], partial(_goal, path, sources, row["name"]), row["expected"],
                             row["equality"]) for row in known["claims"])
        return ProofsModule(path, known["statement"], claims, sources)
    except (TypeError, KeyError, SymcatError):
        module = loaded(path, sources)
        rows = [{field: getattr(claim, field) for field in LISTED} for claim in module.claims]
        store.put_listing(key, {"statement": module.statement, "claims": rows})
        return module


def load(path: Path) -> ProofsModule:
    """Run a proofs module, unless it was run as it is now, and check what it exports."""
    return loaded(path, _sources(path))


def _goal(path: Path, sources: str, name: str) -> object:
    return loaded(path, sources).claim(name).goal()


def _sources(path: Path) -> str:
    """A digest of the file and its neighbours."""
    return digest_of(path.parent.glob("*.py"), path.parent)


def _forget(folder: Path, sources: str) -> None:
    """Modules of the folder that were imported when it had other sources are imported again."""
    if IMPORTED.setdefault(folder, sources) != sources:
        for name in [name for name, module in sys.modules.items() if Path(getattr(module, "__file__", None) or "/").parent == folder]:
            del sys.modules[name]
        importlib.invalidate_caches()
        IMPORTED[folder] = sources


@cache
def loaded(path: Path, sources: str) -> ProofsModule:
    """Run a proofs module with these sources and check what it exports; UsageError names the file and what is wrong with it."""
    if _sources(path) != sources:
        raise UsageError(f"{path} or a file beside it was changed in the meantime: run the campaign again")
    _forget(path.parent, sources)
    name = f"symcat_proofs_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, tuple) or not all(isinstance(claim, Claim) for claim in claims):
        raise UsageError(f"{path} exports no CLAIMS: expected a tuple of claims of that name")
    names = [claim.name for claim in claims]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{path} has two claims called {twice[0]!r}: give each its own name")
    return ProofsModule(path, (module.__doc__ or "").strip(), claims, sources)
