"""A rule that was traced, against its own function on numbers: what a trace cannot show is seen here.

A counter in a global name, randomness, a type that is asked for or an error that is swallowed leaves no trace in a program; two
traces, or a few steps of function and program on the same numbers, do not agree then.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.errors import TraceError
from symcat.interop.jax_function import uses_jax
from symcat.interop.transformation import libraries, qualified
from symcat.learn.optimisers import Optimiser

STEPS = 3
SIZES = (3, 4, 2, 2)
CLOSE, ROUNDED = 1e-6, 1e-4
WHY = "it is random, keeps something in global names, swallows errors, rounds, or asks for types"


def rehearse(rule: Optimiser) -> None:
    """TraceError unless a second trace is the first one, and some steps of the rule's function on numbers are those of its program.

    A function that cannot run on NumPy's arrays, because it is written for traced ones, is held to the first alone.
    """
    if replace(rule).step().digest != rule.step().digest:
        raise TraceError(f"{rule.name} cannot be read: two traces of it are not the same program; {WHY}")
    numbers = {row.name: float(rule.value(row.name)) for row in rule.hypers} | {name: float(value) for name, value in rule.fixed.items()}
    function = inspect.unwrap(rule.rule)

    def step(*arrays: np.ndarray) -> Sequence:
        found = function(*(array.copy() if np.ndim(array) else float(array) for array in arrays), **numbers)
        return found if isinstance(found, (tuple, list)) else (found,)

    with libraries().exact() if uses_jax(function) else nullcontext():
        _compare(rule, lambda p, rounds: _path(step, p, rounds, rule.initial([p])), CLOSE)


def rehearse_transformation(rule: Optimiser, transformation: Any) -> None:
    """TraceError unless some steps of a transformation of optax on numbers are those of the program that was read from it."""
    found = libraries()

    def path(p: np.ndarray, rounds: Sequence[list]) -> list[np.ndarray]:
        ahead = qualified(transformation) == "lookahead"
        params = found.jax.numpy.asarray(p)
        params = found.optax.LookaheadParams.init_synced(params) if ahead else params
        state, reached = transformation.init(params), []
        for g, *value in rounds:
            further = {"value": found.jax.numpy.asarray(value[0])} if value else {}
            change, state = transformation.update(found.jax.numpy.asarray(g), state, params, **further)
            params = found.optax.apply_updates(params, change)
            reached.append(np.asarray(params.fast if ahead else params))
        return reached

    with found.exact():
        _compare(rule, path, ROUNDED if any("float32" in note for note in rule.notes) else CLOSE)


def _compare(rule: Optimiser, path: Callable[[np.ndarray, Sequence[list]], list[np.ndarray]], close: float) -> None:
    """TraceError when the parameters on a path of the rule itself are not those of its program."""
    names = dict.fromkeys(extent for extent in rule.shape if not extent.is_Integer)
    sizes = dict(zip(names, SIZES, strict=False))
    wire = Real[tuple(int(sizes.get(extent, extent)) for extent in rule.shape)]
    try:
        step = rule.step(wire)
        draw = np.random.default_rng(4)
        shapes = [tuple(map(int, kind.shape)) for kind in step.dom.types[: 2 + len(rule.data)]]
        start = draw.normal(size=shapes[0])
        rounds = [[draw.normal(size=shapes[1]), *(draw.uniform(0.5, 1.5, shape) for shape in shapes[2:])] for _ in range(STEPS)]
        hypers = {symbol: value for symbol, value in rule.assignment().items() if symbol in step.hypers}
        ours = _path(lambda *arrays: evaluate(step, arrays, hypers=hypers), start, rounds, rule.initial([start]))
        theirs = path(start, rounds)
    except Exception:     # outside of the rule's domain, or a function of traced arrays alone
        return
    for k, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if not np.allclose(one, other, rtol=close, atol=close, equal_nan=True):
            raise TraceError(f"{rule.name} cannot be read: on numbers, step {k + 1} of it is not that of its trace; {WHY}")


def _path(step: Callable, p: np.ndarray, rounds: Sequence[list], states: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The parameters after each round of gradient and data."""
    found = []
    with np.errstate(all="ignore"):
        for given in rounds:
            p, *states = step(p, *given, *states)
            found.append(np.asarray(p, dtype=float))
    return found
