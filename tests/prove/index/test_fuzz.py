"""Random program pairs: what is proved agrees numerically, at every size that satisfies the facts."""

from itertools import islice

from symcat.bench.prover.programs import pairs
from symcat.prove.index.equal import Proof, prove_equal
from tests.prove.index.oracle import agree, worst_difference

ROUNDS = 80


def test_what_is_proved_agrees():
    counts = {"proved": 0, "different": 0, "open": 0}
    for pair in islice(pairs(), ROUNDS):
        same = all(agree(pair.left, pair.right, sizes, pair.seed) for sizes in pair.sizes)
        if isinstance(prove_equal(pair.left, pair.right), Proof):
            assert same, (pair.seed, str(pair.left), str(pair.right))
            counts["proved"] += 1
        else:
            counts["open" if same else "different"] += 1
    assert counts["proved"] > ROUNDS // 3
    assert counts["different"] > ROUNDS // 10
    assert counts["open"] < ROUNDS // 6


def test_normal_forms_of_random_programs():
    for pair in islice(pairs(), ROUNDS // 2):
        worst, _ = worst_difference(pair.left, pair.sizes[-1], pair.seed)
        assert worst < 1e-9, (pair.seed, str(pair.left))
