"""Translation validation: the emitted text itself is run, with twins of its primitives, and compared with the morphism.

Over the prime field every buffer holds random garbage beforehand, functions are random oracles, and each access is checked
against the bounds of its buffer; over SymPy symbols each entry of the new state and of the loss is shown to be equal to the
reference interpreter's.  What is run here is text that `emit` wrote, never a user's.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate, generic_inputs
from symcat.category.modular import P
from symcat.category.morphism import Morphism
from symcat.category.scalars import Undecided
from symcat.errors import DomainError, SymcatError, ValidationError
from symcat.kernel.emit import Text
from symcat.kernel.equality import same
from symcat.kernel.place import Buffer, Layout
from symcat.kernel.schedule import Schedule
from symcat.kernel.twins import FIELD, Memory, Offset, Twin, symbols_near
from symcat.kernel.twins.threads import Turns, Watched

Equal = Callable[[sp.Expr, sp.Expr], bool]
ATTEMPTS = 5
POINTS = 4      # at which programs are run that look where a maximum is


@dataclass(frozen=True)
class Compiled:
    """A program beside the morphism that it was compiled from, at the same sizes."""

    f: Morphism
    plan: Schedule
    layout: Layout
    text: Text
    dtype: str = "float64"
    threads: int = 1

    @property
    def points(self) -> int:
        """The number of loop iterations of one step."""
        return sum((nest.points + nest.fill) * self.plan.times(nest) for nest in self.plan.nests)


def field_check(work: Compiled, seed: int = 0, steps: int = 2) -> int:
    """Run the text and the reference interpreter over the prime field for some steps; the number of compared entries.

    A program whose addresses or conditions depend on where a maximum is runs at several points.  ValidationError names the first
    array that differs.  0 when the step divides by 0 at all of several random points.
    """
    return max(_agreement(work, [seed, point], steps) for point in range(POINTS if work.plan.selected else 1))


def _agreement(work: Compiled, seed: Sequence[int], steps: int) -> int:
    """The number of entries that agree at the first of several random points at which the step is defined."""
    count = len(work.plan.states)
    sizes = [tuple(map(int, wire.shape)) for wire in work.f.dom.types]
    for attempt in range(ATTEMPTS):
        draw = np.random.default_rng([*seed, attempt])
        state = [draw.integers(1, P, size=shape) for shape in sizes[:count]]
        data = [draw.integers(1, P, size=(steps, *shape)) for shape in sizes[count:]]
        try:
            expected, values = _meaning(work, state, data, steps)
        except DomainError:
            continue
        found, losses = run(work, FIELD, state, data, draw, steps)
        if losses != values:
            raise ValidationError(f"over the prime field the losses of {steps} steps differ from the morphism's")
        for name, ours, theirs in zip(work.plan.states, found, expected, strict=True):
            if [int(v) for v in np.ravel(theirs)] != ours:
                raise ValidationError(f"over the prime field {name} differs from the morphism's after {steps} steps")
        return steps + sum(map(len, found))
    return 0


def _meaning(work: Compiled, state: Sequence[np.ndarray], data: Sequence[np.ndarray], steps: int) -> tuple[Sequence[np.ndarray], list[int]]:
    """The state after some steps, and the loss of each, by the reference interpreter over the prime field."""
    losses = []
    for k in range(steps):
        *state, loss = evaluate(work.f, [*state, *(array[k] for array in data)], scalars=FIELD.scalars)
        losses.append(int(loss))
    return state, losses


def symbol_check(work: Compiled, equal: Equal | None = None, seed: int = 0, seconds: float = 10.0) -> tuple[int, int]:
    """Run the text on symbols for one step: (entries proved equal to the morphism's, entries in all).

    A maximum is decided at a random sample point, so that the proof is for the cell of that point; Undecided when the
    candidates of a maximum tie at all of several points.  Entries that are not decided within the time stay unproved; one
    that differs by a nonzero number raises ValidationError.
    """
    for attempt in range(ATTEMPTS):
        draw = np.random.default_rng([seed, attempt])
        try:
            pairs = _both(work, draw, positive=attempt >= ATTEMPTS - 2)
            break
        except Undecided:
            if attempt == ATTEMPTS - 1:
                raise
    stop, proved = time.monotonic() + seconds, 0
    for ours, theirs in pairs:
        if time.monotonic() > stop:
            break
        proved += (equal or same)(ours, theirs)
    return proved, len(pairs)


def _both(work: Compiled, draw: np.random.Generator, positive: bool) -> list[tuple[sp.Expr, sp.Expr]]:
    """The loss and every entry of the new state, from the text and from the interpreter, near a sample point.

    Positive points are where rectifiers and roots have something to say.
    """
    inputs = [_plain(array) for array in generic_inputs(work.f)]
    sample = {symbol: float(draw.normal()) for array in inputs for symbol in array.ravel()}
    if positive:
        sample = {symbol: 0.2 + abs(value) for symbol, value in sample.items()}
    twin, count = symbols_near(sample), len(work.plan.states)
    *expected, loss = evaluate(work.f, inputs, scalars=twin.scalars)
    found, losses = run(work, twin, inputs[:count], [array[None] for array in inputs[count:]], draw)
    pairs = [(losses[0], loss[()])]
    pairs += [pair for ours, theirs in zip(found, expected, strict=True) for pair in zip(ours, np.ravel(theirs), strict=True)]
    if any(twin.scalars.cell.undecided(ours) for ours, _ in pairs):
        raise Undecided("a comparison of the program is not decided at the sample point: draw another")
    return pairs


def _plain(array: np.ndarray) -> np.ndarray:
    """Symbols without assumptions, about which SymPy has nothing to ask."""
    return np.array([sp.Symbol(symbol.name) for symbol in array.ravel()], dtype=object).reshape(array.shape)


def run(work: Compiled, twin: Twin, state: Sequence[np.ndarray], data: Sequence[np.ndarray],
        draw: np.random.Generator, steps: int = 1) -> tuple[list[list[object]], list[object]]:
    """Execute the text over a twin's ring, in memory full of random garbage: the final state, flat, and the loss of each step."""
    try:
        tree = ast.parse(work.text.program)
        namespace = twin.namespace({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
        exec(compile(tree, "<generated program>", "exec"), namespace)
    except (SyntaxError, NameError, TypeError, ZeroDivisionError) as error:
        raise ValidationError(f"the text is not a program: {error}") from error
    _check_addresses(namespace, work)
    memory = twin.memory(twin.noise(draw, work.layout.reals))
    for name, array in zip(work.plan.states, state, strict=True):
        memory.values[work.layout.arrays[name].addresses] = np.ravel(array)
    losses = Memory(np.empty(steps, dtype=object), lambda value: value, lambda value: value, "losses")
    batches = [[twin.memory(np.ravel(array[k]), "a batch") for k in range(steps)] for array in data]
    try:
        _epoch(namespace, work.threads, memory, losses, batches)
    except (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError) as error:
        if isinstance(error, SymcatError):
            raise
        raise ValidationError(f"the text fails over {twin.scalars.name}: {type(error).__name__}: {error}") from error
    if any(value is None for value in losses.values):
        raise ValidationError("the text does not write the loss of every step")
    found = []
    for name in work.plan.states:
        found.append(memory.values[work.layout.arrays[name].addresses].tolist())
    return found, [twin.unwrap(value) for value in losses.values]


def _epoch(namespace: dict[str, object], threads: int, memory: Memory, losses: Memory, batches: Sequence[Sequence[Memory]]) -> None:
    """Run `epoch`; as several threads that take turns, in memory where races are seen, when the text is for several."""
    if threads == 1:
        namespace["epoch"](memory, losses, *batches)
        return
    turns = Turns(threads)
    namespace["barrier"] = turns.barrier
    shared = Watched(memory, turns), Watched(losses, turns)
    turns.run(lambda me, count: namespace["epoch"](*shared, None, me, count, *batches))


def _check_addresses(namespace: dict[str, object], work: Compiled) -> None:
    """Every buffer stands in the text where the layout put it; from here on its address knows its bounds."""
    placed: dict[str, Buffer] = {f"o_{name}": buffer for name, buffer in work.layout.arrays.items()}
    placed |= {f"p_{name}_{k}": buffer for (name, k), buffer in work.layout.positions.items()}
    placed |= {"w_panel": work.layout.panel} if work.layout.panel.size else {}
    for name, buffer in placed.items():
        if namespace.get(name) != buffer.offset:
            raise ValidationError(f"{name} = {namespace.get(name)} in the text, but the layout has {buffer.offset}")
        namespace[name] = Offset(buffer.offset, buffer.size, name)
