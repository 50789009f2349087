"""`symcat check`: the law card of an optimiser."""

from __future__ import annotations

import argparse

from symcat.commands.report import check_destination, exit_code, write_json
from symcat.commands.target import parse
from symcat.errors import SymcatError, UsageError
from symcat.laws.card import VECTOR
from symcat.laws.claim import Claim
from symcat.learn.optimisers import OPTIMISERS, Optimiser, optimiser
from symcat.prove.campaign import run as decide_all
from symcat.prove.check import card_claims
from symcat.show.claims import card
from symcat.show.screen import bar, screen
from symcat.verdict import Verdict


def run(arguments: argparse.Namespace) -> int:
    """Decide the card's laws, print it, report."""
    check_destination(arguments.json)
    console = screen(to_stderr=arguments.json == "-")
    laws = [name.strip() for name in arguments.laws.split(",")] if arguments.laws else None
    claims = card_claims(find(arguments.target), laws)
    with bar(console, "checking", len(claims)) as (progress, task):
        def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
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
    return _readable(found.at(**dict(target.arguments)) if target.arguments else found)


def _readable(rule: Optimiser) -> Optimiser:
    """The optimiser, after one step of it was traced: what cannot be read is an error now, not a card of unknown laws."""
    try:
        rule.step(VECTOR)
    except SymcatError:
        raise
    except Exception as error:
        raise UsageError(f"one step of {rule.name} failed with {type(error).__name__}: {error}; expected a function "
                         f"(p, g, state=initial, *, hyper=default) that returns the new parameter and states") from error
    return rule
