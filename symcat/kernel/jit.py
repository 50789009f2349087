"""From text to machine code: a module file under the cache folder, compiled by Numba, whose own cache then works across processes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import numpy as np

from symcat.errors import ValidationError
from symcat.kernel.cache import Sealed, digest, read, tell

# No operation is fused, reordered or dropped: what stands in the text is what is computed, by however many threads.  It costs nothing,
# for products fuse explicitly.
FASTMATH = False


@cache
def build() -> str:
    """A digest of what turns a text into machine code: the primitives, the compiler's version and the processor."""
    import llvmlite
    import numba

    from symcat.kernel.tiles import fingerprint
    from symcat.kernel.tiles.host import host

    return digest(f"{fingerprint()} {numba.__version__} {llvmlite.__version__} {host().name}")


class _Generated(SourceFileLoader):
    """Runs the text that it was given: bytecode that lies beside the file is neither read nor written."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.text.encode(), self.path)


def load(path: Path, text: str) -> ModuleType:
    """The module of a generated file, which must still hold the given text."""
    if read(path) != text:
        raise ValidationError(f"{path} no longer holds the text that was validated: delete it and compile again")
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
    import numba

    module = load(path, text)
    options = {"error_model": "numpy", "fastmath": FASTMATH, "no_cfunc_wrapper": True, "nogil": True}
    real = numba.from_dtype(np.dtype(dtype))
    vector, table = numba.types.Array(real, 1, "C"), numba.types.Array(real, 2, "C")
    together = (numba.types.Array(numba.int64, 1, "C"), numba.int64, numba.int64) if threads > 1 else ()
    return cached(module.epoch, numba.void(vector, vector, *together, *[table] * data), options)


def cached(function: Callable[..., None], signature: object, options: Mapping[str, object]) -> Callable[..., None]:
    """Machine code of a module's function for a signature, from the cache or into it."""
    import numba

    path = Path(function.__code__.co_filename)
    try:
        kept = numba.njit(**options, cache=True)(function)
    except RuntimeError:
        tell(f"no folder for the machine code of {path} can be written: it is compiled again in every run")
        return numba.njit(signature, **options)(function)
    sealed = Sealed(Path(kept.stats.cache_path), path.stem)
    with sealed.alone():
        sealed.check()
        try:
            kept.compile(signature)
        except OSError as error:
            tell(f"the machine code of {path} cannot be kept ({error.strerror or error}): it is compiled again in every run")
            return numba.njit(signature, **options)(function)
        if sum(kept.stats.cache_misses.values()):
            sealed.seal()
    kept.disable_compile()
    return kept
