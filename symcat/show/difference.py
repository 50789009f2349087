"""A comparison of two optimisers on the screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from symcat.diff.difference import Difference
from symcat.show.claims import shortened
from symcat.verdict import describe

STYLES = {"equal": "bold green", "equal-under-state-map": "bold green", "equal-under-premises": "bold green", "ordered": "bold cyan",
          "different": "bold cyan", "unknown": "bold yellow"}
WORDS = {"equal-under-state-map": "EQUAL UNDER A MAP OF STATES", "equal-under-premises": "EQUAL UNDER PREMISES"}


def difference(found: Difference) -> RenderableType:
    """The relation, then what it rests on, one line for each thing that there is to say."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, text in _lines(found):
        if text:
            table.add_row(label, Text(text))
    headline = Text(WORDS.get(found.relation, found.relation.upper()), STYLES[found.relation])
    return Panel(Group(headline, table), title=f"{found.a} against {found.b}", title_align="left", expand=False)


def _lines(found: Difference) -> Iterator[tuple[str, str]]:
    premised = found.same or found.relation == "ordered"
    yield "premises" if premised else "equal if", ", ".join(found.premises)
    yield "map of states", "; ".join(found.state_map)
    yield "translation", ", ".join(f"{name} = {text}" for name, text in found.translation.items())
    yield "first step", str(found.first_step) if found.first_step else ""
    yield "witness", describe(found.witness) if found.witness else ""
    yield "without effect" if found.same and not found.witness else "what differs", found.term
    yield "initial state", found.initial_state
    yield "recursion", found.recursion
    yield "names", ", ".join(found.aligned)
    yield "defaults", ", ".join(found.defaults)
    yield "shapes", found.shapes
    yield "assumes", shortened(found.assumes)
    yield "proof", found.certificate["digest"][:16] if found.certificate else ""
    yield "read with", "; ".join(text for text in found.reading if "counts of steps" in text)
    yield "note", found.note
    yield "time", f"{found.seconds:.2f} s"
