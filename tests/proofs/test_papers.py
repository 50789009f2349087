"""The claims about papers and the identities for all sizes come out as expected, each decided here without limits or cache."""

from pathlib import Path

import pytest

from symcat.prove.certificate import recheck
from symcat.prove.claim import Claim, as_expected
from symcat.prove.decide import prove
from symcat.prove.module import load

PROOFS = Path(__file__).parents[2] / "proofs"
MODULES = {name: load(PROOFS / f"{name}.py") for name in ("dual_process", "f_adjoint", "identities", "no_derivative")}
EVERY = [(name, claim) for name, module in MODULES.items() for claim in module.claims]


@pytest.mark.parametrize("claim", [claim for _, claim in EVERY],
                         ids=[f"{name}: {claim.name}" for name, claim in EVERY])
def test_a_claim_comes_out_as_expected(claim: Claim) -> None:
    verdict = prove(claim)
    assert as_expected(claim, verdict), verdict


@pytest.mark.parametrize("name", MODULES)
def test_true_claims_have_false_neighbours(name: str) -> None:
    expected = [claim.expected for claim in MODULES[name].claims]
    assert expected.count("refuted") >= 4
    assert expected.count("proved") >= 6


@pytest.mark.parametrize("name", ["RDC-F depth 1", "RDC-F over Z2, depth 1", "relaxation, closed form"])
def test_certificates_are_replayed(name: str, tmp_path: Path) -> None:
    verdict = prove(MODULES["f_adjoint"].claim(name), tmp_path)
    found = recheck(Path(verdict.certificate["path"]))
    assert found.ok, found.why
