"""`symcat check`: the law card of an optimiser."""

from __future__ import annotations

import argparse
from dataclasses import replace

from symcat.commands.report import check_destination, exit_code, write_json
from symcat.commands.target import parse
from symcat.errors import UsageError
from symcat.laws.card import card as claims_of
from symcat.laws.claim import Claim
from symcat.learn.optimisers import OPTIMISERS, Optimiser, optimiser
from symcat.prove.campaign import run as decide_all
from symcat.show.claims import card
from symcat.show.screen import bar, screen


def run(arguments: argparse.Namespace) -> int:
    """Decide the card's laws, print it, report."""
    check_destination(arguments.json)
    console = screen(to_stderr=arguments.json == "-")
    claims = _chosen(card_claims(find(arguments.target)), arguments.laws)
    with bar(console, "checking", len(claims)) as (progress, task):
        def show(done: int, total: int, claim: object, verdict: object) -> None:
            progress.update(task, completed=done, note=f"{claim.name}: {verdict.status}")

        records = decide_all(claims, timeout=arguments.timeout, progress=show).records
        progress.update(task, note="")
    console.print(card(arguments.target, records))
    write_json(arguments.json, {"target": arguments.target, "laws": records, "group": "", "findings": []})
    return exit_code(records)


def find(text: str) -> Optimiser:
    """The optimiser that a target names; hyperparameters in the target become constants, edges such as eps = 0 included."""
    target = parse(text)
    found = target.find(OPTIMISERS, "optimiser")
    if not isinstance(found, Optimiser):
        if not callable(found):
            raise UsageError(f"{target.where} is a {type(found).__name__}: "
                             f"expected an optimiser or a function (p, g, state=initial, *, hyper=default)")
        found = optimiser(found)
    return found.at(**dict(target.arguments)) if target.arguments else found


def card_claims(rule: Optimiser) -> tuple[Claim, ...]:
    """The card's claims, each under the law's own name."""
    return tuple(replace(claim, name=claim.name.removesuffix(rule.name).strip()) for claim in claims_of(rule))


def _chosen(claims: tuple[Claim, ...], names: str | None) -> tuple[Claim, ...]:
    if names is None:
        return claims
    wanted = [name.strip() for name in names.split(",")]
    known = [claim.name for claim in claims]
    for name in wanted:
        if name not in known:
            raise UsageError(f"no law {name!r} in the card: there are {', '.join(known)}")
    return tuple(claim for claim in claims if claim.name in wanted)
