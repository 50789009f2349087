"""Kernels of earlier runs, found again without deriving a step or lowering it.

A record stands under a key of all that a kernel depends on: model, loss, rate, optimiser, sizes, precision, threads, proofs, the
processor, the compiler's version and the text of symcat itself.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import sympy as sp

import symcat
from symcat.errors import ValidationError
from symcat.kernel import cache as files
from symcat.kernel import interface, jit
from symcat.kernel.compiler import Validation
from symcat.kernel.kernel import Kernel, Stamp
from symcat.kernel.program import TrainingStep
from symcat.kernel.threads.crew import processors
from symcat.kernel.validate import Compiled


class Remembered(Kernel):
    """A kernel whose step and program are made again only when someone asks for them, and then must give the same text."""

    def __init__(self, derive: Callable[[], TrainingStep], lower: Callable[[TrainingStep], Compiled], **fields: object) -> None:
        vars(self).update(fields, derive=derive, lower=lower)

    @cached_property
    def step(self) -> TrainingStep:
        return self.derive()

    @cached_property
    def work(self) -> Compiled:
        work = self.lower(self.step)
        docstring = ast.get_docstring(ast.parse(self.source), clean=False) or ""
        if self.step.step.digest != self.header.morphism or work.text.module(docstring.removesuffix("\n"), self.dtype) != self.source:
            raise ValidationError(f"{self.path} is not what this step compiles to: delete {files.cache_folder()} and compile again")
        return work


@cache
def source() -> str:
    """SHA-256 of symcat's own text."""
    found, folder = hashlib.sha256(), Path(symcat.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        found.update(f"{path.relative_to(folder).as_posix()} ".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def key_of(parts: Sequence[object]) -> str:
    """The key of a kernel that depends on these parts, and on what every kernel depends on."""
    everywhere = (source(), jit.build(), platform.python_version(), np.__version__, sp.__version__, processors())
    return files.digest("\n".join(map(repr, [*everywhere, *parts])))


def _record(key: str) -> Path:
    return files.cache_folder() / f"program_{key[:32]}.json"


def recall(key: str, derive: Callable[[], TrainingStep], lower: Callable[[TrainingStep], Compiled]) -> Kernel | None:
    """The kernel under a key; None when there is none, or not all of it."""
    record = files.recall(_record(key))
    if record is None or record.get("key") != key:
        return None
    try:
        face, validation, stamp = interface.read(record["interface"]), Validation(**record["validation"]), record["stamp"]
        header = Stamp(stamp["morphism"], tuple(map(tuple, stamp["certificates"])), stamp["proved"], tuple(stamp["missing"]))
        path, dtype, digest = files.cache_folder() / record["file"], record["dtype"], record["digest"]
    except (KeyError, TypeError):
        return None
    text = files.read(path)
    if text is None or files.digest(text) != digest:
        return None
    function = jit.compiled(path, text, len(face.data), dtype, face.threads)
    return Remembered(derive, lower, interface=face, dtype=dtype, source=text, digest=digest, path=path, header=header,
                      validation=validation, function=function)


def keep(key: str, kernel: Kernel) -> Kernel:
    """Remember a validated kernel whose file is in the cache folder."""
    if kernel.path.parent == files.cache_folder() and getattr(kernel.validation, "accuracy", ""):
        record = {"key": key, "file": kernel.path.name, "digest": kernel.digest, "dtype": kernel.dtype, "stamp": asdict(kernel.header),
                  "validation": asdict(kernel.validation), "interface": kernel.interface.record()}
        files.write_record(_record(key), record)
    return kernel
