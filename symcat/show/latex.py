"""Morphisms, claims and verdicts as LaTeX: one aligned line for each comprehension, premises below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from symcat.category.comprehension import Comprehension, Requirement, letters_for
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.fold import Fold
from symcat.category.functions import FUNCTIONS, Smooth
from symcat.category.morphism import Morphism
from symcat.category.space import Space, Wire

NAMED = {function: function.__name__ for function in FUNCTIONS if function.__module__.startswith("symcat")}
SPECIAL = {"sigmoid": r"\sigma", "sign": r"\operatorname{sgn}", "maximum": r"\max", "minimum": r"\min"}


class Printer(LatexPrinter):
    """SymPy's printer with reads, brackets, deltas, selectors and the functions of symcat."""

    def _print_At(self, expr: At) -> str:
        return _subscripted(expr.name, [self._print(i) for i in expr.indices])

    def _print_Argmax(self, expr: Argmax) -> str:
        target = _subscripted(expr.name, [self._print(i) for i in expr.indices])
        return rf"\operatorname{{argmax}}_{{{expr.component}}}\left({target}\right)"

    def _print_Bracket(self, expr: Bracket) -> str:
        return rf"\left[{self._print(expr.args[0])} \geq 0\right]"

    def _print_Delta(self, expr: Delta, exp: str | None = None) -> str:
        return rf"\left[{self._print(expr.args[0])} = 0\right]"

    def _print_Function(self, expr: sp.Function, exp: str | None = None) -> str:
        if isinstance(expr, Smooth):
            name, order, argument = expr.args
            head = _word(name.name) + ("'" * int(order) if order.is_Integer and order <= 3 else rf"^{{({self._print(order)})}}")
            text = rf"{head}\left({self._print(argument)}\right)"
        elif type(expr) in NAMED:
            head = SPECIAL.get(NAMED[type(expr)], rf"\operatorname{{{NAMED[type(expr)]}}}")
            text = rf"{head}\left({', '.join(map(self._print, expr.args))}\right)"
        else:
            return super()._print_Function(expr, exp)
        return rf"{{{text}}}^{{{exp}}}" if exp is not None else text


def latex(value: Morphism | Space | Comprehension | Requirement | sp.Expr) -> str:
    r"""The LaTeX of a morphism (an aligned block), a space, a comprehension, a requirement or an expression.

    >>> from symcat.category.space import Real, space
    >>> latex(space(x=Real["n", 3]))
    'x : \\mathbb{R}^{n \\times 3}'
    """
    if isinstance(value, Morphism):
        return _morphism(value)
    if isinstance(value, Space):
        return r" \times ".join(f"{_word(name)} : {_wire(wire)}" for name, wire in value) or "1"
    if isinstance(value, Comprehension):
        return _comprehension(value).replace("&", "")
    if isinstance(value, Requirement):
        letters = {index(k): sp.Symbol(letter) for k, letter in enumerate("ijklpqrsuvw"[: len(value.extents)])}
        relation = {"!=0": r"\neq 0", ">0": "> 0", ">=0": r"\geq 0"}[value.relation]
        return f"{Printer().doprint(value.expr.xreplace(letters))} {relation}"
    return Printer().doprint(value)


def claim(record: Mapping[str, Any]) -> str:
    """A claim's record as a theorem, a counterexample or an open question."""
    kind = {"proved": "Theorem", "refuted": "Counterexample", "unknown": "Undecided"}[record["verdict"]]
    lines = [rf"\paragraph{{{kind} ({_text(record['name'])}).}} {_text(record['statement'])}."]
    if record["premises"]:
        lines.append(r"Premises: " + "; ".join(rf"\texttt{{{_text(p)}}}" for p in record["premises"]) + ".")
    if record["witness"]:
        lines.append(rf"The two sides are \texttt{{{_text(str(record['witness']['left']))}}} and "
                     rf"\texttt{{{_text(str(record['witness']['right']))}}} at the witness.")
    return "\n".join(lines)


def _morphism(f: Morphism) -> str:
    lines = _lines(f)
    names = ", ".join(map(_word, f.outs))
    lines.append(rf"& \text{{return }} {names}" if names else "&")
    lines += [rf"& \text{{where }} {latex(requirement)}" for requirement in f.requirements]
    body = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _lines(f: Morphism) -> list[str]:
    """A line for each comprehension; a fold, then what one of its steps does."""
    lines = []
    for node in f.nodes:
        if not isinstance(node, Fold):
            lines.append(_comprehension(node))
            continue
        first, last = (Printer().doprint(end) for end in ((node.length - 1, 0) if node.backward else (0, node.length - 1)))
        given = "; ".join(", ".join(map(_word, names)) for names in (node.initial, node.lists, node.constants) if names)
        lines.append(rf"{', '.join(map(_word, node.names))} &= \operatorname{{fold}}_{{t = {first}, \dots, {last}}} \left({given}\right)")
        outs = ", ".join(map(_word, node.cell.outs))
        whole = ", ".join(map(_word, node.cell.dom.names))
        lines += [rf"& \quad \text{{each step takes }} {whole}"]
        lines += [rf"\quad {line}" for line in _lines(node.cell)]
        lines += [rf"& \quad \text{{and gives }} {outs}"]
    return lines


def _comprehension(node: Comprehension) -> str:
    letters = {index(k): sp.Symbol(letter) for k, letter in enumerate(letters_for(node))}
    show = lambda expr: Printer().doprint(expr.xreplace(letters))
    over = node.reduced
    bounds = ", ".join(f"{show(symbol)} < {Printer().doprint(extent)}" for symbol, extent in over)
    head = (r"\max" if node.op == "max" else r"\sum") + f"_{{{bounds}}} " if over else ""
    guards = "".join(rf" \left[{show(guard)} \geq 0\right]" for guard in node.guards)
    sign = "=" if node.gather else r"\mathrel{+}="
    body = show(node.body)
    if over and node.body.is_Add:
        body = rf"\left({body}\right)"
    return f"{_subscripted(node.name, [show(e) for e in node.out])} &{sign} {head}{body}{guards}"


def _subscripted(name: str, indices: list[str]) -> str:
    return f"{_word(name)}_{{{', '.join(indices)}}}" if indices else _word(name)


def _word(name: str) -> str:
    return name if len(name) == 1 else rf"\mathit{{{_text(name)}}}"


def _wire(wire: Wire) -> str:
    ring = {0: r"\mathbb{R}", 2: r"\mathbb{Z}_2"}.get(wire.base.modulus, rf"\mathbb{{Z}}_{{{wire.base.modulus}}}")
    shape = r" \times ".join(map(Printer().doprint, wire.shape))
    return f"{ring}^{{{shape}}}" if shape else ring


ESCAPES = (("\\", r"\textbackslash "), ("_", r"\_"), ("^", r"\^{}"), ("%", r"\%"), ("#", r"\#"), ("&", r"\&"), ("~", r"\~{}"))


def _text(text: str) -> str:
    for character, escaped in ESCAPES:
        text = text.replace(character, escaped)
    return text
