"""Terms: real expressions as they were written, with nothing simplified, so that no condition of a domain is lost.

`switch(p, a, b, c)` is a where p < 0, b where p = 0 and c where p > 0: the only branching there is.  Of its branches only the
one taken has to be defined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

ARITY = {"number": 0, "variable": 0, "pi": 0, "inverse": 1, "power": 1, "root": 1, "exp": 1, "log": 1, "sin": 1, "cos": 1,
         "atan": 1, "asin": 1, "erf": 1, "switch": 4, "add": None, "mul": None}


@dataclass(frozen=True)
class Term:
    """An operation on terms; `value` is a number's Fraction, a variable's name, a power's exponent > 0 or a root's order > 1."""

    op: str
    args: tuple[Term, ...] = ()
    value: Fraction | int | str | None = None
    digest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hash((self.op, tuple(a.digest for a in self.args), self.value)))

    def __hash__(self) -> int:
        return self.digest

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Term) or self.digest != other.digest:
            return False
        return (self.op, self.value, self.args) == (other.op, other.value, other.args)

    def __add__(self, other: Term) -> Term:
        return Term("add", (self, other))

    def __sub__(self, other: Term) -> Term:
        return Term("add", (self, -other))

    def __mul__(self, other: Term) -> Term:
        return Term("mul", (self, other))

    def __truediv__(self, other: Term) -> Term:
        return Term("mul", (self, Term("inverse", (other,))))

    def __neg__(self) -> Term:
        return Term("mul", (number(-1), self))

    def __str__(self) -> str:
        return text(self)


def number(value: int | Fraction) -> Term:
    return Term("number", (), Fraction(value))


def variable(name: str) -> Term:
    return Term("variable", (), name)


def power(base: Term, exponent: int) -> Term:
    """An integer power; the zeroth is 1, a negative one divides."""
    if exponent == 0:
        return ONE
    if exponent < 0:
        return Term("inverse", (power(base, -exponent),))
    return base if exponent == 1 else Term("power", (base,), exponent)


def root(base: Term, order: int) -> Term:
    return base if order == 1 else Term("root", (base,), order)


def call(op: str, *args: Term) -> Term:
    return Term(op, args)


def switch(p: Term, below: Term, at: Term, above: Term) -> Term:
    return Term("switch", (p, below, at, above))


ZERO, ONE, PI = number(0), number(1), Term("pi")


def names(term: Term) -> frozenset[str]:
    """The variables of a term."""
    found: set[str] = set()
    seen: set[Term] = set()
    stack = [term]
    while stack:
        t = stack.pop()
        if t in seen:
            continue
        seen.add(t)
        if t.op == "variable":
            found.add(str(t.value))
        stack.extend(t.args)
    return frozenset(found)


def numbers(term: Term) -> set[Fraction]:
    """The numbers that a term names."""
    found, seen, stack = set(), set(), [term]
    while stack:
        t = stack.pop()
        if t not in seen:
            seen.add(t)
            found |= {t.value} if t.op == "number" else set()
            stack.extend(t.args)
    return found


def data(term: Term) -> list:
    """A term as JSON-able data."""
    value = [] if term.value is None else [str(term.value)]
    return [term.op, *value, *map(data, term.args)]


# ---- printing: a sum binds loosest, then a product, then a power
def text(term: Term, binding: int = 0) -> str:
    """A term in the notation of SymPy.

    >>> x = variable("x")
    >>> print(power(x, 2) - number(1), x / (x + ONE), number(Fraction(1, 2)) * root(x, 2))
    x**2 - 1 x/(x + 1) 1/2*sqrt(x)
    """
    op, args = term.op, term.args
    if op == "number":
        plain = term.value.denominator == 1 and term.value >= 0
        return str(term.value) if plain or binding == 0 or (binding == 1 and term.value >= 0) else f"({term.value})"
    if op in ("variable", "pi"):
        return str(term.value or op)
    if op == "add":
        return _bracket(_sum(args), binding > 0)
    if op == "mul":
        return _bracket(_product(args), binding > 1)
    if op == "inverse":
        return _bracket(f"1/{text(args[0], 2)}", binding > 1)
    if op == "power":
        return _bracket(f"{text(args[0], 3)}**{term.value}", binding > 2)
    if op == "root":
        return f"sqrt({args[0]})" if term.value == 2 else f"root({args[0]}, {term.value})"
    return _switch(*args) if op == "switch" else f"{op}({', '.join(map(text, args))})"


def _switch(p: Term, below: Term, at: Term, above: Term) -> str:
    """A switch under the name of the function that it is."""
    if (below, at, above) == (-p, ZERO, p):
        return f"Abs({p})"
    if (below, at, above) == (-ONE, ZERO, ONE):
        return f"sign({p})"
    if below == at == ZERO and above in (p, ONE):
        return f"{'relu' if above == p else 'step'}({p})"
    if p.op == "add" and p == at - below and at == above:
        return f"Max({at}, {below})"
    if p.op == "add" and p == below - above and at == below:
        return f"Min({below}, {above})"
    return f"switch({', '.join(map(text, (p, below, at, above)))})"


def _bracket(body: str, needed: bool) -> str:
    return f"({body})" if needed else body


def _sum(args: tuple[Term, ...]) -> str:
    result = ""
    for k, part in enumerate(args):
        piece = text(part, 0)
        if part.op == "add" and k:
            piece = f"({piece})"
        result += piece if not k else f" - {piece[1:]}" if piece.startswith("-") else f" + {piece}"
    return result or "0"


def _product(args: tuple[Term, ...]) -> str:
    sign = args and args[0] == number(-1) and len(args) > 1
    result = ""
    for k, part in enumerate(args[1:] if sign else args):
        if part.op == "inverse":
            result += f"{'' if k else '1'}/{text(part.args[0], 2)}"
        else:
            result += f"{'*' if k else ''}{text(part, 1 if k == 0 else 2)}"
    return ("-" if sign else "") + (result or "1")
