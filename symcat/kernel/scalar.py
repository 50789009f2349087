"""Expressions as Python text: shared subterms named once, each computed in the outermost loop that it allows.

Literals are named constants (`F_9_10`), functions are primitives (`f_exp`), reads are entries of the arena
(`S[20*i + j + o_W]`) or tiles of it, so that one text runs over any ring that provides them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import sympy as sp

from symcat.category import functions
from symcat.category.expression import Argmax, At, Bracket, Delta, is_index
from symcat.errors import UsageError
from symcat.kernel.nest import TIME, depth_of

PRIMITIVES: dict[type, str] = {
    sp.exp: "f_exp", sp.log: "f_log", sp.tanh: "f_tanh", sp.sin: "f_sin", sp.cos: "f_cos",
    functions.sigmoid: "f_sigmoid", functions.softplus: "f_softplus",
    functions.relu: "f_relu", functions.step: "f_step", functions.absolute: "f_absolute", functions.sign: "f_sign",
    functions.maximum: "f_maximum", functions.minimum: "f_minimum", functions.equal: "f_equal", functions.where: "f_where",
}
SUM, PRODUCT, ATOM = 0, 1, 2
HIGHEST = 64    # a root is taken and multiplied out where numerator and denominator of the exponent are at most this
LETTERS = "ijklmnpqruvw"


def letter(symbol: sp.Symbol) -> str:
    """The variable of the loop at a depth."""
    if symbol == TIME:
        return "time"
    depth = int(symbol.name[1:])
    return LETTERS[depth] if depth < len(LETTERS) else f"i{depth}"


def literal(value: sp.Rational) -> str:
    """The name of the constant of a non-negative rational.

    >>> literal(sp.Rational(9, 10)), literal(sp.Integer(2))
    ('F_9_10', 'F_2')
    """
    return f"F_{value.p}" if value.q == 1 else f"F_{value.p}_{value.q}"


class Names:
    """Names of variables, each given out once in a program, so that a variable has one type.

    >>> fresh = Names()
    >>> fresh("t"), fresh("a")
    ('t0', 'a1')
    """

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count - 1}"


class Entries(Protocol):
    """How a nest reaches memory and loop indices: the text of an entry, of a selector in an address, and of index values."""

    def read(self, name: str, address: sp.Expr) -> str: ...

    def select(self, call: Argmax) -> str: ...

    def number(self, value: sp.Expr) -> str: ...

    def condition(self, condition: Bracket | Delta) -> str: ...


class Writer:
    """Writes the values of one nest.  `levels[d]` collects the assignments that stand in the body of loop d (0: before all).

    Reads stay at `floor` or deeper, where the conditions of the nest are known to hold.
    """

    def __init__(self, depth: int, exprs: Sequence[sp.Expr], entries: Entries, fresh: Callable[[str], str], floor: int = 0) -> None:
        self.depth, self.entries, self.fresh, self.floor = depth, entries, fresh, floor
        self.levels: list[list[str]] = [[] for _ in range(depth + 1)]
        self.constants: dict[str, sp.Rational] = {}
        self._names: dict[sp.Expr, str] = {}
        self._level: dict[sp.Expr, int] = {}
        self._home: dict[str, int] = {}
        self._uses: Counter[sp.Expr] = Counter()
        for expr in exprs:
            self._count(expr)

    def value(self, expr: sp.Expr) -> str:
        """The text of an expression in the innermost loop."""
        return self._text(expr, self.depth)[0]

    def name(self, expr: sp.Expr, name: str) -> None:
        """From here on the expression is held by a variable."""
        self._names[expr] = name

    def forget(self, level: int) -> None:
        """Drop what was written and named in loops from a level on: another piece of the loop follows."""
        for deeper in range(level, self.depth + 1):
            self.levels[deeper] = []
        self._names = {expr: name for expr, name in self._names.items() if self._home.get(name, self.depth) < level}

    def literal(self, value: sp.Rational) -> str:
        self.constants[literal(value)] = value
        return literal(value)

    def address(self, expr: sp.Expr) -> str:
        """An integer expression; selectors come first, then loop indices, then the constant."""
        parts = []
        for term in sorted(sp.Add.make_args(expr), key=lambda t: (t.is_number, not t.has(Argmax), sp.default_sort_key(t))):
            coefficient, rest = term.as_coeff_Mul()
            if term == 0 and expr != 0:
                continue
            what = str(abs(coefficient)) if rest == 1 else self.entries.select(rest) if isinstance(rest, Argmax) else letter(rest)
            text = what if rest == 1 or abs(coefficient) == 1 else f"{abs(coefficient)}*{what}"
            parts.append(("-" if coefficient < 0 else "+", text))
        head = ("-" if parts[0][0] == "-" else "") + parts[0][1]
        return head + "".join(f" {sign} {text}" for sign, text in parts[1:])

    # ---- levels
    def level(self, expr: sp.Expr) -> int:
        """The depth of the loop in which an expression can be computed first; at depth 0 everything is in one place."""
        if self.depth == 0:
            return 0
        if expr not in self._level:
            own = max((depth_of(s) for s in expr.free_symbols if is_index(s)), default=0)
            self._level[expr] = max(own, self.floor) if expr.has(At, Argmax) else own
        return self._level[expr]

    def _count(self, expr: sp.Expr) -> None:
        self._uses[expr] += 1
        if self._uses[expr] == 1 and not isinstance(expr, (At, Argmax, Bracket, Delta)):
            for argument in expr.args:
                self._count(argument)

    # ---- text with its binding strength
    def _text(self, expr: sp.Expr, level: int) -> tuple[str, int]:
        if expr in self._names:
            return self._names[expr], ATOM
        if expr.is_Rational:
            return self._number(expr)
        own = self.level(expr)
        if own < level or (self._uses[expr] > 1 and not expr.is_Symbol):
            return self._assigned(expr, own), ATOM
        return self._code(expr, level)

    def _assigned(self, expr: sp.Expr, level: int) -> str:
        """A fresh variable of the loop at a level that holds the expression."""
        if expr not in self._names:
            code = self._code(expr, level)[0]
            self._names[expr] = self._variable(code, level)
        return self._names[expr]

    def _number(self, value: sp.Rational) -> tuple[str, int]:
        return (self.literal(value), ATOM) if value >= 0 else (f"-{self.literal(-value)}", SUM)

    def _atom(self, expr: sp.Expr, level: int) -> str:
        text, strength = self._text(expr, level)
        return text if strength == ATOM else f"({text})"

    def _code(self, expr: sp.Expr, level: int) -> tuple[str, int]:
        if isinstance(expr, At):
            return self.entries.read(expr.name, expr.args[1]), ATOM
        if isinstance(expr, (sp.Symbol, Argmax)):
            return self.entries.number(expr), ATOM
        if isinstance(expr, (Bracket, Delta)):
            return self.entries.condition(expr), ATOM
        if expr.is_Add:
            return self._sum(expr, level)
        if expr.is_Mul:
            return self._product(expr, level)
        if expr is sp.E:
            return f"f_exp({self.literal(sp.S.One)})", ATOM
        if expr.is_Pow and not isinstance(expr, sp.exp):
            return self._power(expr, level)
        if isinstance(expr, functions.detach):
            return self._text(expr.args[0], level)
        if isinstance(expr, functions.where) and all(isinstance(c, Delta) for c in sp.Mul.make_args(expr.args[0])):
            chosen, value, other = (self._text(a, level)[0] for a in expr.args)
            return f"f_pick({chosen}, {self.literal(sp.S.Zero)}, {value}, {other})", ATOM
        if type(expr) in PRIMITIVES:
            return f"{PRIMITIVES[type(expr)]}({', '.join(self._text(a, level)[0] for a in expr.args)})", ATOM
        raise UsageError(f"{expr}, a {type(expr).__name__}, cannot be compiled: kernels know "
                         f"{', '.join(name[2:] for name in PRIMITIVES.values())}, powers and the field operations")

    def _hoisted(self, expr: sp.Expr, level: int) -> tuple[list[sp.Expr], list[sp.Expr]]:
        """The arguments of a sum or product that belong to outer loops, and the others."""
        lower = [a for a in expr.args if self.level(a) < level and a not in self._names]
        if len(lower) < 2:
            return [], list(expr.args)
        return lower, [a for a in expr.args if a not in lower]

    def _sum(self, expr: sp.Expr, level: int) -> tuple[str, int]:
        lower, rest = self._hoisted(expr, level)
        if lower and rest:
            rest = [*rest, sp.Add(*lower, evaluate=False)]
        parts = []
        for term in rest:
            text, strength = self._text(term, level)
            parts.append(text if strength >= SUM and not (strength == SUM and term.is_Add) else f"({text})")
        parts.sort(key=lambda text: text.startswith("-"))
        joined = parts[0]
        for text in parts[1:]:
            joined += f" - {text[1:]}" if text.startswith("-") else f" + {text}"
        return joined, SUM

    def _product(self, expr: sp.Expr, level: int) -> tuple[str, int]:
        lower, rest = self._hoisted(expr, level)
        if lower and rest:
            rest = [sp.Mul(*lower, evaluate=False), *rest]
        sign, above, below = "", [], []
        for factor in rest:
            if factor.is_Rational:
                sign = "-" if factor < 0 else sign
                above += [] if abs(factor) == 1 else [self.literal(abs(factor))]
                continue
            base, exponent = (factor, sp.S.One) if isinstance(factor, sp.exp) else factor.as_base_exp()
            if exponent.is_Rational and exponent < 0 and self.level(factor) == level:
                below.append(self._atom(base**-exponent, level))
            else:
                above.append(self._atom(factor, level))
        code = "*".join(above) or self.literal(sp.S.One)
        if below:
            code += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
        return sign + code, SUM if sign else PRODUCT

    def _power(self, expr: sp.Expr, level: int) -> tuple[str, int]:
        base, exponent = expr.args
        if not exponent.is_Rational:
            return f"f_power({self._text(base, level)[0]}, {self._text(exponent, level)[0]})", ATOM
        if exponent < 0:
            return f"{self.literal(sp.S.One)}/{self._atom(sp.Pow(base, -exponent), level)}", PRODUCT
        if exponent.q > 1 and max(exponent.p, exponent.q) > HIGHEST:
            return f"f_rational_power({self._text(base, level)[0]}, {exponent.p}, {exponent.q})", ATOM
        if exponent.q > 1:
            root = self._root(base, exponent.q, level)
            return (root, ATOM) if exponent.p == 1 else self._repeated(self._variable(root, level), int(exponent.p), level)
        held = self._names.get(base) or self._assigned(base, self.level(base))
        return self._repeated(held, int(exponent), level)

    def _root(self, base: sp.Expr, degree: int, level: int) -> str:
        inner = self._text(base, level)[0]
        return f"f_sqrt({inner})" if degree == 2 else f"f_root({inner}, {degree})"

    def _variable(self, code: str, level: int) -> str:
        name = self.fresh("t")
        self._home[name] = level
        self.levels[level].append(f"{name} = {code}")
        return name

    def _repeated(self, held: str, exponent: int, level: int) -> tuple[str, int]:
        """A power of a variable by squaring."""
        if exponent <= 3:
            return "*".join([held] * exponent), PRODUCT if exponent > 1 else ATOM
        half = self._variable(self._repeated(held, exponent // 2, level)[0], level)
        return "*".join([half, half] + [held] * (exponent % 2)), PRODUCT
