"""Accuracy: the machine code against the reference interpreter, in arithmetic of 50 digits, in ulps.

An error is measured in units in the last place of the largest entry of its array: entries that cancel to nearly nothing
would otherwise tell about the step's conditioning, not about the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from mpmath import MPContext

from symcat.category.evaluate import evaluate
from symcat.category.objects import Objects
from symcat.category.scalars import FLOAT, Floats, Scalars, rational
from symcat.errors import DomainError, ValidationError
from symcat.kernel.kernel import Kernel

MP = MPContext()
MP.dps = 50
POINTS = 20_000
POISONED = 4        # inputs of a large step that get a NaN in turn
# The greatest errors that pass, relative to the largest entry: at random inputs, and at extreme ones, where steps are ill-conditioned.
RANDOM = {"float64": 1e-11, "float32": 1e-3}
EXTREME = {"float64": 1e-6, "float32": 1e-1}

Arrays = list[np.ndarray]


def _logistic(x: object) -> object:
    return 1 / (1 + MP.exp(-x))


def _logarithm(x: object) -> object:
    if x <= 0:
        raise DomainError(f"the logarithm of {x} is not a real number")
    return MP.log(x)


PRECISE_FUNCTIONS: dict[str, Callable] = {
    "exp": MP.exp, "log": _logarithm, "tanh": MP.tanh, "sin": MP.sin, "cos": MP.cos, "sigmoid": _logistic,
    "softplus": lambda x: MP.log1p(MP.exp(x)),
    "relu": lambda x: max(x, MP.zero), "step": lambda x: MP.mpf(x > 0), "absolute": abs, "sign": MP.sign,
    "maximum": lambda x, y: max(x, y), "minimum": lambda x, y: min(x, y), "equal": lambda x, y: MP.mpf(x == y),
    "where": lambda c, x, y: x if c != 0 else y, "detach": lambda x: x,
}


@dataclass(frozen=True)
class Precise(Objects):
    """Real numbers of 50 digits."""

    @property
    def table(self) -> Mapping[str, Callable]:
        return PRECISE_FUNCTIONS

    def convert(self, value: object) -> object:
        exact = rational(value)
        return MP.mpf(exact.numerator) / exact.denominator

    def scalar_power(self, base: object, exponent: object) -> object:
        power = self.convert(exponent) if isinstance(exponent, Fraction) else exponent
        if (base < 0 and power != int(power)) or (base == 0 and power < 0):
            raise DomainError(f"{base} to the power {power} is not a real number")
        return base**power

    def scalar_smooth(self, name: str, order: int, x: object) -> object:
        raise DomainError(f"{name} stands for an arbitrary function and has no value")


PRECISE = Precise("50 digits")


@dataclass(frozen=True)
class Singles(Floats):
    """IEEE single precision."""

    @property
    def dtype(self) -> type:
        return np.float32

    def array(self, values: object) -> np.ndarray:
        return super().array(values).astype(np.float32)


ROUNDED: dict[str, Scalars] = {"float64": FLOAT, "float32": Singles("float32")}


def accuracy_check(kernel: Kernel, seed: int = 0) -> str:
    """The greatest error of one step in ulps, in words; ValidationError when it exceeds what rounding explains."""
    precise = kernel.work.points <= POINTS
    worst, edge, compared = 0.0, 0.0, []
    for name, state, data in _cases(kernel, seed):
        expected = _reference(kernel, [*state, *data], PRECISE if precise else FLOAT)
        if expected is None:
            continue
        error = max(map(_error, _run(kernel, state, data), expected))
        bound = (RANDOM if name == "random" else EXTREME)[kernel.dtype]
        if not error <= bound and precise and name != "random" and _on_a_jump(kernel, [*state, *data], expected, bound):
            continue
        if not error <= bound:
            raise ValidationError(f"the compiled step differs from the interpreter by {error:.2g} of the largest entry at {name} inputs; "
                                  f"rounding explains up to {bound:.0e}")
        compared.append(name)
        worst, edge = (max(worst, error), edge) if name == "random" else (worst, max(edge, error))
    _check_nan(kernel, seed)
    eps = np.finfo(kernel.dtype).eps
    against = "50 digits" if precise else "float64"
    return (f"machine code: at most {worst / eps:.1f} ulp from {against} at random inputs, {edge / eps:.1f} at "
            f"{', '.join(sorted({*compared} - {'random'})) or 'no extreme'} inputs; NaN stays NaN")


def _shapes(kernel: Kernel) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    sizes = [tuple(map(int, wire.shape)) for wire in kernel.work.f.dom.types]
    return sizes[: kernel.step.states], sizes[kernel.step.states:]


def _cases(kernel: Kernel, seed: int) -> Iterator[tuple[str, Arrays, Arrays]]:
    """Inputs with a name: states are positive, so that running averages of squares are possible ones."""
    draw, (states, inputs) = np.random.default_rng(seed), _shapes(kernel)
    state = [draw.uniform(0.1, 1.0, shape).astype(kernel.dtype) for shape in states]
    data = [draw.normal(size=shape).astype(kernel.dtype) for shape in inputs]
    yield "random", state, data
    yield "random", [array[...] / 2 for array in state], [draw.uniform(0, 1, shape).astype(kernel.dtype) for shape in inputs]
    yield "zero", [np.zeros_like(array) for array in state], [np.zeros_like(array) for array in data]
    yield "large", state, [array * 1000 for array in data]
    yield "negative", state, [-np.abs(array) for array in data]


def _run(kernel: Kernel, state: Arrays, data: Arrays) -> Arrays:
    found, losses = kernel.epoch(state, *data)
    return [*found, losses]


def _reference(kernel: Kernel, inputs: Arrays, scalars: Scalars) -> Arrays | None:
    """The interpreter's outputs as float64; None where the step is not defined."""
    try:
        found = evaluate(kernel.work.f, inputs, scalars=scalars)
    except (DomainError, ZeroDivisionError, OverflowError):
        return None
    outputs = [np.asarray(array, dtype=object) if scalars is PRECISE else np.asarray(array) for array in found]
    return outputs if scalars is PRECISE or all(np.isfinite(array).all() for array in outputs) else None


