"""Rules written with jax.numpy: `(p, g, state=initial, ..., *, hyper=default)`, read through their jaxpr."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import sympy as sp

from symcat.category.space import Dim, dim
from symcat.category.tracing.array import unwrap, wrap
from symcat.category.tracing.value import Value, lift, operands
from symcat.errors import SymcatError, UsageError
from symcat.interop.coincidence import excluded
from symcat.interop.jaxpr import Run
from symcat.interop.program import Program, flatten
from symcat.interop.sizes import Pattern, Premise, number
from symcat.interop.transformation import libraries
from symcat.learn.optimisers import Optimiser, optimiser
from symcat.learn.optimisers.state import State

SAMPLE = 0.3


def uses_jax(function: object) -> bool:
    """Whether a function is defined where a name stands for JAX, one of its modules or one of its functions."""
    names = getattr(inspect.unwrap(function), "__globals__", {}) if callable(function) else {}
    homes = (value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "") for value in names.values())
    return any(isinstance(home, str) and home.partition(".")[0] == "jax" for home in homes)


def read(function: Callable, name: str | None = None, data: Mapping[str, str] | None = None,
         shape: Sequence[str | int] = ("n",)) -> Optimiser:
    """The optimiser of a rule that is written with jax.numpy; UsageError for what JAX or symcat cannot read.

    States and hyperparameters are those of the signature; a state that starts at a function of the parameter may be written
    with jax.numpy too.
    """
    traced = Through(function, name or function.__name__)
    parameters = [_parameter(row) for row in inspect.signature(function).parameters.values()]

    @functools.wraps(function)
    def rule(*arrays: Any, **hypers: Any) -> Any:
        return traced(*arrays, **hypers)

    rule.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    made = optimiser(rule, name=name, data=data, shape=shape)
    made.step()
    notes = [f"for sizes with {row}" for row in traced.told(tuple(map(dim, shape)))]
    return optimiser(rule, name=name, data=data, shape=shape, notes=(*notes, *traced.notes))


def _parameter(row: inspect.Parameter) -> inspect.Parameter:
    start = row.default
    if isinstance(start, State) and callable(start.initial):
        start = State(start.name, Through(start.initial, row.name), start.functor)
    return row.replace(default=start)


class Through:
    """A function of arrays that is traced by JAX, one program for each pattern of sizes, and run on traced arrays."""

    def __init__(self, function: Callable, subject: str) -> None:
        self.function, self.subject = function, subject
        self.programs: dict[tuple, tuple[Program, tuple[Premise, ...], bool]] = {}
        self.premises: dict[tuple[Dim, ...], list[str]] = {}
        self.notes: dict[str, None] = {}
        self.__signature__ = inspect.signature(function)
        self.__name__ = getattr(function, "__name__", subject)

    def __call__(self, *arrays: Any, **hypers: Any) -> Any:
        items = list(operands(*map(unwrap, arrays)))
        tape = items[0].tape
        numbers = {name: value for name, value in hypers.items() if _number(unwrap(value))}
        shapes = tuple(item.shape for item in items)
        flags = {name: value for name, value in hypers.items() if name not in numbers}
        pattern = Pattern.of([extent for shape in shapes for extent in shape])
        program, premises, single = self._program(pattern, tuple(map(len, shapes)), tuple(numbers), flags)
        sizes = pattern.sizes([extent for shape in shapes for extent in shape])
        for row in premises:
            gap = sp.expand(number(row.left, sizes) - number(row.right, sizes))
            for fact in (gap, -gap) if row.relation == "==" else (gap,):
                tape.build.fact(fact, ">=0")
        self.premises[shapes[0]] = [f"{number(r.left, sizes)} {r.relation} {number(r.right, sizes)}" for r in premises]
        slots = [lift(tape, unwrap(value)) for value in numbers.values()]
        run = Run(program, tape, sizes, self.subject, self.notes, first=len(items) - len(program.outs) + 1)
        outs = tuple(map(wrap, run.outputs([*items, *slots])))
        return outs[0] if single else outs

    def told(self, shape: tuple[Dim, ...]) -> list[str]:
        """The premises about sizes at a parameter's shape."""
        return self.premises.get(shape, [])

    def _program(self, pattern: Pattern, ranks: tuple[int, ...], names: tuple[str, ...],
                 flags: Mapping[str, Any]) -> tuple[Program, tuple[Premise, ...], bool]:
        key = (pattern, ranks, names, tuple(sorted((name, repr(value)) for name, value in flags.items())))
        if key not in self.programs:
            found = libraries()
            samples = [SAMPLE] * len(names)

            def jaxpr(shape: tuple) -> tuple[Any, Any]:
                ends = [sum(ranks[: k + 1]) for k in range(len(ranks))]
                leaves = [found.jax.ShapeDtypeStruct(tuple(shape[end - rank:end]), float) for rank, end in zip(ranks, ends, strict=True)]
                count = len(leaves)
                return found.jax.make_jaxpr(lambda *a: self.function(*a[:count], **dict(zip(names, a[count:], strict=True)), **flags),
                                            return_shape=True)(*leaves, *samples)

            with found.exact():
                (closed, result), premises = self._traced(pattern, jaxpr, found.symbolic_shape)
                program = flatten(closed, self.subject)
                premises += excluded(program, pattern, premises,
                                     lambda at: flatten(self._traced(at, jaxpr, found.symbolic_shape)[0][0], self.subject), samples)
            self.programs[key] = (program, premises, not isinstance(result, (tuple, list)))
        return self.programs[key]

    def _traced(self, pattern: Pattern, jaxpr: Callable, symbolic_shape: Callable) -> tuple[tuple[Any, Any], tuple[Premise, ...]]:
        try:
            return pattern.premised(jaxpr, symbolic_shape)
        except SymcatError:
            raise
        except Exception as error:
            text = str(error).partition("\n")[0][:200]
            raise UsageError(f"{self.subject} cannot be traced by JAX: {type(error).__name__}: {text}; "
                             "write branches on data as jnp.where") from error


def _number(value: object) -> bool:
    return isinstance(value, (Value, sp.Expr)) or (isinstance(value, (int, float)) and not isinstance(value, bool))
