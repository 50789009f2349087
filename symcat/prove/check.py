"""What is asked in one word: prove a claim or a learner's obligations."""

from __future__ import annotations

from pathlib import Path

from symcat.errors import UsageError
from symcat.laws.claim import Claim
from symcat.laws.obligations import obligations
from symcat.learn.learner import Learner
from symcat.prove.campaign import Ledger, Progress, run
from symcat.prove.decide import prove as prove_claim
from symcat.verdict import Verdict


def prove(what: Claim | Learner, timeout: float = 60.0, progress: Progress | None = None,
          certificates: Path | None = None) -> Verdict | Ledger:
    """The verdict on a claim, or the ledger of all obligations of a learner, each within its limit of seconds."""
    if isinstance(what, Claim):
        return prove_claim(what, certificates)
    if isinstance(what, Learner):
        return run(obligations(what), timeout=timeout, progress=progress, certificates=certificates)
    raise UsageError(f"prove was given a {type(what).__name__}: expected a claim or a learner; for an equality use sc.decide(lhs, rhs)")
