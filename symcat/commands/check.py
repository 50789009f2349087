"""`symcat check`: the law card of an optimiser, on the terminal, as Markdown, LaTeX or JSON."""

from __future__ import annotations

import argparse
import json

from symcat.card.card import plan
from symcat.commands.report import check_destination, exit_code, write_json
from symcat.errors import UsageError
from symcat.laws.claim import Claim
from symcat.show.screen import bar, screen
from symcat.verdict import Verdict

FORMATS = ("text", "markdown", "latex", "json")


def run(arguments: argparse.Namespace) -> int:
    """Decide the card, print it, report."""
    check_destination(arguments.json)
    if arguments.json == "-" and arguments.format != "text":
        raise UsageError(f"--json - and --format {arguments.format}: standard output carries one of them")
    console = screen(to_stderr=arguments.json == "-" or arguments.format != "text")
    laws = [name.strip() for name in arguments.laws.split(",")] if arguments.laws else None
    asked = plan(arguments.target, laws, arguments.target)
    with bar(console, "checking", len(asked.claims)) as (progress, task):
        def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
            progress.update(task, completed=done, note=f"{claim.name}: {verdict.status}")

        found = asked.card(arguments.timeout, show)
        progress.update(task, note="")
    data = found.data()
    if arguments.format == "text":
        from symcat.show.card import card as panel

        console.print(panel(data))
    else:
        print(written(data, arguments.format))
    write_json(arguments.json, data)
    return exit_code(found.records)


def written(data: dict, form: str) -> str:
    """A card's data in a format."""
    if form == "json":
        return json.dumps(data, indent=1, allow_nan=False)
    from symcat.show import card_text

    return card_text.markdown(data) if form == "markdown" else card_text.latex(data)
