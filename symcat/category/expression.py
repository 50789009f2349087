"""The scalar language of comprehension bodies: reads, brackets, deltas, selectors, and one-step differentiation.

A body is a SymPy expression over

- `At(name, *indices)`, a read of an array, of any rank, with affine indices;
- `Bracket(e)` = [e >= 0] and `Delta(e)` = [e = 0] for an affine index expression e;
- `Argmax(name, k, *indices)`, component k of the first maximiser of the max-comprehension `name`: an integer, for use in
  `Delta` and in the indices of reads;
- index symbols and dims as values, hyperparameter symbols, exact rationals, and the functions of `functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import sympy as sp
from sympy.core.symbol import Str

from symcat.errors import TraceError


def scalar(value: object) -> sp.Expr:
    """A number or a SymPy expression as an expression; text is refused, never parsed.

    >>> scalar(2) + scalar(sp.Symbol("x"))
    x + 2
    """
    try:
        return sp.sympify(value, strict=True)
    except sp.SympifyError:
        raise TraceError(f"{value!r} of type {type(value).__name__} is no expression: give a number or a SymPy expression") from None


class At(sp.Expr):
    """A read of one entry of an array.

    >>> At("x", 0, sp.Symbol("i"))
    x[0, i]
    """

    is_commutative = True
    is_scalar = True

    def __new__(cls, name: str | Str, *indices: object) -> At:
        return sp.Expr.__new__(cls, name if isinstance(name, Str) else Str(name), *map(scalar, indices))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def indices(self) -> tuple[sp.Expr, ...]:
        return self.args[1:]

    def _sympystr(self, printer: object) -> str:
        return f"{self.name}[{', '.join(map(printer.doprint, self.indices))}]" if self.indices else self.name

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return sp.S.Zero


class Argmax(sp.Expr):
    """Component k of the first maximiser (in row-major order of the reduced indices) of a max-comprehension."""

    is_commutative = True
    is_integer = True

    def __new__(cls, name: str | Str, component: int, *indices: object) -> Argmax:
        return sp.Expr.__new__(cls, name if isinstance(name, Str) else Str(name), sp.Integer(component), *map(scalar, indices))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def component(self) -> int:
        return int(self.args[1])

    @property
    def indices(self) -> tuple[sp.Expr, ...]:
        return self.args[2:]

    def _sympystr(self, printer: object) -> str:
        return f"argmax{self.component}({self.name}[{', '.join(map(printer.doprint, self.indices))}])"


class Bracket(sp.Function):
    """[e >= 0] for an affine index expression e; 0 or 1."""

    nargs = 1
    is_commutative = True

    @classmethod
    def eval(cls, e: sp.Expr) -> sp.Expr | None:
        if e.is_Integer:
            return sp.Integer(int(e.p >= 0))
        return None


class Delta(sp.Function):
    """[e = 0] for an affine index expression e; 0 or 1.  `Delta(e)` and `Delta(-e)` are the same object."""

    nargs = 1
    is_commutative = True

    @classmethod
    def eval(cls, e: sp.Expr) -> sp.Expr | None:
        if e.is_Integer:
            return sp.Integer(int(e.p == 0))
        if e.could_extract_minus_sign():
            return cls(-e)
        return None


def index(position: int) -> sp.Symbol:
    """The loop index at a position of a comprehension's box.  Its name cannot be a dim's or a hyperparameter's."""
    return sp.Symbol(f"_{position}", integer=True)


def is_index(symbol: sp.Symbol) -> bool:
    return symbol.name.startswith("_")


def reads(expr: sp.Expr) -> list[At]:
    """The reads in an expression, in a fixed order."""
    return sorted(expr.atoms(At), key=sp.default_sort_key)


def array_names(exprs: Iterable[sp.Expr]) -> set[str]:
    """The arrays that the expressions read or select from."""
    return {node.name for expr in exprs for node in expr.atoms(At, Argmax)}


def rename_arrays(expr: sp.Expr, names: Mapping[str, str]) -> sp.Expr:
    """The expression with arrays renamed; names that the mapping lacks stay, and so do the names of smooth functions.

    >>> rename_arrays(At("x", Argmax("z", 0)), {"x": "a", "z": "b"})
    a[argmax0(b[])]
    """
    changed = {old for old, new in names.items() if old != new}
    moved = {node: _renamed(node, names) for node in expr.atoms(At, Argmax) if node.name in changed or node.has(Argmax)} if changed else {}
    return expr.xreplace(moved) if moved else expr


def _renamed(node: At | Argmax, names: Mapping[str, str]) -> At | Argmax:
    """A read or a selector with its array renamed, and the arrays in its indices."""
    _, *rest = node.args
    return node.func(Str(names.get(node.name, node.name)), *(rename_arrays(argument, names) for argument in rest))


def affine(expr: sp.Expr) -> dict[sp.Expr, int]:
    """An index expression as {symbol or selector: coefficient}, the constant under `S.One`; TraceError when not affine."""
    coefficients: dict[sp.Expr, int] = {}
    for term in sp.Add.make_args(sp.expand(expr)):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Integer or not (rest is sp.S.One or rest.is_Symbol or isinstance(rest, Argmax)):
            raise TraceError(f"index {expr} is not affine with integer coefficients in loop indices and dims (term {term})")
        coefficients[rest] = coefficients.get(rest, 0) + int(coefficient)
    return {key: value for key, value in coefficients.items() if value}


def partial(expr: sp.Expr, read: At, derivative: Callable[[sp.Function, int], sp.Expr]) -> sp.Expr:
    """The partial derivative of a body in one of its reads; `derivative(call, k)` gives a function's partial in argument k."""
    if expr == read:
        return sp.S.One
    if not expr.has(read) or isinstance(expr, (At, Argmax, Bracket, Delta)):
        return sp.S.Zero
    if expr.is_Add:
        return sp.Add(*[partial(arg, read, derivative) for arg in expr.args])
    if expr.is_Mul:
        return sp.Add(*[sp.Mul(*expr.args[:k], d, *expr.args[k + 1:])
                        for k, arg in enumerate(expr.args) if (d := partial(arg, read, derivative)) != 0])
    if isinstance(expr, sp.exp):
        return expr * partial(expr.args[0], read, derivative)
    if expr.is_Pow:
        base, exponent = expr.args
        inner = exponent * base ** (exponent - 1) * partial(base, read, derivative)
        if exponent.has(read):
            inner += expr * sp.log(base) * partial(exponent, read, derivative)
        return inner
    if isinstance(expr, sp.Function):
        return sp.Add(*[derivative(expr, k) * d for k, arg in enumerate(expr.args) if (d := partial(arg, read, derivative)) != 0])
    raise TraceError(f"no derivative rule for {type(expr).__name__} in {expr}")
