"""`symcat check`: the law card of an optimiser."""

from __future__ import annotations

import argparse

from symcat.commands.report import check_destination, exit_code, write_json
from symcat.interop.rules import read
from symcat.laws.claim import Claim
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
    claims = card_claims(read(arguments.target), laws)
    with bar(console, "checking", len(claims)) as (progress, task):
        def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
            progress.update(task, completed=done, note=f"{claim.name}: {verdict.status}")

        records = decide_all(claims, timeout=arguments.timeout, progress=show).records
        progress.update(task, note="")
    console.print(card(arguments.target, records))
    write_json(arguments.json, {"target": arguments.target, "laws": records, "group": "", "findings": []})
    return exit_code(records)
