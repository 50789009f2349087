"""The law card of an optimiser, decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from symcat.errors import UsageError
from symcat.laws.card import card
from symcat.laws.claim import Claim
from symcat.learn.optimisers import Optimiser, optimiser
from symcat.prove.campaign import Ledger, Progress, run


def check(rule: Optimiser | Callable, laws: Sequence[str] | None = None, timeout: float = 60.0, progress: Progress | None = None) -> Ledger:
    """The verdicts on an optimiser's law card, or on the laws that are named; a plain function is read as an optimiser."""
    return run(card_claims(rule if isinstance(rule, Optimiser) else optimiser(rule), laws), timeout=timeout, progress=progress)


def card_claims(rule: Optimiser, laws: Sequence[str] | None = None) -> tuple[Claim, ...]:
    """The card's claims, each under the law's own name; UsageError for the name of a law that is not in the card."""
    claims = tuple(replace(claim, name=claim.name.removesuffix(rule.name).strip()) for claim in card(rule))
    known = [claim.name for claim in claims]
    for name in laws or ():
        if name not in known:
            raise UsageError(f"no law {name!r} in the card: there are {', '.join(known)}")
    return tuple(claim for claim in claims if laws is None or claim.name in laws)
