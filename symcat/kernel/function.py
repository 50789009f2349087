"""Functions: a morphism compiled as training steps are, called with NumPy arrays.

A program A -> B runs as the step A * B * () -> A * B * loss that keeps its inputs and puts its outputs in place of those before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock

import numpy as np
import sympy as sp

from symcat.category.fold import Fold
from symcat.category.morphism import Builder, Morphism
from symcat.category.sizes import infer_dims
from symcat.category.space import Space
from symcat.errors import ShapeError, UsageError
from symcat.kernel import compiler
from symcat.kernel.arrays import real_array
from symcat.kernel.kernel import Kernel, Run
from symcat.kernel.program import TrainingStep, exact


def function_step(f: Morphism) -> TrainingStep:
    """The step whose states are f's inputs, which stay as they are, and f's outputs; its loss is 0."""
    build = Builder()
    inputs = build.inputs(f.dom)
    kept = (f.dom * f.cod).names
    build.inputs(Space(tuple(zip(kept[len(f.dom):], f.cod.types, strict=True))))
    outs = build.call(f, inputs)
    nothing = build.gather((), lambda: sp.S.Zero, name="nothing")
    return TrainingStep(build.build((*inputs, *outs, nothing), (f.dom * f.cod * Space((("nothing", build.wires[nothing]),))).names),
                        len(kept))


class Call:
    """The kernel of a function at given sizes, with runs that wait for the next call; threads may call it at once."""

    def __init__(self, f: Morphism, values: Mapping[str, object], dtype: str) -> None:
        self.f = f
        self.kernel: Kernel = compiler.compile(function_step(f), values, None, dtype, unproved=True)
        self.idle: list[Run] = []

    def __call__(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for inputs of the kernel's dtype and shapes."""
        with self.running() as run:
            for position, array in enumerate(arrays):
                run.put(position, array)
            return self.outputs(run)

    def over(self, fixed: Sequence[np.ndarray], parts: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
        """The outputs for each of several last inputs, the others being the same for all."""
        with self.running() as run:
            for position, array in enumerate(fixed):
                run.put(position, array)
            for part in parts:
                run.put(len(fixed), part)
                yield self.outputs(run)

    def outputs(self, run: Run) -> list[np.ndarray]:
        run.epoch()
        return [run.get(position) for position in range(len(self.f.dom), len(self.kernel.shapes))]

    @contextmanager
    def running(self) -> Iterator[Run]:
        """A run of its own, given back at the end."""
        try:
            run = self.idle.pop()
        except IndexError:
            run = Run(self.kernel, [np.zeros(shape) for shape in self.kernel.shapes])
        yield run
        self.idle.append(run)


@dataclass(eq=False)
class Function:
    """A morphism as a function of NumPy arrays: one array for each wire of its domain, by position or by name.

    Sizes that are not given are those of the arrays; each new set of sizes is compiled once.  One output is returned as an
    array, several as a tuple; all are new arrays of the dtype.  Numbers outside the domain of an operation give NaN or
    infinity, as in NumPy.  DataError for what is no array of real numbers, ShapeError for arrays that do not fit.

    >>> from symcat.category.trace import trace
    >>> from symcat.category.space import Real, space
    >>> f = compiled(trace(lambda x, y: x * y + 1, space(x=Real["n"], y=Real["n"])), n=3)
    >>> f([1, 2, 3], y=[10, 20, 30])
    array([11., 41., 91.])
    """

    f: Morphism
    dtype: str
    values: dict[str, object]
    calls: dict[tuple, Call] = field(default_factory=dict, repr=False)
    latest: Call | None = field(default=None, repr=False)
    lock: object = field(default_factory=RLock, repr=False)

    def __call__(self, *arrays: object, **named: object) -> np.ndarray | tuple[np.ndarray, ...]:
        given = self._ordered(arrays, named)
        found = self.at([array.shape for array in given])(given)
        return found[0] if len(found) == 1 else tuple(found)

    def at(self, shapes: Sequence[tuple[int, ...]]) -> Call:
        """The kernel for arrays of some shapes, compiled and validated on first use."""
        dims = [symbol for symbol in self.f.symbols if symbol in self.f.dims]
        given = {symbol.name: self.values[symbol.name] for symbol in dims if symbol.name in self.values}
        sizes = infer_dims(self.f, dims, shapes, given)
        if missing := [symbol.name for symbol in dims if symbol not in sizes]:
            raise ShapeError(f"no size for {', '.join(missing)}: no array has it as an axis; give compile(f, {missing[0]}=...)")
        key = tuple(sizes[symbol] for symbol in dims)
        with self.lock:
            if key not in self.calls:
                values = self.values | {symbol.name: size for symbol, size in sizes.items()}
                self.calls[key] = Call(self.f, {symbol.name: values[symbol.name] for symbol in self.f.symbols if symbol.name in values},
                                       self.dtype)
            self.latest = self.calls[key]
        return self.latest

    def _ordered(self, arrays: tuple[object, ...], named: dict[str, object]) -> list[np.ndarray]:
        names = self.f.dom.names
        if unknown := [name for name in named if name not in names[len(arrays):]]:
            raise UsageError(f"{unknown[0]!r} is no input that is left: the inputs are {self.f.dom}")
        given = [*zip(names, arrays, strict=False), *((name, named[name]) for name in names[len(arrays):] if name in named)]
        if len(arrays) > len(names) or len(given) < len(names):
            raise UsageError(f"{len(arrays) + len(named)} arrays came, expected {len(names)}: {self.f.dom}")
        return [real_array(name, array, self.dtype) for name, array in given]

    @property
    def kernel(self) -> Kernel:
        """The kernel that was used last."""
        if self.latest is None:
            raise UsageError("no kernel is compiled yet: give all sizes, compile(f, n=...), or call the function")
        return self.latest.kernel

    @property
    def source(self) -> str:
        """The generated module of the kernel that was used last."""
        return self.kernel.source

    def explain(self, measure: bool = False) -> str:
        """The schedule of the kernel that was used last; with `measure` how fast it runs on random data."""
        return self.kernel.explain(measure)

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "calls": {}, "latest": None, "lock": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update({**state, "lock": RLock()})


def compiled(f: Morphism, dtype: str = "float64", **values: object) -> Function:
    """A morphism as a function of NumPy arrays; `values` are sizes of dims and values of hyperparameters, by name.

    With sizes for all dims it is compiled at once, else for the arrays of each call.  Every hyperparameter needs a value.
    """
    if not isinstance(f, Morphism):
        raise UsageError(f"compile was given a {type(f).__name__}: expected a morphism, such as sc.trace(function, space(...))")
    if dtype not in compiler.DTYPES:
        raise UsageError(f"dtype {dtype!r}: kernels are made for {' and '.join(compiler.DTYPES)}")
    known = {symbol.name: symbol for symbol in f.symbols}
    if unknown := [name for name in values if name not in known]:
        raise UsageError(f"{unknown[0]!r} is no dim and no hyperparameter of the morphism: it has {', '.join(known) or 'none'}")
    if missing := [name for name, symbol in known.items() if symbol not in f.dims and name not in values]:
        raise UsageError(f"no value for {', '.join(missing)}: hyperparameters are baked into a kernel; give compile(f, {missing[0]}=...)")
    made = Function(f, dtype, dict(values))
    made.__doc__ = f"{f.dom} -> {f.cod}, in {dtype}: a function of {len(f.dom)} arrays, compiled."
    if all(symbol.name in values for symbol in f.dims):
        sizes = {symbol: exact(values[symbol.name], symbol.name) for symbol in f.dims}
        made.at([tuple(int(extent.xreplace(sizes)) for extent in wire.shape) for wire in f.dom.types])
    return made


def points(f: Morphism, sizes: Mapping[sp.Symbol, int]) -> int:
    """The number of points over which the comprehensions of a program run, at given sizes."""
    size = lambda extent: int(extent.xreplace(dict(sizes)))
    return sum(size(node.length) * points(node.cell, sizes) if isinstance(node, Fold) else math.prod(map(size, node.extents))
               for node in f.nodes)
