"""Inequalities and formulas over real numbers, integers and truth values as theorems, proved by tactics of the prelude."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

import sympy as sp
from sympy.logic.boolalg import BooleanAtom, BooleanFunction

from symcat.prove.claim import Formula, Inequality
from symcat.prove.coq.equation import Theorem
from symcat.prove.coq.names import Names
from symcat.prove.coq.scalars import NotExported, Scalars
from symcat.prove.coq.squares import steps
from symcat.prove.coq.term import ARGUMENT, Call, Inverse, Number, Term, children, text

METHOD = "order tactics"
SCALE = 10**9
RELATIONS = {sp.StrictLessThan: "<", sp.LessThan: "<=", sp.StrictGreaterThan: ">", sp.GreaterThan: ">=", sp.Equality: "=",
             sp.Unequality: "<>"}
CONNECTIVES = {sp.And: " /\\ ", sp.Or: " \\/ ", sp.Implies: " -> ", sp.Equivalent: " <-> "}
SIGNS = (("positive", "> 0"), ("negative", "< 0"), ("nonnegative", ">= 0"), ("nonpositive", "<= 0"), ("nonzero", "<> 0"))


def inequality(title: str, goal: Inequality) -> Theorem:
    """The theorem that an inequality states, wherever both sides are defined."""
    symbols = goal.symbols
    if any(not symbol.is_real for symbol in symbols):
        raise NotExported("a symbol that is not real")
    made = _Statement(symbols, "R")
    lhs, rhs = (made.term(side) for side in (goal.lhs, goal.rhs))
    given = [made.proposition(relation) for relation in goal.assuming]
    conclusion = f"{text(lhs)} {goal.rel} {text(rhs)}"
    hints = steps(goal, made.scalars.symbols)
    proof = f"intros {' '.join(made.scalars.symbols.values())}; intros. {' '.join(hints)} first [lra | ordered]." if hints else "ordered."
    return made.theorem(title, [*made.signs(), *given], conclusion, proof)


def formula(title: str, goal: Formula) -> Theorem:
    """The theorem that a formula states."""
    parts = (*goal.hypotheses, goal.conclusion)
    symbols = sorted(set().union(*(part.free_symbols for part in parts)), key=lambda s: s.name)
    if not symbols:
        raise NotExported("a statement without variables")
    if all(symbol.is_integer for symbol in symbols):
        kind, proof = "Z", "intros; lia."
    elif all(symbol.is_real for symbol in symbols):
        kind, proof = "R", "ordered."
    elif not any(part.has(*RELATIONS) for part in parts):
        kind, proof = "bool", "".join(["repeat (let x := fresh in intro x; destruct x); ", "intuition congruence."])
    else:
        raise NotExported("variables of several kinds")
    made = _Statement(symbols, kind)
    return made.theorem(title, [*made.signs(), *map(made.proposition, goal.hypotheses)], made.proposition(goal.conclusion), proof)


class _Statement:
    """A statement over variables of one kind."""

    def __init__(self, symbols: Sequence[sp.Symbol], kind: str) -> None:
        self.scalars, self.kind, self.symbols = Scalars(Names()), kind, symbols
        for symbol in symbols:
            self.scalars.symbols[symbol.name] = self.scalars.names.new(symbol.name)
        self.defined: dict[str, None] = {}
        self.roots: dict[Fraction, None] = {}

    def signs(self) -> list[str]:
        """What is known of the signs of the variables."""
        return [f"{self.scalars.symbols[symbol.name]} {relation}" for symbol in self.symbols
                for relation in [next((words for sign, words in SIGNS if getattr(symbol, f"is_{sign}")), None)] if relation]

    def term(self, e: sp.Expr) -> Term:
        if e.has(sp.Piecewise):
            raise NotExported("the function Piecewise")
        found = self.scalars.term(e, self._no_index)
        if self.kind == "R":
            self._domain(found)
        elif not _whole(found):
            raise NotExported("integers that are not combined by sums and products")
        return found

    def _domain(self, term: Term) -> None:
        """Where a term is defined: what Coq's total functions leave out."""
        for child in children(term):
            self._domain(child)
        if isinstance(term, Inverse) and not isinstance(term.base, Number):
            self.defined[f"{text(term.base)} <> 0"] = None
        elif _numeric(term):
            self.roots[term.arguments[0].value] = None
        elif isinstance(term, Call) and term.function in ("ln", "sqrt"):
            self.defined[f"{text(term.arguments[0])} {'> 0' if term.function == 'ln' else '>= 0'}"] = None

    def proposition(self, e: sp.Basic) -> str:
        """A relation, or relations joined by connectives."""
        if isinstance(e, BooleanAtom):
            return str(bool(e))
        if isinstance(e, sp.Symbol):
            return f"{self.scalars.symbols[e.name]} = true"
        if type(e) in RELATIONS:
            return f"{text(self.term(e.args[0]))} {RELATIONS[type(e)]} {text(self.term(e.args[1]))}"
        if isinstance(e, sp.Not):
            return f"~ ({self.proposition(e.args[0])})"
        if isinstance(e, sp.Xor) and len(e.args) == 2:
            return f"~ (({self.proposition(e.args[0])}) <-> ({self.proposition(e.args[1])}))"
        if type(e) in CONNECTIVES and isinstance(e, BooleanFunction):
            args = e.args if isinstance(e, sp.Implies) else sorted(e.args, key=sp.default_sort_key)
            if len(args) == 2 or isinstance(e, (sp.And, sp.Or)):
                return CONNECTIVES[type(e)].join(f"({self.proposition(part)})" for part in args)
        raise NotExported(f"the connective {type(e).__name__}")

    def theorem(self, title: str, given: Sequence[str], conclusion: str, proof: str) -> Theorem:
        if conclusion == "True":
            raise NotExported("a statement that is true before any proof")
        names = [self.scalars.symbols[symbol.name] for symbol in self.symbols]
        if self.scalars.functions:
            raise NotExported("a power that is not whole")
        bound = f"forall {' '.join(names)} : {self.kind}, " if names else ""
        hypotheses = [f"  ({condition}) ->" for condition in dict.fromkeys((*given, *self.defined))]
        scope = "Z" if self.kind == "Z" else "R"
        lines = [f"Module {title}.", "Import Real Order.", f"Local Open Scope {scope}_scope.", "", f"Theorem holds : {bound}".rstrip(),
                 *hypotheses, f"  {conclusion}.", f"Proof. {''.join(map(_enclosed, self.roots))}{proof} Qed.", "", f"End {title}."]
        return Theorem(tuple(lines), METHOD if self.kind == "R" else "decision procedures", searched=True)

    @staticmethod
    def _no_index(symbol: sp.Symbol) -> str:
        raise NotExported(f"the index {symbol}")


def _whole(term: Term) -> bool:
    return not isinstance(term, (Call, Inverse)) and not (isinstance(term, Number) and term.value.denominator != 1) and all(
        map(_whole, children(term)))


def _numeric(term: Term) -> bool:
    """Whether a root is that of a number that is not negative."""
    if not isinstance(term, Call) or term.function != "sqrt":
        return False
    (argument,) = term.arguments
    return isinstance(argument, Number) and argument.value >= 0


def _enclosed(value: Fraction) -> str:
    """A tactic that encloses the root of a number between two fractions."""
    low = Fraction(isqrt(value.numerator * value.denominator * SCALE**2), value.denominator * SCALE)
    root, ends = text(Call("sqrt", (Number(value),))), [text(Number(end), ARGUMENT) for end in (low, low + Fraction(1, SCALE))]
    return (f"assert ({ends[0]} <= {root} <= {ends[1]}) by (pose proof (sqrt_pos {text(Number(value), ARGUMENT)}); "
            f"assert ({root} * {root} = {text(Number(value), ARGUMENT)}) by (apply sqrt_sqrt; lra); split; nra). ")
