"""Random programs of comprehensions: affine reads and outputs, guards, brackets, deltas, maxima and selectors, forward and reverse."""

import random

import pytest
import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import relu
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, space
from symcat.errors import SymcatError, ValidationError
from symcat.kernel.compiler import lower
from symcat.kernel.validate import field_check
from tests.kernel.steps import descent

SIZES = (1, 2, 3, 4, 5)


class Writer:
    """Appends random comprehensions to a builder."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.build = Builder()
        self.arrays: dict[str, tuple[int, ...]] = {}
        self.maxima: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for name in ("x", "y"):
            shape = self.shape()
            self.arrays[self.build.input(name, space(a=Real[shape])["a"])] = shape

    def shape(self) -> tuple[int, ...]:
        return tuple(self.draw.choice(SIZES) for _ in range(self.draw.choice((0, 1, 1, 2))))

    def place(self, size: int, box: list[tuple[sp.Symbol, int]]) -> sp.Expr:
        """An affine index that stays below a size."""
        fits = [s for s, n in box if n <= size]
        options = [lambda: sp.Integer(self.draw.randrange(size))]
        if fits:
            chosen = self.draw.choice(fits)
            options += [lambda: chosen] * 6 + [lambda: size - 1 - chosen]
        pairs = [s + t for s, n in box for t, m in box if n + m - 1 <= size] + [2 * s for s, n in box if 2 * n - 1 <= size]
        if pairs:
            options += [lambda: self.draw.choice(pairs)] * 2
        selected = [name for name, (shape, ranks) in self.maxima.items() if not shape and ranks and ranks[0] <= size]
        if selected:
            options.append(lambda: Argmax(self.draw.choice(selected), 0))
        return self.draw.choice(options)()

    def read(self, box: list[tuple[sp.Symbol, int]]) -> sp.Expr:
        name = self.draw.choice(list(self.arrays))
        return At(name, *(self.place(size, box) for size in self.arrays[name]))

    def term(self, box: list[tuple[sp.Symbol, int]]) -> sp.Expr:
        body = self.draw.choice((1, -1, sp.Rational(1, 3))) * self.read(box)
        if self.draw.random() < 0.5:
            body *= self.read(box)
        if self.draw.random() < 0.2:
            body = self.draw.choice((sp.tanh, relu, sp.exp))(body)
        if box and self.draw.random() < 0.3:
            (s, n), (t, _) = self.draw.choice(box), self.draw.choice(box)
            gap = self.draw.choice((s - t, s + t - 2, s - self.draw.randrange(n), 2 * s - t))
            body *= self.draw.choice((Bracket, Delta))(gap)
        if box and self.draw.random() < 0.1:
            body *= self.draw.choice(box)[0]
        return body

    def node(self) -> str:
        shape, reduced = self.shape(), self.shape()
        box = [(index(k), n) for k, n in enumerate((*shape, *reduced))]
        body = sum((self.term(box) for _ in range(self.draw.choice((1, 1, 2)))), sp.S.Zero)
        kind = self.draw.choice(("gather", "gather", "scatter", "max"))
        if kind == "scatter":
            out = [self.place(n, box) for n in shape]
            guards = [box[0][0] - self.draw.randrange(2)] if box and self.draw.random() < 0.5 else []
            name = self.build.node(shape, box, out, body, guards=guards)
        else:
            name = self.build.node(shape, box, [s for s, _ in box[: len(shape)]], body, op="max" if kind == "max" else "sum")
        self.arrays[name] = shape
        if kind == "max" and any(node.name == name and node.op == "max" for node in self.build.nodes):
            self.maxima[name] = (shape, reduced)
        return name


def program(seed: int) -> Morphism:
    writer = Writer(seed)
    for _ in range(writer.draw.randrange(2, 6)):
        name = writer.node()
    return writer.build.build([name])


@pytest.mark.parametrize("start", range(0, 120, 10))
def test_random_programs_and_their_reverse_over_the_prime_field(start):
    compared = 0
    for seed in range(start, start + 10):
        try:
            step = descent(program(seed))
        except SymcatError:
            continue        # the random text is no program: an index may leave its range
        try:
            compared += field_check(lower(step, {}))
        except ValidationError as error:
            raise AssertionError(f"seed {seed}: {error}\n{step.step}") from error
    assert compared > 10
