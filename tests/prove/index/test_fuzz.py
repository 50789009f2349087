"""Random program pairs: what is proved agrees numerically, at every size that satisfies the facts."""

import random

from symcat.derivative.reverse import R
from symcat.errors import ShapeError
from symcat.prove.index.equal import Proof, prove_equal
from tests.prove.index import fuzz
from tests.prove.index.oracle import agree, worst_difference

ROUNDS = 80


def sizes_for(*programs):
    """The sizes at which every fact of the programs holds."""
    return [s for s in fuzz.SIZES
            if all(fact.expr.subs({fuzz.n: s["n"], fuzz.k: s["k"]}) >= 0 for f in programs for fact in f.facts)]


def pairs():
    seed = 0
    while True:
        seed += 1
        rng = random.Random(seed)
        plans = fuzz.plans(rng)
        left, right = fuzz.program(plans), fuzz.program(fuzz.changed(rng, plans))
        if not left.cod.fits(right.cod):
            continue
        if rng.random() < 0.3:
            try:
                left, right = R(left), R(right)
            except ShapeError:      # the builder asks for unguarded reads in range
                continue
        sizes = sizes_for(left, right)
        if sizes:
            yield seed, left, right, sizes


def test_what_is_proved_agrees():
    counts = {"proved": 0, "different": 0, "open": 0}
    for _, (seed, left, right, sizes) in zip(range(ROUNDS), pairs(), strict=False):
        same = all(agree(left, right, s, seed) for s in sizes)
        if isinstance(prove_equal(left, right), Proof):
            assert same, (seed, str(left), str(right))
            counts["proved"] += 1
        else:
            counts["open" if same else "different"] += 1
    assert counts["proved"] > ROUNDS // 3
    assert counts["different"] > ROUNDS // 10
    assert counts["open"] < ROUNDS // 6


def test_normal_forms_of_random_programs():
    for _, (seed, left, _, sizes) in zip(range(ROUNDS // 2), pairs(), strict=False):
        worst, _ = worst_difference(left, sizes[-1], seed)
        assert worst < 1e-9, (seed, str(left))