def _on_a_jump(kernel: Kernel, inputs: Arrays, expected: Arrays, bound: float) -> bool:
    """Whether the interpreter itself misses the values of 50 digits when it rounds as the kernel does.

    A saturated tanh leaves a gradient of rounding errors alone, and sign and step of it are noise: such a point says nothing.
    """
    rounded = _reference(kernel, inputs, ROUNDED[kernel.dtype])
    return rounded is None or not max(map(_error, rounded, expected)) <= bound


def _error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The greatest difference, relative to the largest entry; the difference of two close floats is exact."""
    if np.asarray(theirs).dtype != object:
        mine, other = np.ravel(ours).astype(float), np.ravel(theirs).astype(float)
        if not np.isfinite(mine).all():
            return float("inf")
        largest, apart = np.abs(other).max(initial=0.0), np.abs(mine - other).max(initial=0.0)
        return float(apart / largest) if largest else float(apart)
    pairs = [(MP.mpf(float(a)), MP.mpf(b)) for a, b in zip(np.ravel(ours), np.ravel(theirs), strict=True)]
    if not all(MP.isfinite(a) for a, _ in pairs):
        return float("inf")
    scale = max([abs(b) for _, b in pairs], default=MP.zero)
    gap = max([abs(a - b) for a, b in pairs], default=MP.zero)
    return float(gap / scale) if scale else float(gap)


def _check_nan(kernel: Kernel, seed: int) -> None:
    """NaN in one entry of each input, of a few inputs of a large step: where the interpreter's result is NaN, the kernel's must be."""
    _, state, data = next(_cases(kernel, seed))
    inputs = [*state, *data]
    chosen = range(len(inputs))
    if kernel.work.points > POINTS:     # each costs a step of the interpreter
        chosen = sorted(np.random.default_rng(seed).choice(len(inputs), min(POISONED, len(inputs)), replace=False).tolist())
    for position in chosen:
        array = inputs[position]
        poisoned = [a.copy() for a in inputs]
        poisoned[position] = np.where(np.arange(array.size).reshape(array.shape) == array.size // 2, np.nan, array).astype(kernel.dtype)
        found = _run(kernel, poisoned[: kernel.step.states], poisoned[kernel.step.states:])
        expected = evaluate(kernel.work.f, poisoned)
        lost = [np.isnan(theirs) & np.isfinite(np.reshape(ours, np.shape(theirs))) for ours, theirs in zip(found, expected, strict=True)]
        if any(mask.any() for mask in lost):
            raise ValidationError(f"NaN in input {kernel.work.f.dom.names[position]} does not reach every output that it should reach")

