"""`symcat diff`: whether two update rules are the same optimiser."""

from __future__ import annotations

import argparse
from dataclasses import replace

from symcat.commands.report import check_destination, write_json
from symcat.diff.compare import diff
from symcat.interop.rules import read
from symcat.show.difference import difference
from symcat.show.screen import screen


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, report."""
    check_destination(arguments.json)
    console = screen(to_stderr=arguments.json == "-")
    rules = [read(text) for text in (arguments.a, arguments.b)]
    found = diff(*rules, translate=arguments.translate, given=arguments.given, timeout=arguments.timeout)
    found = replace(found, a=arguments.a, b=arguments.b)
    console.print(difference(found))
    write_json(arguments.json, found.data())
    return found.exit_code
