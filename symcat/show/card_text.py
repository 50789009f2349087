"""A law card as Markdown and as LaTeX, from its data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from symcat.show.card import SHORT, TITLES, Law, common, functors, levels, reason, sections

LONGEST = 240
SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
           "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
SYMBOLS = {"⋉": r"$\ltimes$", "Rⁿ": r"$\mathbb{R}^n$",
           "×": r"$\times$", "·": r"$\cdot$", "ⁿ": r"$^n$", "∥": r"$\parallel$", "∘": r"$\circ$"}


def shortened(text: str, most: int = LONGEST) -> str:
    """Text in one line of at most so many characters."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."


# ---- Markdown
def markdown(data: Mapping[str, Any]) -> str:
    """The card as a Markdown document.

    >>> law = {"name": "GetPut", "verdict": "proved", "premises": ["a | b"], "expected": "either", "seconds": 0.1}
    >>> print(markdown({"target": "x", "laws": [law], "group": "", "findings": []}))
    # Law card of x
    <BLANKLINE>
    ## The lens
    <BLANKLINE>
    | law | one step | premises, or the witness |
    |---|---|---|
    | GetPut | **PROVED** | a \\| b |
    <BLANKLINE>
    """
    lines = [f"# Law card of {data['target']}", ""]
    for title, laws in sections(data["laws"]):
        square, weaker, told = _square(laws), levels(laws), common(laws)
        heads = ["law", "one step", *(["path", *weaker, "states move as"] if square else []), "premises, or the witness"]
        lines += [f"## {title.capitalize()}", "", _row(heads), "|" + "---|" * len(heads)]
        for law in laws:
            cells = _cells(law, weaker) if square else []
            lines.append(_row([law["name"], f"**{law['verdict'].upper()}**", *cells, shortened(reason(law, told))]))
        lines += ["", *([_escaped(f"Every proof: under {'; '.join(told)}."), ""] if told else [])]
    if data["group"]:
        lines += [f"Natural under **{data['group']}**.", ""]
    if data["findings"]:
        lines += ["## Findings", ""]
        lines += [f"- **{_title(one)}**: {_escaped(one['detail'])}" for one in data["findings"]]
        lines.append("")
    return "\n".join(lines)


def _title(finding: Mapping[str, Any]) -> str:
    return TITLES.get(finding["finding"], finding["finding"])


def _square(laws: Sequence[Law]) -> bool:
    return any("path" in law for law in laws)


def _cells(law: Law, weaker: Sequence[str]) -> list[str]:
    others = [law.get("path"), *((law.get("levels") or {}).get(level) for level in weaker)]
    return [*(SHORT[one["verdict"]] if one else "" for one in others), functors(law)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


# ---- LaTeX
def latex(data: Mapping[str, Any]) -> str:
    """The card as a LaTeX document, with the package booktabs and nothing unusual beside it."""
    lines = [r"\documentclass{article}", r"\usepackage[T1]{fontenc}", r"\usepackage{amssymb,booktabs,longtable,array}",
             r"\usepackage[margin=2cm]{geometry}", r"\begin{document}", rf"\section*{{Law card of {_tex(data['target'])}}}"]
    for title, laws in sections(data["laws"]):
        square, weaker, told = _square(laws), levels(laws), common(laws)
        heads = ["law", "one step", *(["path", *weaker] if square else []), "premises, or the witness"]
        columns = "ll" + ("l" * (1 + len(weaker)) if square else "") + rf">{{\raggedright\arraybackslash}}p{{{7 if square else 10}cm}}"
        lines += [rf"\subsection*{{{title.capitalize()}}}", rf"\begin{{longtable}}{{{columns}}}", r"\toprule",
                  " & ".join(heads) + r" \\", r"\midrule", r"\endhead"]
        for law in laws:
            cells = [law["name"], law["verdict"], *(_cells(law, weaker)[:-1] if square else []), shortened(reason(law, told))]
            lines.append(" & ".join(map(_tex, cells)) + r" \\")
        lines += [r"\bottomrule", r"\end{longtable}", *([_tex(f"Every proof: under {'; '.join(told)}.")] if told else [])]
    if data["group"]:
        lines.append(rf"Natural under {_tex(data['group'])}.")
    if data["findings"]:
        lines += [r"\subsection*{Findings}", r"\begin{itemize}"]
        lines += [rf"\item \textbf{{{_tex(_title(one))}}}: {_tex(one['detail'])}" for one in data["findings"]]
        lines.append(r"\end{itemize}")
    return "\n".join([*lines, r"\end{document}", ""])


def _tex(text: str) -> str:
    """Text for LaTeX; symbols without a place in its fonts are written out.

    >>> _tex("b_1 & O(n)⋉Rⁿ")
    'b\\\\_1 \\\\& O(n)$\\\\ltimes$$\\\\mathbb{R}^n$'
    """
    parts = re.split("(" + "|".join(sorted(map(re.escape, SYMBOLS), key=len, reverse=True)) + ")", " ".join(text.split()))
    return "".join(SYMBOLS[part] if part in SYMBOLS else "".join(_letter(c) for c in part) for part in parts)


def _letter(c: str) -> str:
    return SPECIAL.get(c, c if c.isascii() else "?")
