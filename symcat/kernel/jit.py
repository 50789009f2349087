"""From text to machine code: a module file under the cache folder, and beside it the machine code, found again by other processes.

The program of a generated module is compiled by `machine`, straight to LLVM.  SYMCAT_COMPILER=numba has the whole module compiled by
Numba instead, in every process anew; that takes several times as long, and gives the same results, bit for bit.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.metadata import version
from pathlib import Path
from types import CodeType, ModuleType

import numpy as np

from symcat.errors import ValidationError
from symcat.kernel.cache import digest, read, tell
from symcat.kernel.emit import MARK
from symcat.kernel.tiles import force

# No operation is fused, reordered or dropped: what stands in the text is what is computed, by however many threads.  It costs nothing,
# for products fuse explicitly.
FASTMATH = False
# What portable programs begin with, which have no primitives in LLVM.
PORTABLE = "from symcat.kernel.tiles.portable import namespace"


@cache
def build() -> str:
    """A digest of what turns a text into machine code: the primitives, the compiler's version and the processor."""
    from symcat.kernel.machine.code import identity
    from symcat.kernel.tiles import fingerprint
    from symcat.kernel.tiles.host import host

    return digest(f"{fingerprint()} {version('numba')} {version('llvmlite')} {host().name} {identity()}")


class _Generated(SourceFileLoader):
    """Runs the text that it was given: bytecode that lies beside the file is neither read nor written."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.text.encode(), self.path)


def _unchanged(path: Path, text: str) -> None:
    if read(path) != text:
        raise ValidationError(f"{path} no longer holds the text that was validated: delete it and compile again")


def load(path: Path, text: str) -> ModuleType:
    """The module of a generated file, which must still hold the given text."""
    _unchanged(path, text)
    name = f"symcat_generated_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_Generated(name, str(path), text))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module     # where Numba looks for it when it loads machine code from its cache
    spec.loader.exec_module(module)
    return module


def compiled(path: Path, text: str, data: int, dtype: str, threads: int = 1) -> Callable[..., None]:
    """`epoch` of a generated module as machine code for arrays of a dtype; `data` is the number of data arrays.

    A program for several threads takes their words, the number of the thread and how many there are.

    It releases the GIL, and keeps nothing between calls, so that threads may call it at once.
    """
    if os.environ.get("SYMCAT_COMPILER") != "numba" and PORTABLE not in text:
        _unchanged(path, text)
        return _by_machine(path, text[text.index(MARK):], data, dtype, threads)
    import numba

    force()
    module = load(path, text)
    options = {"error_model": "numpy", "fastmath": FASTMATH, "no_cfunc_wrapper": True, "nogil": True}
    real = numba.from_dtype(np.dtype(dtype))
    vector, table = numba.types.Array(real, 1, "C"), numba.types.Array(real, 2, "C")
    together = (numba.types.Array(numba.int64, 1, "C"), numba.int64, numba.int64) if threads > 1 else ()
    return numba.njit(numba.void(vector, vector, *together, *[table] * data), **options)(module.epoch)


def _by_machine(path: Path, program: str, data: int, dtype: str, threads: int) -> Callable[..., None]:
    """Machine code of a program, from the object file beside its text or into it."""
    from symcat.kernel.machine import code as machine

    kept, key = path.with_suffix(".o"), digest(f"{build()} {dtype} {threads} {program}")
    try:
        found = machine.recall(kept, key)
    except ValueError as error:
        tell(f"{error}: it is compiled again")
        found = None
    again = found is not None
    if not again:
        found = machine.object_code(program, dtype, threads)
        try:
            machine.keep(kept, key, found)
        except OSError as error:
            tell(f"the machine code {kept} cannot be kept ({error.strerror or error}): it is compiled again in every run")
    return machine.Loaded(found, dtype, threads, data, kept=again)
