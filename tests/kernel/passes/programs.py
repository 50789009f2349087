"""Training steps that between them need every pass: products in every orientation, convolutions, pools, masks, roots, axes of one entry."""

from __future__ import annotations

import random

import numpy as np
import sympy as sp

from symcat.category.elementwise import detach, relu, windows
from symcat.category.evaluate import evaluate
from symcat.category.expression import Argmax, At, Bracket, index
from symcat.category.modular import PRIME, P
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import DomainError, SymcatError
from symcat.kernel.passes import specialise
from symcat.learn.layers import elementwise, layer
from tests.category.programs import one
from tests.kernel.steps import REAL_PROGRAMS, descent, learner, learner_step, learner_values
from tests.kernel.test_random_programs import program as random_program


def pooled(side: int = 1) -> Morphism:
    net = layer("correlate2d", a=2, b=2, c=1, o=2, h=2 * side, w=2 * side)
    net = net >> elementwise("relu", net.cod) >> layer("max_pool", h=side, w=side, c=2)
    return net.body


def convolutions() -> Morphism:
    return (layer("correlate2d", a=2, b=1, c=2, o=2, h=3, w=1) >> layer("correlate2d", a=2, b=1, c=2, o=1, h=2, w=1)).body


def channels_first(stride: int = 1) -> Morphism:
    """A convolution whose channels come first, at a stride."""
    def net(K, x):
        patches = windows(windows(x, 2, stride=stride, axis=1), 2, stride=stride, axis=2)
        return np.einsum("chwuv,ocuv->ohw", patches, K)
    return trace(net, space(K=Real[3, 2, 2, 2], x=Real[2, 2 + 2 * stride, 2 + 2 * stride]), names=("y",))


def chain() -> Morphism:
    return trace(lambda A, B, C: np.einsum("ij,jk,kl->il", A, B, C), space(A=Real[2, 3], B=Real[3, 2], C=Real[2, 3]), names=("y",))


def gated() -> Morphism:
    """A product with a function in one factor, and a factor that does not depend on what is summed."""
    return trace(lambda x, W, s: np.einsum("ik,kj,j->ij", relu(x), W, np.exp(s)), space(x=Real[3, 2], W=Real[2, 3], s=Real[3]),
                 names=("y",))


def attention() -> Morphism:
    def net(W_q, W_k, W_v, x):
        q, k, v = x @ W_q, x @ W_k, x @ W_v
        scores = q @ k.T / 2
        e = np.exp(scores - detach(np.max(scores, axis=1, keepdims=True)))
        h = x + (e / np.sum(e, axis=1, keepdims=True)) @ v
        d = h - np.mean(h, axis=1, keepdims=True)
        return np.mean(d / np.sqrt(np.mean(d * d, axis=1, keepdims=True) + 1), axis=0)
    return trace(net, space(W_q=Real[2, 2], W_k=Real[2, 2], W_v=Real[2, 2], x=Real[3, 2]), names=("y",))


def masked_product() -> Morphism:
    """A product of which one factor carries a mask."""
    return one(space(s=Real[3, 3], v=Real[3, 2]), lambda b, s, v: b.gather(
        (3, 2), lambda i, j, k: Bracket(i - k) * At(s, i, k) * At(v, k, j), (3,)))


def sum_of_products() -> Morphism:
    return one(space(x=Real[3, 2], W=Real[2, 3], V=Real[2, 3]), lambda b, x, W, V: b.gather(
        (3, 3), lambda i, j, k: At(x, i, k) * At(W, k, j) + 2 * At(x, j, k) * At(V, k, i), (2,)))


def shifted_pairs() -> Morphism:
    """A scatter that is no rearrangement, and its readers."""
    def write(b: Builder, x: str) -> str:
        i, j = index(0), index(1)
        spread = b.node((4,), ((i, 3), (j, 2)), (i + j,), At(x, i, j))
        return b.node((7,), ((i, 4),), (2 * i,), 3 * At(spread, i))
    return one(space(x=Real[3, 2]), write)


def interleaved() -> Morphism:
    """A scatter that is a rearrangement, and readers of it that are no multiples."""
    def write(b: Builder, x: str, y: str) -> str:
        i, j = index(0), index(1)
        woven = b.node((6,), ((i, 3), (j, 2)), (2 * i + j,), At(x, i, j))
        return b.gather((6,), lambda k: sp.exp(At(woven, k)) + At(y, k))
    return one(space(x=Real[3, 2], y=Real[6]), write)


