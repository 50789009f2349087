"""A law card on a terminal: the laws of the lens, the symmetries with their levels, the group, the findings.

All functions take a card's data, as `Card.data()` has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from symcat.show.claims import STYLES, explanation, plain, shortened, verdict_text

Law = Mapping[str, Any]
LENS = ("GetPut", "PutGet", "PutPut", "own_parameter", "additive_action", "reduces_to_descent")
ROOM = 160    # characters of premises in a line
SHORT = {"proved": "yes", "refuted": "no", "unknown": "?"}
TITLES = {"dead_hyperparameters": "dead hyperparameter", "unread_state": "unread state", "lost_state": "lost state",
          "division_by_zero": "division by zero", "units": "units", "hidden_defaults": "hidden default", "reductions": "reduction",
          "stability": "stability"}


def sections(laws: Sequence[Law]) -> Iterator[tuple[str, list[Law]]]:
    """The laws of the lens and the symmetries, each under its title."""
    parts = {"the lens": [law for law in laws if law["name"] in LENS], "symmetries": [law for law in laws if law["name"] not in LENS]}
    return ((title, part) for title, part in parts.items() if part)


def common(laws: Sequence[Law]) -> tuple[str, ...]:
    """The premises that all proofs share, when there are several proofs: told once."""
    proofs = [law["premises"] for law in laws if law["verdict"] == "proved" and law["premises"]]
    return tuple(one for one in proofs[0] if all(one in premises for premises in proofs)) if len(proofs) > 1 else ()


def reason(law: Law, told: Sequence[str] = ()) -> str:
    """What stands behind the verdicts on a law, in a line: the witness with the leg that differs, or premises, or a reason.

    Where the path has another verdict than one step, it is told apart; premises in `told` are left out.
    """
    words = _reason(law, told)
    if law.get("leg") and "path" in law:
        words = f"{law['leg']} differs: {words}"
    path = law.get("path")
    if path and path["verdict"] != law["verdict"]:
        behind = f"on the path {path['verdict']}" + (f": {found}" if (found := _reason(path, told)) else "")
        words = f"{words}; {behind}" if words else behind
    return words


def _reason(law: Law, told: Sequence[str]) -> str:
    if law["verdict"] != "proved":
        return explanation(law)
    domains = law.get("domains") or {}
    grade = domains.get("grade", "") if domains.get("left") or domains.get("right") else ""
    return "; ".join(filter(None, (shortened([one for one in law["premises"] if one not in told], ROOM), grade)))


def levels(laws: Sequence[Law]) -> tuple[str, ...]:
    """The names of the levels that some of the laws are judged at."""
    return tuple(dict.fromkeys(level for law in laws for level in law.get("levels") or {}))


def functors(law: Law) -> str:
    """How the states move, in words."""
    return law.get("functors") or ""


def card(data: Mapping[str, Any]) -> RenderableType:
    """The whole card."""
    parts: list[RenderableType] = [_table(title, laws) for title, laws in sections(data["laws"])]
    if data["group"]:
        parts.append(Text.assemble("natural under ", (data["group"], "bold green")))
    parts += [_finding(finding) for finding in data["findings"]]
    return Panel(Group(*parts), title=f"law card of {data['target']}", title_align="left", expand=False)


def _table(title: str, laws: Sequence[Law]) -> Table:
    square, weaker, told = any("path" in law for law in laws), levels(laws), common(laws)
    caption = f"every proof: under {'; '.join(told)}" if told else None
    table = Table(title=title, title_justify="left", header_style="bold", expand=False, caption=caption, caption_justify="left")
    heads = ["law", "one step", *(["path", *weaker] if square else []), "premises, or the witness", "s"]
    for head in heads:
        narrow = head in ("law", "one step", "path", "s")
        table.add_column(head, justify="right" if head == "s" else "left", overflow="fold", no_wrap=narrow)
    for law in laws:
        cells = [_short(law.get("path")), *(_short((law.get("levels") or {}).get(level)) for level in weaker)] if square else []
        moved = f"\n[{functors(law)}]" if functors(law) else ""
        name, words, seconds = plain(law["name"], reason(law, told) + moved, f"{law['seconds']:.2f}")
        table.add_row(name, verdict_text(law), *cells, words, seconds)
    return table


def _short(record: Mapping[str, Any] | None) -> Text:
    if not record:
        return Text("")
    return Text(SHORT[record["verdict"]], STYLES[record["verdict"]])


def _finding(finding: Mapping[str, Any]) -> Text:
    style = "bold yellow" if finding.get("level") == "problem" else "cyan"
    return Text.assemble((f"{TITLES.get(finding['finding'], finding['finding'])}: ", style), finding["detail"])
