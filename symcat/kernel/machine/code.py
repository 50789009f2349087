"""Machine code of a program: made by LLVM for this processor, kept as an object file, loaded and called without Numba."""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np

from symcat.errors import ValidationError
from symcat.kernel.tiles.host import host, target
from symcat.prove.record import write_atomically


@cache
def _start() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def machine() -> llvm.TargetMachine:
    """The processor for which code is made; an engine owns the one that it is given."""
    _start()
    processor, features = target(host().name)
    made = llvm.Target.from_triple(llvm.get_process_triple())
    reloc = "static" if made.name.startswith("x86") else "default"
    return made.create_target_machine(cpu=processor, features=features, opt=3, reloc=reloc, codemodel="jitdefault", jit=True)


def object_code(text: str, dtype: str, threads: int) -> bytes:
    """The object file of a program's text."""
    from symcat.kernel.machine.program import arguments_of, module

    made = module(text, dtype, threads, arguments_of(text), llvm.get_process_triple())
    processor = machine()
    made.data_layout = str(processor.target_data)
    try:
        parsed = llvm.parse_assembly(str(made))
        parsed.verify()
    except RuntimeError as error:
        raise ValidationError(f"the text is not a program: {error}") from error
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = False
    options.loop_unrolling = False
    passes = llvm.create_pass_builder(processor, options)
    passes.getModulePassManager().run(parsed, passes)
    return processor.emit_object(parsed)


def identity() -> str:
    """What machine code is made for, in words."""
    return f"{llvm.llvm_version_info} {' '.join(target(host().name))}"


class Loaded:
    """An object file in memory, whose function is called with arrays; `kept` says that it was compiled by an earlier run."""

    def __init__(self, code: bytes, dtype: str, threads: int, data: int, kept: bool = False) -> None:
        self.kept = kept
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(f'target triple = "{llvm.get_process_triple()}"'), machine())
        self._engine.set_object_cache(None, lambda module: code)
        self._engine.finalize_object()
        self.dtype, self.threads = np.dtype(dtype), threads
        word, thing = ctypes.c_int64, ctypes.py_object if _data_follows_the_head() else ctypes.c_void_p
        name = "epoch_of_objects" if thing is ctypes.py_object else "epoch"
        together = [thing, word, word] if threads > 1 else []
        kind = ctypes.CFUNCTYPE(None, thing, thing, word, *together, *[thing, word] * data)
        self._call = kind(self._engine.get_function_address(name))
        self._given = (lambda array: array) if thing is ctypes.py_object else lambda array: array.ctypes.data

    def __call__(self, arena: np.ndarray, losses: np.ndarray, *rest: object) -> None:
        """Run the program: `(arena, losses, [words, me, n,] data...)`, contiguous arrays of its dtype.  The GIL is not held."""
        given = [self._given(arena), self._given(losses), losses.shape[0]]
        tables = rest
        if self.threads > 1:
            words, me, count, *tables = rest
            given += [self._given(words), me, count]
        for table in tables:
            given += [self._given(table), table.shape[1]]
        self._call(*given)


@cache
def _data_follows_the_head() -> bool:
    """Whether an array object has the address of its data right behind the head of all Python objects."""
    arrays = [np.zeros(3), np.zeros((2, 2), np.float32)[1:]]
    return all(ctypes.c_void_p.from_address(id(array) + object.__basicsize__).value == array.ctypes.data for array in arrays)


# ---- object files

def keep(path: Path, key: str, code: bytes) -> None:
    """Write machine code with its key and its digest; OSError when that is not possible."""
    write_atomically(path, f"{key}\n{hashlib.sha256(code).hexdigest()}\n".encode() + code)


def recall(path: Path, key: str) -> bytes | None:
    """The machine code that was kept under a key; None when there is none; ValueError when the file is not what was written."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    found, seal, code = (*kept.split(b"\n", 2), b"", b"")[:3]
    if seal.decode("ascii", "replace") != hashlib.sha256(code).hexdigest():
        raise ValueError(f"the machine code {path} is damaged")
    return code if found.decode("ascii", "replace") == key else None
