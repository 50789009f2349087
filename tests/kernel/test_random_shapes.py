"""Random nets of contractions, convolutions, pools, bands, shifts and updates at odd sizes, for the vectors of every processor.

What is compiled here has sizes around those of vectors and tiles, so that every kind of piece and tail is run over the prime field.
"""

import math
import random
from collections.abc import Callable

import pytest
import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta
from symcat.category.functions import relu
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.errors import ValidationError
from symcat.kernel.compiler import compile, lower
from symcat.kernel.program import TrainingStep
from symcat.kernel.tiles.host import HOSTS
from symcat.kernel.validate import field_check
from tests.kernel.steps import descent

SIZES = (1, 2, 3, 5, 7, 8, 9, 11, 13, 15, 16, 17, 19, 23, 31, 32, 33, 37, 40)
POINTS = 6000


class Net:
    """Grows a program array by array."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.build = Builder()
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.inputs = 0
        self.input((self.size(), self.size()))

    def size(self, most: int = 40) -> int:
        return self.draw.choice([n for n in SIZES if n <= most])

    def input(self, shape: tuple[int, ...]) -> str:
        self.inputs += 1
        return self.known(self.build.input(f"x{self.inputs}", space(a=Real[shape])["a"]), shape)

    def known(self, name: str, shape: tuple[int, ...]) -> str:
        self.shapes[name] = shape
        return name

    def gather(self, shape: tuple[int, ...], body: Callable, *reduced: int, op: str = "sum") -> str:
        return self.known(self.build.gather(shape, body, reduced, op=op), shape)

    def array(self, rank: int) -> tuple[str, tuple[int, ...]]:
        """One of the later arrays of a rank, or a new input."""
        found = [name for name, shape in self.shapes.items() if len(shape) == rank][-3:]
        name = self.draw.choice(found) if found else self.input(tuple(self.size(9 if rank > 2 else 40) for _ in range(rank)))
        return name, self.shapes[name]

    # ---- layers
    def contraction(self) -> str:
        """x[i, k] W[k, j], each read in either orientation, the output too."""
        x, (a, b) = self.array(2)
        turned, mirrored, out = (self.draw.random() < 0.4 for _ in range(3))
        n, m = (b, a) if turned else (a, b)
        p = self.size(max(1, POINTS // (n * m)))
        W = self.input((p, m) if mirrored else (m, p))
        factor = lambda i, j, k: At(x, *((k, i) if turned else (i, k))) * At(W, *((j, k) if mirrored else (k, j)))
        return self.gather((p, n), lambda j, i, k: factor(i, j, k), m) if out else self.gather((n, p), factor, m)

    def batched(self) -> str:
        x, (h, n, m) = self.array(3)
        p = self.size(max(1, POINTS // (h * n * m)))
        W = self.input((h, m, p))
        return self.gather((h, n, p), lambda h, i, j, k: At(x, h, i, k) * At(W, h, k, j), m)

    def three(self) -> str:
        """A contraction with three factors, one of them a vector."""
        x, (n, m) = self.array(2)
        p = self.size(max(1, POINTS // (n * m)))
        W, c = self.input((m, p)), self.input((m,))
        return self.gather((n, p), lambda i, j, k: At(x, i, k) * At(W, k, j) * At(c, k) / 3, m)

    def convolution(self) -> str:
        """Channels last or first, with a stride."""
        x, (h, w, c) = self.array(3)
        u, v, step = self.draw.randint(1, min(3, h)), self.draw.randint(1, min(3, w)), self.draw.randint(1, 2)
        high, wide = (h - u) // step + 1, (w - v) // step + 1
        o = self.size(max(1, POINTS // (h * w * c * u * v)))
        K = self.input((u, v, c, o))
        body = lambda i, j, o, u, v, c: At(x, step * i + u, step * j + v, c) * At(K, u, v, c, o)
        if self.draw.random() < 0.5:
            return self.gather((o, high, wide), lambda o, i, j, u, v, c: body(i, j, o, u, v, c), u, v, c)
        return self.gather((high, wide, o), body, u, v, c)

    def pool(self) -> str:
        x, (h, w, c) = self.array(3)
        u, v = min(2, h), min(3, w)
        return self.gather((h // u, w // v, c), lambda i, j, c, a, b: At(x, u * i + a, v * j + b, c), u, v, op="max")

    def finish(self) -> str:
        """A bias and a rectifier; the bias runs along the rows or down the columns."""
        x, (n, m) = self.array(2)
        down = self.draw.random() < 0.3
        b = self.input((n,) if down else (m,))
        return self.gather((n, m), lambda i, j: relu(At(x, i, j) + At(b, i if down else j)))

    def normal(self) -> str:
        """Each row less its maximum, over the sum of something of it."""
        x, (n, m) = self.array(2)
        top = self.gather((n,), lambda i, j: At(x, i, j), m, op="max")
        e = self.gather((n, m), lambda i, j: sp.exp(At(x, i, j) - At(top, i)))
        total = self.gather((n,), lambda i, j: At(e, i, j), m)
        return self.gather((n, m), lambda i, j: At(e, i, j) / At(total, i))

    def band(self) -> str:
        """A contraction along a band: bounds of loops depend on other loops."""
        x, (n, m) = self.array(2)
        low, high = self.draw.randrange(m), self.draw.randrange(m)
        W = self.input((m, m))
        return self.gather((n, m), lambda i, j, k: Bracket(k - j + low) * Bracket(j + high - k) * At(x, i, k) * At(W, k, j), m)

    def triangle(self) -> str:
        x, (n, m) = self.array(2)
        by = self.draw.randrange(-2, 3)
        return self.gather((n, m), lambda i, j: Bracket(j - i + by) * At(x, i, j) + Delta(i - j - by) * At(x, n - 1 - i, 0))

    def shift(self) -> str:
        x, (n, m) = self.array(2)
        by = self.draw.randrange(m)
        return self.gather((n, m), lambda i, j, k: Delta(j - k + by) * At(x, i, k) + At(x, i, m - 1 - j) / 2, m)

    def spread(self) -> str:
        """A scatter with room between the entries."""
        x, (n, m) = self.array(2)
        step, room = self.draw.randint(1, 3), self.draw.randrange(3)
        i, j = sp.symbols("_0 _1", integer=True)
        return self.known(self.build.node((n, step * m + room), ((i, n), (j, m)), (i, step * j + room), At(x, i, j) * At(x, i, 0)),
                          (n, step * m + room))

    def split(self) -> str:
        x, (n, m) = self.array(2)
        return self.gather((n, m, 1), lambda i, j, k: At(x, i, j) * 2)

    def flat(self) -> str:
        x, (h, n, m) = self.array(3)
        i, j, k = sp.symbols("_0 _1 _2", integer=True)
        return self.known(self.build.node((h, n * m), ((i, h), (j, n), (k, m)), (i, m * j + k), At(x, i, j, k)), (h, n * m))

    def picked(self) -> str:
        """What one array has where another has its maximum."""
        x, (n, m) = self.array(2)
        y = self.input((n, m))
        top = self.gather((n,), lambda i, j: At(x, i, j), m, op="max")
        if not any(node.name == top and node.op == "max" for node in self.build.nodes):
            return self.gather((n,), lambda i: At(top, i) * At(y, i, 0))
        return self.gather((n,), lambda i: At(y, i, Argmax(top, 0, i)) * At(top, i))

    def sums(self) -> str:
        """Sums down columns and along rows, with the index as a value."""
        x, (n, m) = self.array(2)
        rows = self.gather((n,), lambda i, j: At(x, i, j) * (j + 1), m)
        columns = self.gather((m,), lambda j, i: At(x, i, j) ** 2, n)
        return self.gather((n, m), lambda i, j: At(rows, i) * At(columns, j) - i * At(x, i, j))

    def outer(self) -> str:
        x, (n, m) = self.array(2)
        y = self.input((m,))
        return self.gather((m, n), lambda i, j: At(x, j, i) * At(y, i))


LAYERS = (Net.contraction, Net.batched, Net.three, Net.convolution, Net.pool, Net.finish, Net.normal, Net.band, Net.triangle, Net.shift,
          Net.spread, Net.split, Net.flat, Net.picked, Net.sums, Net.outer)


def net(seed: int) -> TrainingStep:
    """Descent on a random net; the layer of the seed's number is among its layers."""
    made = Net(seed)
    for layer in (*made.draw.sample(LAYERS, 2), LAYERS[seed % len(LAYERS)], *made.draw.sample((Net.finish, Net.contraction, Net.sums), 1)):
        if math.prod(made.shapes[list(made.shapes)[-1]]) < POINTS:
            last = layer(made)
    return descent(made.build.build([last]))


