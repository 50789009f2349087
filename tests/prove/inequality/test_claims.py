"""The claims of proofs/inequalities.py: false neighbours are all refuted, and of the true ones the quick are proved here."""

from pathlib import Path

import pytest

from symcat.prove.claim import Claim
from symcat.prove.decide import prove
from symcat.prove.module import load

CLAIMS = load(Path(__file__).parents[3] / "proofs" / "inequalities.py").claims
QUICK = ("descent", "heavy ball, stable", "arithmetic and geometric mean, 2", "Young", "convexity of x^2", "Motzkin", "logarithm")


def test_every_true_claim_has_a_false_neighbour() -> None:
    true, false = ([claim.name for claim in CLAIMS if claim.expected == status] for status in ("proved", "refuted"))
    assert len(true) == len(false) >= 25
    assert all(other.startswith(f"{name}: ") for name, other in zip(true, false, strict=True))
    assert set(QUICK) <= set(true)


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.expected == "refuted" or c.name in QUICK], ids=lambda claim: claim.name)
def test_a_claim_comes_out_as_expected(claim: Claim) -> None:
    verdict = prove(claim)
    assert verdict.status == claim.expected, verdict
    assert verdict.refuted or verdict.method.startswith("sums of squares")