def part_of_a_scatter() -> Morphism:
    """A reader of some entries of a rearrangement."""
    def write(b: Builder, x: str) -> str:
        i, j = index(0), index(1)
        woven = b.node((6,), ((i, 3), (j, 2)), (2 * i + j,), At(x, i, j))
        return b.node((4,), ((i, 4),), (3 - i,), At(woven, i))
    return one(space(x=Real[3, 2]), write)


def negated() -> Morphism:
    """Functions of a multiple, which SymPy would rewrite."""
    def write(b: Builder, x: str) -> str:
        minus = b.gather((3,), lambda i: -At(x, i))
        up, down = (b.gather((3,), lambda i, a=a: sp.exp(At(a, i))) for a in (x, minus))
        return b.gather((3,), lambda i: At(up, i) * At(down, i) * sp.tanh(At(minus, i)))
    return one(space(x=Real[3]), write)


def counted() -> Morphism:
    """The same, several times."""
    return one(space(x=Real[4]), lambda b, x: b.gather((4,), lambda i, j: sp.tanh(At(x, i)), (3,)))


def maximum_at_a_maximum() -> Morphism:
    """A maximum over entries at places of other maxima, and a row that the place of a maximum chooses."""
    def write(b: Builder, x: str, y: str) -> str:
        top = b.gather((2,), lambda i, j: At(x, i, j), (3,), op="max")
        return b.gather((2,), lambda i, j: At(y, Argmax(top, 0, i), j) * At(x, i, j), (3,), op="max")
    return one(space(x=Real[2, 3], y=Real[3, 3]), write)


def exponentials() -> Morphism:
    """Terms with exponentials of numbers, which would merge."""
    return one(space(x=Real[3], a=Real[2]), lambda b, x, a: b.gather(
        (3,), lambda i: (sp.exp(At(a, 0)) + sp.exp(-At(a, 1)) * At(x, i)) ** 2 / At(a, 0)))


LEARNT = {"maximum at a maximum": maximum_at_a_maximum, "pooled": pooled,
          "convolutions": convolutions, "channels first": channels_first, "stride 2": lambda: channels_first(2),
          "chain": chain, "gated": gated, "attention block": attention, "masked product": masked_product,
          "sum of products": sum_of_products}
FORWARD = {"negated": negated, "exponentials": exponentials, "counted": counted, "shifted pairs": shifted_pairs,
           "interleaved": interleaved, "part of a scatter": part_of_a_scatter}
SOURCES = (*LEARNT, *FORWARD)


def source(name: str) -> Morphism:
    """One of `SOURCES` with numbers as sizes: a step of descent on it, or the program alone."""
    return specialise(descent(LEARNT[name]()).step, {}) if name in LEARNT else FORWARD[name]()


def special(program) -> Morphism:
    step = descent(program.f)
    return specialise(step.step, step.values(program.sizes, program.hypers))


def trained(optimiser: str, widths: tuple[int, ...], batch: int) -> Morphism:
    made = learner(optimiser, widths)
    step = learner_step(made)
    return specialise(step.step, step.values(learner_values(made, batch), None))


def at_random(seed: int) -> Morphism | None:
    """A random program, forward and backward; None where the random text is no program."""
    try:
        return specialise(descent(random_program(seed)).step, {})
    except SymcatError:
        return None


def agree(f: Morphism, g: Morphism, seed: int = 0) -> bool:
    """Whether two programs give equal residues at a random point of the prime field, where functions are unknown ones.

    A point at which the first divides by 0 says nothing.
    """
    draw = np.random.default_rng(seed)
    inputs = [draw.integers(1, P, size=tuple(map(int, wire.shape))) for wire in f.dom.types]
    try:
        expected = evaluate(f, inputs, scalars=PRIME)
    except DomainError:
        return True
    return all(np.array_equal(ours, theirs) for ours, theirs in zip(evaluate(g, inputs, scalars=PRIME), expected, strict=True))


def everything() -> dict[str, Morphism]:
    """All programs by name: the sources, every program of the interpreter's tests, learners, random ones."""
    found = {name: source(name) for name in SOURCES}
    found |= {program.name: special(program) for program in REAL_PROGRAMS}
    found |= {f"{rule} {widths}": trained(rule, widths, 13) for rule in ("nesterov", "adam") for widths in ((11, 17, 9), (3, 1))}
    seeds = random.Random(5).sample(range(1000), 25)
    return found | {f"seed {seed}": f for seed in seeds if (f := at_random(seed)) is not None}
