"""Readable text of normal forms, for premises, residues and certificates."""

from __future__ import annotations

from collections.abc import Mapping

from symcat.prove.index.affine import Affine
from symcat.prove.index.table import Call, Expr, Factors, Hyper, Number, Read, Several, Sum, Table, Term, Value, Zero

LENGTH = 2000


class Printer:
    """Prints expressions of one table; `names` gives the inputs their names in the program."""

    def __init__(self, table: Table, names: Mapping[str, str]) -> None:
        self.table, self.names = table, names

    def expression(self, e: Expr, length: int = LENGTH) -> str:
        """The expression as text, cut off at a length."""
        text = " + ".join(self._term(term, q) for term, q in self.table.frozen[self.table.freeze(e)]) or "0"
        return text if len(text) <= length else text[:length] + f"... ({len(e)} terms)"

    def _term(self, term: Term, q: Number) -> str:
        guards, factors = term
        parts = [str(q)] if q != 1 or (not factors and not guards) else []
        parts += [f"[{self.form(g)} >= 0]" for g in sorted(guards)]
        return "*".join([*parts, *([self._product(factors)] if factors else [])])

    def _product(self, factors: Factors) -> str:
        return "*".join(self.atom(a) + (f"^{k}" if k != 1 else "") for a, k in factors)

    def form(self, form: Affine) -> str:
        """An affine form as text."""
        terms = [(f"{k}*" if k != 1 else "") + self._variable(v) for v, k in form[1]]
        if form[0] or not terms:
            terms.append(str(form[0]))
        return " + ".join(terms).replace("+ -1*", "- ").replace("+ -", "- ")

    def _variable(self, v: int) -> str:
        data = self.table.variables[v]
        return f"argmax{data.component}({self._frozen(data.body)})" if data.kind == "selector" else data.label

    def _frozen(self, number: int) -> str:
        return self.expression(self.table.thaw(number), LENGTH)

    def atom(self, a: int) -> str:
        """An atom as text."""
        match self.table.atoms[a]:
            case Read(name=name, indices=indices):
                inside = ", ".join(map(self.form, indices))
                return self.names.get(name, name) + (f"[{inside}]" if indices else "")
            case Value(variable=v):
                return self._variable(v)
            case Hyper(name=name):
                return name
            case Zero(form=form):
                return f"[{self.form(form)} = 0]"
            case Call(function=function, arguments=arguments):
                return f"{function}({', '.join(map(self._frozen, arguments))})"
            case Several(body=body):
                return f"({self._frozen(body)})"
            case Sum(guards=guards, factors=factors):
                return f"sum{{{', '.join(self.form(g) + ' >= 0' for g in guards)}}}({self._product(factors)})"
        return "?"
