"""From text to machine code: a module file under the cache folder, compiled by Numba, whose own cache then works across processes."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from symcat.errors import UsageError, ValidationError
from symcat.prove.record import write_atomically

# `contract` lets a multiplication and an addition become one fused operation; it changes no NaN and no infinity.
FASTMATH = {"contract"}


def cache_folder() -> Path:
    """Where generated programs are kept: $SYMCAT_CACHE, or `symcat` under $XDG_CACHE_HOME or ~/.cache."""
    given = os.environ.get("SYMCAT_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symcat"


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, text: str) -> Path:
    """Write a file at once or not at all; one that has this text already is left alone, so that what was compiled from it stays valid."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return path
    try:
        write_atomically(path, text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; set SYMCAT_CACHE to a folder that can be written") from None
    return path


def load(path: Path, text: str) -> ModuleType:
    """The module of a generated file, which must still hold the given text."""
    if path.read_text(encoding="utf-8") != text:
        raise ValidationError(f"{path} no longer holds the text that was validated: delete it and compile again")
    spec = importlib.util.spec_from_file_location(f"symcat_generated_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module     # where Numba looks for it when it loads machine code from its cache
    spec.loader.exec_module(module)
    return module


def compiled(path: Path, text: str, data: int, dtype: str) -> Callable[..., None]:
    """`epoch` of a generated module as machine code for arrays of a dtype; `data` is the number of data arrays."""
    import numba

    module = load(path, text)
    options = {"error_model": "numpy", "fastmath": FASTMATH, "no_cfunc_wrapper": True, "nogil": True}
    for name in sorted(vars(module)):
        if name.startswith("f_"):
            setattr(module, name, numba.njit(**options, no_cpython_wrapper=True)(getattr(module, name)))
    real = numba.from_dtype(module.real)
    vector, table = numba.types.Array(real, 1, "C"), numba.types.Array(real, 2, "C")
    integers = numba.types.Array(numba.int64, 1, "C")
    signature = numba.void(vector, integers, vector, *[table] * data)
    return numba.njit(signature, **options, cache=True)(module.epoch)