def agrees(seed: int, dtype: str, processor: str) -> None:
    step = net(seed)
    work = lower(step, {}, dtype, HOSTS[processor])
    try:
        assert field_check(work, steps=1) > 1
    except ValidationError as error:
        raise AssertionError(f"seed {seed}: {error}\n{step.step}\n{work.text.program}") from error


@pytest.mark.parametrize("processor", HOSTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_nets_over_the_prime_field(processor, dtype):
    start = 8 * (list(HOSTS).index(processor) * 2 + (dtype == "float32"))
    for seed in range(start, start + 8):
        agrees(seed, dtype, processor)


@pytest.mark.parametrize("shape", [(17, 2), (3, 31)])
def test_columns_that_a_product_finishes_backwards(shape):
    """The stores of a product's tiles may run against its columns."""
    b = Builder()
    n, m = shape
    x, W, y = b.inputs(space(x=Real[n, m], W=Real[m, m], y=Real[n, m]))
    z = b.gather(shape, lambda i, j, k: At(x, i, k) * At(W, k, j), (m,))
    turned = b.gather(shape, lambda i, j: 3 * At(z, i, m - 1 - j) + At(y, i, j))
    step = descent(b.build([turned, z]))
    for name, host in HOSTS.items():
        for dtype in ("float32", "float64"):
            work = lower(step, {}, dtype, host)
            assert field_check(work, steps=1) > n * m, (name, dtype)


def test_a_softmax_over_one_class():
    """exp(0), which rewriting computes, is 1 over the prime field too."""
    b = Builder()
    x, W = b.inputs(space(x=Real[5, 1], W=Real[3, 5]))
    top = b.gather((5,), lambda i, j: At(x, i, j), (1,), op="max")
    e = b.gather((5, 1), lambda i, j: sp.exp(At(x, i, j) - At(top, i)))
    step = descent(b.build([b.gather((3, 1), lambda i, j, k: At(W, i, k) * At(e, k, j), (5,))]))
    assert field_check(lower(step, {})) > 20


@pytest.mark.parametrize("seed", [3, 11])
def test_random_nets_as_machine_code(seed):
    assert "ulp" in compile(net(seed), {}, {}, "float32" if seed % 2 else "float64", unproved=True).validation.accuracy
