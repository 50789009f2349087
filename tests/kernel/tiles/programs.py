"""Small programs over the tile primitives, run as machine code and by the twin in floating point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numba
import numpy as np

from symcat.category.scalars import FLOAT, Floats
from symcat.kernel.tiles import namespace
from symcat.kernel.twins import Offset, Twin
from symcat.kernel.twins.grid import power

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Rounded(Floats):
    """Floating point of either precision, every operation rounded."""

    real: type = np.float64

    @property
    def dtype(self) -> type:
        return self.real

    def convert(self, value: object) -> object:
        return self.real(value)

    def integers(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values).astype(self.real)


def in_floats(dtype: str) -> Twin:
    """The twin of the primitives in floating point; of the element functions it has those that need no rounding."""
    real = np.dtype(dtype).type
    return Twin(
        Rounded(dtype, real), wrap=real, unwrap=real,
        primitives={"rational": lambda p, q: real(p / q), "infimum": lambda: real(-np.inf), "f_real": real},
        elements={**power(FLOAT.power), "pick": lambda v, a, x, y: np.where((v > a) | (np.isnan(v) & ~np.isnan(a)), x, y)},
        greater=lambda x, y: (x > y) | (np.isnan(x) & ~np.isnan(y)), quotient=np.divide, noise=lambda draw, size: draw.normal(size=size),
    )


@dataclass(frozen=True)
class Program:
    """The text of a function `run(A, B, R)` and the names of its primitives; `o_A`, `o_B`, `o_R` are addresses."""

    lines: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        return "def run(A, B, R):\n" + "".join(f"    {line}\n" for line in self.lines or ("pass",))

    def by_machine(self, dtype: str, inputs: tuple[np.ndarray, np.ndarray], size: int) -> np.ndarray:
        """What the compiled program leaves in R."""
        given, result = [array.astype(dtype) for array in inputs], np.zeros(size, dtype)
        compiled(self, dtype)(*given, result)
        return result

    def by_twin(self, twin: Twin, inputs: tuple[np.ndarray, np.ndarray], size: int) -> np.ndarray:
        """What the twin leaves in R."""
        space = {**twin.namespace(self.names), **{f"o_{name}": Offset(0, length, f"o_{name}")
                                                  for name, length in zip("ABR", [*map(len, inputs), size], strict=True)}}
        exec(self.text, space)
        zero = twin.scalars.convert(0)
        memories = [twin.memory(values) for values in (*inputs, [zero] * size)]
        with np.errstate(all="ignore"):
            space["run"](*memories)
        return memories[2].values

    def changed(self, line: str) -> Program:
        return replace(self, lines=(line,))


def compiled(program: Program, dtype: str, more: Mapping[str, object] | None = None) -> Callable:
    """The machine code of a program."""
    space = {**namespace(dtype, program.names), **{f"o_{name}": 0 for name in "ABR"}, **(more or {})}
    exec(program.text, space)
    real = numba.types.Array(numba.from_dtype(np.dtype(dtype)), 1, "C")
    return numba.njit(numba.void(real, real, real), error_model="numpy", fastmath={"contract"})(space["run"])


def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where two arrays have the same bits, or both NaN."""
    bits = {4: np.uint32, 8: np.uint64}[left.dtype.itemsize]
    return (left.view(bits) == np.ascontiguousarray(right, left.dtype).view(bits)) | (np.isnan(left) & np.isnan(right))


def numbers(draw: np.random.Generator, size: int) -> np.ndarray:
    """Random numbers of all sizes, among them both zeros, both infinities, and NaN."""
    values = draw.normal(size=size) * 10.0 ** draw.integers(-3, 4, size=size)
    places = draw.choice(size, size // 8, replace=False)
    values[places] = draw.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0], size // 8)
    return values.astype(np.float32).astype(np.float64)
