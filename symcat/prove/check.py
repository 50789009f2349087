"""What is asked in one word: prove a claim or a learner's obligations, check an optimiser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from symcat.errors import UsageError
from symcat.laws.card import card
from symcat.laws.claim import Claim
from symcat.laws.obligations import obligations
from symcat.learn.learner import Learner
from symcat.learn.optimisers import Optimiser, optimiser
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


def check(rule: Optimiser | Callable, laws: Sequence[str] | None = None, timeout: float = 60.0, progress: Progress | None = None) -> Ledger:
    """The verdicts on an optimiser's law card, or on the laws that are named; a plain function is read as an optimiser."""
    if not callable(rule):
        raise UsageError(f"check was given a {type(rule).__name__}: expected an optimiser or a function "
                         "(p, g, state=initial, *, hyper=default)")
    return run(card_claims(rule if isinstance(rule, Optimiser) else optimiser(rule), laws), timeout=timeout, progress=progress)


def card_claims(rule: Optimiser, laws: Sequence[str] | None = None) -> tuple[Claim, ...]:
    """The card's claims, each under the law's own name; UsageError for the name of a law that is not in the card."""
    claims = tuple(replace(claim, name=claim.name.removesuffix(rule.name).strip()) for claim in card(rule))
    known = [claim.name for claim in claims]
    for name in laws or ():
        if name not in known:
            raise UsageError(f"no law {name!r} in the card: there are {', '.join(known)}")
    return tuple(claim for claim in claims if laws is None or claim.name in laws)
