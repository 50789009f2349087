"""Random chains of contractions, in every orientation, with functions and factors in between: forward and backward, exactly."""

import random

import pytest
import sympy as sp

from symcat.category.expression import At
from symcat.category.functions import relu
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real
from symcat.kernel.passes import PASSES, lowered, specialise
from tests.kernel.passes.programs import agree
from tests.kernel.steps import descent

SIZES = {"i": 13, "j": 8, "k": 17, "l": 3}


def chain(seed: int) -> Morphism:
    """Sums of products of two or three arrays over letters with sizes; each result is a factor later."""
    draw, build = random.Random(seed), Builder()
    arrays: list[tuple[str, str]] = []
    for name in "ABC":
        letters = "".join(draw.sample("ijkl", draw.choice((1, 2, 2, 3))))
        arrays.append((build.input(name, Real[tuple(SIZES[c] for c in letters)]), letters))
    for _ in range(3):
        factors = draw.sample(arrays, draw.choice((1, 2, 2, 3)))
        met = sorted({c for _, letters in factors for c in letters})
        kept = draw.sample(met, draw.randrange(1, min(3, len(met)) + 1))
        arrays.append((_sum(draw, build, factors, kept, [c for c in met if c not in kept]), "".join(kept)))
    return build.build([arrays[-1][0], arrays[-2][0]])


def _sum(draw: random.Random, build: Builder, factors: list[tuple[str, str]], kept: list[str], summed: list[str]) -> str:
    order, parts = [*kept, *summed], draw.choice((1, 1, 2))
    scale, bent = draw.choice((1, sp.Rational(-1, 3))), draw.random() < 0.3

    def body(*symbols: sp.Symbol) -> sp.Expr:
        place = dict(zip(order, symbols, strict=True))
        reads = [At(name, *(place[c] for c in letters)) for name, letters in factors]
        reads[0] = relu(reads[0]) if bent else reads[0]
        return scale * sp.Mul(*reads) + (reads[-1] if parts == 2 else 0)

    return build.gather([SIZES[c] for c in kept], body, [SIZES[c] for c in summed])


@pytest.mark.parametrize("start", range(0, 20, 10))
def test_contractions_keep_their_values(start):
    changed = set()
    for seed in range(start, start + 10):
        f = specialise(descent(chain(seed)).step, {})
        g = f
        for one in PASSES:
            h = one(g)
            changed |= {one.name} if h.nodes != g.nodes else set()
            g = h
        assert agree(f, g) and agree(f, g, 1), f"seed {seed}"
        assert lowered(f) == g
    assert {"factor", "fuse", "lay out", "orient"} <= changed
