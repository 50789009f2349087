"""Programs of every kind, each beside what it computes in plain NumPy: the instances of the interpreter and derivative tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import sympy as sp
from sympy.core.symbol import Str

from symcat.category import functions as fn
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Space, dims, space

B, n, m, k, h, w = dims("B n m k h w")
RATE, DECAY = sp.Symbol("lr", real=True), sp.Symbol("b1", real=True)
I, J, K = index(0), index(1), index(2)


@dataclass(frozen=True)
class Program:
    """A morphism, its NumPy counterpart (a function of the inputs), sizes for its dims, and where inputs are drawn from."""

    name: str
    f: Morphism
    numpy: Callable[..., object]
    sizes: dict[str, int]
    low: float = -2.0
    high: float = 2.0
    hypers: dict[str, float] = field(default_factory=dict)

    def inputs(self, seed: int = 0) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [rng.uniform(self.low, self.high, self.shape(wire)) for wire in self.f.dom.types]

    def shape(self, wire: object) -> tuple[int, ...]:
        return tuple(int(extent.subs({s: self.sizes[s.name] for s in extent.free_symbols})) for extent in wire.shape)


def one(dom: Space, write: Callable[..., str]) -> Morphism:
    """A program of one output, written by a function of the builder and the input names."""
    build = Builder()
    return build.build([write(build, *build.inputs(dom))])


def pointwise(body: Callable[[sp.Expr], sp.Expr]) -> Morphism:
    return one(space(x=Real[n]), lambda b, x: b.gather((n,), lambda i: body(At(x, i))))


def binary(body: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Morphism:
    return one(space(x=Real[n], y=Real[n]), lambda b, x, y: b.gather((n,), lambda i: body(At(x, i), At(y, i))))


VECTOR = {"n": 5}
FUNCTIONS = [
    ("exp", sp.exp, np.exp), ("tanh", sp.tanh, np.tanh), ("sin", sp.sin, np.sin), ("cos", sp.cos, np.cos),
    ("sigmoid", fn.sigmoid, lambda x: 1 / (1 + np.exp(-x))), ("softplus", fn.softplus, lambda x: np.log1p(np.exp(x))),
    ("relu", fn.relu, lambda x: x * (x > 0)), ("step", fn.step, lambda x: np.heaviside(x, 0)), ("absolute", fn.absolute, abs),
    ("sign", fn.sign, np.sign), ("detach", fn.detach, lambda x: x), ("cube", lambda x: x**3 - x / 2, lambda x: x * x * x - x / 2),
    ("composed", lambda x: sp.exp(-x**2) * sp.tanh(3 * x), lambda x: np.exp(-x * x) * np.tanh(3 * x)),
]
PAIRS = [
    ("product", lambda x, y: x * y, lambda x, y: x * y),
    ("maximum", fn.maximum, np.fmax), ("minimum", fn.minimum, np.fmin),
    ("equal", fn.equal, lambda x, y: 1.0 * (x == y)),
    ("where", lambda x, y: fn.where(fn.step(x), x * y, y), lambda x, y: np.where(x > 0, x * y, y)),
]
POSITIVE = [
    ("log", sp.log, np.log), ("sqrt", sp.sqrt, np.sqrt), ("reciprocal", lambda x: 1 / x, lambda x: 1 / x),
    ("root", lambda x: x ** sp.Rational(-3, 2), lambda x: x**-1.5),
]


def convolution() -> Morphism:
    dom = space(x=Real[B, n + m - 1], w=Real[m])
    return one(dom, lambda b, x, w: b.gather((B, n), lambda i, j, u: At(x, i, j + u) * At(w, u), (m,)))


def correlate(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.stack([np.convolve(row, w[::-1], "valid") for row in x])


def maxpool() -> Morphism:
    return one(space(x=Real[B, 2 * n]), lambda b, x: b.gather((B, n), lambda i, j, u: At(x, i, 2 * j + u), (2,), op="max"))


def softmax() -> Morphism:
    def write(b: Builder, x: str) -> str:
        top = b.gather((B,), lambda i, j: At(x, i, j), (n,), op="max")
        shifted = b.gather((B, n), lambda i, j: At(x, i, j) - fn.detach(At(top, i)))
        e = b.gather((B, n), lambda i, j: sp.exp(At(shifted, i, j)))
        z = b.gather((B,), lambda i, j: At(e, i, j), (n,))
        return b.gather((B, n), lambda i, j: At(e, i, j) / At(z, i))
    return one(space(x=Real[B, n]), write)


def np_softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def concatenate() -> Morphism:
    def write(b: Builder, x: str, y: str) -> str:
        left = b.node((n + m,), ((I, n),), (I,), At(x, I))
        right = b.node((n + m,), ((I, m),), (I + n,), At(y, I) ** 2)
        return b.add(left, right)
    return one(space(x=Real[n], y=Real[m]), write)


def flatten() -> Morphism:
    return one(space(x=Real[n, 3]), lambda b, x: b.node((3 * n,), ((I, n), (J, 3)), (3 * I + J,), sp.exp(At(x, I, J))))


def accumulate() -> Morphism:
    """Several points write one entry: y[i + j] += x[i] * w[j]."""
    return one(space(x=Real[n], w=Real[m]), lambda b, x, w: b.node((n + m - 1,), ((I, n), (J, m)), (I + J,), At(x, I) * At(w, J)))


def running_sum() -> Morphism:
    return one(space(x=Real[n]), lambda b, x: b.node((n,), ((I, n), (J, n)), (I,), At(x, J) ** 2, guards=(I - J,)))


def masked() -> Morphism:
    """Brackets and deltas guard a division that has no meaning at the points they exclude."""
    def write(b: Builder, x: str) -> str:
        body = lambda i, j: Bracket(i - j - 1) * At(x, j) / (i - j) + Delta(i - j) * At(x, i) ** 2
        return b.gather((n,), body, (n,))
    return one(space(x=Real[n]), write)


def np_masked(x: np.ndarray) -> np.ndarray:
    return np.array([sum(x[j] / (i - j) for j in range(i)) + x[i] ** 2 for i in range(len(x))])


def argmax_row() -> Morphism:
    """Row of y at the first maximiser of each row of x."""
    def write(b: Builder, x: str, y: str) -> str:
        top = b.gather((B,), lambda i, j: At(x, i, j), (n,), op="max")
        return b.gather((B, m), lambda i, j: At(y, Argmax(top, 0, i), j) * At(top, i))
    return one(space(x=Real[B, n], y=Real[n, m]), write)


def network() -> Morphism:
    def write(b: Builder, x: str, W: str, c: str, V: str) -> str:
        z = b.gather((B, h), lambda i, j, r: At(x, i, r) * At(W, r, j), (n,))
        a = b.gather((B, h), lambda i, j: At(z, i, j) + At(c, j))
        t = b.gather((B, h), lambda i, j: sp.tanh(At(a, i, j)))
        o = b.gather((B, k), lambda i, j, r: At(t, i, r) * At(V, r, j), (h,))
        return b.gather((), lambda i, j: At(o, i, j) ** 2 / (2 * B), (B, k))
    return one(space(x=Real[B, n], W=Real[n, h], c=Real[h], V=Real[h, k]), write)


def attention() -> Morphism:
    def write(b: Builder, q: str, key: str, v: str) -> str:
        s = b.gather((n, n), lambda i, j, r: At(q, i, r) * At(key, j, r) / sp.sqrt(k), (k,))
        e = b.gather((n, n), lambda i, j: sp.exp(At(s, i, j)) * Bracket(i - j))
        z = b.gather((n,), lambda i, j: At(e, i, j), (n,))
        p = b.gather((n, n), lambda i, j: At(e, i, j) / At(z, i))
        return b.gather((n, m), lambda i, j, r: At(p, i, r) * At(v, r, j), (n,))
    return one(space(q=Real[n, k], key=Real[n, k], v=Real[n, m]), write)


def np_attention(q: np.ndarray, key: np.ndarray, v: np.ndarray) -> np.ndarray:
    e = np.tril(np.exp(q @ key.T / q.shape[1] ** 0.5))
    return e / e.sum(axis=1, keepdims=True) @ v


def momentum() -> Morphism:
    build = Builder()
    p, g, v, t = build.inputs(space(p=Real[n], g=Real[n], v=Real[n], t=Real[()]))
    new = build.gather((n,), lambda i: DECAY * At(v, i) + (1 - DECAY) * At(g, i))
    moved = build.gather((n,), lambda i: At(p, i) - RATE * At(new, i) / (1 - DECAY ** At(t)))
    return build.build([moved, new])


def np_momentum(p: np.ndarray, g: np.ndarray, v: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    new = 0.9 * v + 0.1 * g
    return p - 0.25 * new / (1 - 0.9**t), new


def write_contract(body: Callable[..., sp.Expr], dom: Space, shape: tuple, reduce: tuple) -> Morphism:
    return one(dom, lambda b, *names: b.gather(shape, lambda *i: body(names, *i), reduce))


def smooth_pair() -> Morphism:
    return pointwise(lambda x: fn.Smooth(Str("phi"), sp.S.Zero, x) * x)


def _phi(x: np.ndarray) -> np.ndarray:
    from symcat.category.scalars import smooth_sample
    a, b = map(float, smooth_sample("phi"))
    return (np.sin(a * x) + b * x**3) * x


NETWORK = {"B": 3, "n": 4, "h": 5, "k": 2}
PROGRAMS: tuple[Program, ...] = (
    *(Program(name, pointwise(body), oracle, VECTOR) for name, body, oracle in FUNCTIONS),
    *(Program(name, binary(body), oracle, VECTOR) for name, body, oracle in PAIRS),
    *(Program(name, pointwise(body), oracle, VECTOR, low=0.2) for name, body, oracle in POSITIVE),
    Program("smooth", smooth_pair(), _phi, VECTOR),
    Program("scalar", one(space(x=Real[()]), lambda b, x: b.gather((), lambda: At(x) ** 2 + 1)), lambda x: x**2 + 1, {}),
    Program("matmul", write_contract(lambda a, i, j, r: At(a[0], i, r) * At(a[1], r, j), space(x=Real[B, n], y=Real[n, m]), (B, m), (n,)),
            np.matmul, {"B": 3, "n": 4, "m": 2}),
    Program("transpose", write_contract(lambda a, i, j: At(a[0], j, i), space(x=Real[n, m]), (m, n), ()),
            np.transpose, {"n": 3, "m": 4}),
    Program("broadcast", write_contract(lambda a, i, j: At(a[0], j) * At(a[1]), space(x=Real[n], s=Real[()]), (m, n), ()),
            lambda x, s: np.broadcast_to(x * s, (3, len(x))), {"n": 4, "m": 3}),
    Program("mean", write_contract(lambda a, i, r: At(a[0], i, r) / m, space(x=Real[n, m]), (n,), (m,)),
            lambda x: x.mean(axis=1), {"n": 3, "m": 4}),
    Program("count", write_contract(lambda a, i, r: At(a[0], i), space(x=Real[n]), (n,), (m,)),
            lambda x: 3 * x, {"n": 4, "m": 3}),
    Program("slice", write_contract(lambda a, i: At(a[0], i + 2) ** 2, space(x=Real[n + 3]), (n,), ()),
            lambda x: x[2:-1] ** 2, {"n": 3}),
    Program("shift", one(space(x=Real[n]), lambda b, x: b.node((n + 2,), ((I, n),), (I + 2,), At(x, I))),
            lambda x: np.r_[0, 0, x], VECTOR),
    Program("stride", write_contract(lambda a, i: At(a[0], 2 * i + 1) ** 3, space(x=Real[2 * n]), (n,), ()),
            lambda x: x[1::2] ** 3, {"n": 3}),
    Program("reverse", write_contract(lambda a, i: At(a[0], n - 1 - i) * At(a[0], i), space(x=Real[n]), (n,), ()),
            lambda x: x[::-1] * x, VECTOR),
    Program("diagonal", write_contract(lambda a, i: At(a[0], i, i) ** 2, space(x=Real[n, n]), (n,), ()),
            lambda x: np.diag(x) ** 2, {"n": 4}),
    Program("trace", write_contract(lambda a, i: At(a[0], i, i), space(x=Real[n, n]), (), (n,)), np.trace, {"n": 4}),
    Program("embed", write_contract(lambda a, i, j: Delta(i - j) * sp.exp(At(a[0], i)), space(x=Real[n]), (n, n), ()),
            lambda x: np.diag(np.exp(x)), {"n": 4}),
    Program("outer square", write_contract(lambda a, i, j: At(a[0], i) * At(a[0], j), space(x=Real[n]), (n, n), ()),
            lambda x: np.outer(x, x), {"n": 4}),
    Program("ramp", write_contract(lambda a, i: At(a[0], i) * (i + 1) / n, space(x=Real[n]), (n,), ()),
            lambda x: x * (np.arange(len(x)) + 1) / len(x), VECTOR),
    Program("zero", write_contract(lambda a, i: 0, space(x=Real[n]), (n,), ()), np.zeros_like, VECTOR),
    Program("max of all", one(space(x=Real[n, m]), lambda b, x: b.gather((), lambda i, j: At(x, i, j) ** 2, (n, m), op="max")),
            lambda x: (x**2).max(), {"n": 3, "m": 4}),
    Program("convolution", convolution(), correlate, {"B": 2, "n": 4, "m": 3}),
    Program("max pool", maxpool(), lambda x: np.maximum(x[:, ::2], x[:, 1::2]), {"B": 2, "n": 3}),
    Program("softmax", softmax(), np_softmax, {"B": 2, "n": 4}),
    Program("concatenate", concatenate(), lambda x, y: np.r_[x, y**2], {"n": 3, "m": 2}),
    Program("flatten", flatten(), lambda x: np.exp(x).reshape(-1), {"n": 4}),
    Program("accumulate", accumulate(), np.convolve, {"n": 4, "m": 3}),
    Program("running sum", running_sum(), lambda x: np.cumsum(x**2), VECTOR),
    Program("masked", masked(), np_masked, VECTOR),
    Program("argmax row", argmax_row(), lambda x, y: y[x.argmax(axis=1)] * x.max(axis=1)[:, None], {"B": 3, "n": 4, "m": 2}),
    Program("network", network(), lambda x, W, c, V: ((np.tanh(x @ W + c) @ V) ** 2).sum() / (2 * len(x)), NETWORK),
    Program("attention", attention(), np_attention, {"n": 4, "k": 3, "m": 2}),
    Program("momentum", momentum(), np_momentum, VECTOR, low=0.5, hypers={"lr": 0.25, "b1": 0.9}),
)
BY_NAME = {program.name: program for program in PROGRAMS}
