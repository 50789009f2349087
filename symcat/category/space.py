"""Spaces: ordered products of named wires, each a base and a shape whose dims are positive integers or symbols."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy as sp

from symcat.errors import ShapeError

Dim = sp.Expr
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def dim(value: int | str | sp.Expr) -> Dim:
    """A dim: a positive integer, a name, or an affine integer expression in named dims.

    >>> dim(3), dim("n"), dim("n") + 1
    (3, n, n + 1)
    """
    if isinstance(value, str):
        if not NAME.match(value):
            raise ShapeError(f"dim {value!r} is not a name: a dim is a positive integer or a name such as 'n'")
        return sp.Symbol(value, integer=True, positive=True)
    if isinstance(value, bool) or not isinstance(value, (int, sp.Expr)):
        if hasattr(value, "__index__") and not isinstance(value, bool):
            return dim(value.__index__())
        raise ShapeError(f"dim {value!r} of type {type(value).__name__}: a dim is a positive integer or a name such as 'n'")
    expr = sp.expand(sp.Integer(value) if isinstance(value, int) else value)
    if expr.is_Integer:
        if expr <= 0:
            raise ShapeError(f"dim {expr} is not positive: empty axes are not supported; use a dim of at least 1")
        return expr
    for symbol in expr.free_symbols:
        if not (symbol.is_integer and symbol.is_positive):
            raise ShapeError(f"dim {expr} uses {symbol}, which is not a dim: make it with sc.dims({symbol.name!r})")
    for coefficient in expr.as_coefficients_dict().values():
        if not coefficient.is_Integer:
            raise ShapeError(f"dim {expr} is not an integer for every {', '.join(sorted(s.name for s in expr.free_symbols))}: "
                             f"write the divisible dim as a product, e.g. 2*m instead of n with n/2")
    return expr


def dims(names: str) -> tuple[sp.Symbol, ...] | sp.Symbol:
    """Symbols for dims, integers of at least 1.

    >>> n, m = dims("n m")
    >>> Real[n, m]
    Real[n, m]
    """
    found = tuple(dim(name) for name in names.replace(",", " ").split())
    return found[0] if len(found) == 1 else found


@dataclass(frozen=True)
class Base:
    """A commutative ring of scalars: the reals (modulus 0) or the integers modulo n."""

    name: str
    modulus: int = 0

    def __getitem__(self, shape: object) -> Wire:
        entries = shape if isinstance(shape, tuple) else (shape,)
        return Wire(self, tuple(dim(entry) for entry in entries))

    def reduce(self, expr: sp.Expr) -> sp.Expr:
        """The expression with its rational coefficients reduced modulo n; the identity over the reals."""
        if not self.modulus:
            return expr
        terms = []
        for term in sp.Add.make_args(sp.expand(expr)):
            coefficient, rest = term.as_coeff_Mul()
            if not coefficient.is_Integer:
                raise ShapeError(f"coefficient {coefficient} over {self}: only integers act on {self}")
            terms.append((int(coefficient) % self.modulus) * rest)
        return sp.Add(*terms)

    def __repr__(self) -> str:
        return self.name


class _Integers:
    """`Z[n]`, the integers modulo n, as a base."""

    def __getitem__(self, modulus: int) -> Base:
        if not isinstance(modulus, int) or modulus < 2:
            raise ShapeError(f"Z[{modulus}]: the modulus is an integer of at least 2, e.g. Z[5]")
        return Base("Z2" if modulus == 2 else f"Z[{modulus}]", modulus)


Real = Base("Real")
Z = _Integers()
Z2 = Z[2]


@dataclass(frozen=True)
class Wire:
    """A base and a shape."""

    base: Base
    shape: tuple[Dim, ...]

    def __repr__(self) -> str:
        return f"{self.base}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Space:
    """An ordered product of named wires.  Equality of types ignores names: `fits`.

    >>> A = space(x=Real["n"], y=Real[2])
    >>> A * A
    x: Real[n] * y: Real[2] * x1: Real[n] * y1: Real[2]
    """

    wires: tuple[tuple[str, Wire], ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for name, wire in self.wires:
            if not isinstance(name, str) or not NAME.match(name):
                raise ShapeError(f"wire name {name!r}: use letters, digits and _, starting with a letter")
            if not isinstance(wire, Wire):
                raise ShapeError(f"wire {name} is {wire!r}, a {type(wire).__name__}: expected a wire such as Real[3] or Real['n']")
            if name in seen:
                raise ShapeError(f"wire name {name!r} is used twice in {', '.join(n for n, _ in self.wires)}: rename one of them")
            seen.add(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.wires)

    @property
    def types(self) -> tuple[Wire, ...]:
        return tuple(wire for _, wire in self.wires)

    @property
    def dims(self) -> tuple[sp.Symbol, ...]:
        """The dim symbols that occur, in order of first occurrence."""
        found: dict[sp.Symbol, None] = {}
        for wire in self.types:
            for extent in wire.shape:
                for symbol in sorted(extent.free_symbols, key=lambda s: s.name):
                    found[symbol] = None
        return tuple(found)

    def fits(self, other: Space) -> bool:
        """Whether the two have the same wires up to names."""
        return self.types == other.types

    def rename(self, names: Iterable[str]) -> Space:
        return Space(tuple(zip(names, self.types, strict=True)))

    def prefixed(self, prefix: str) -> Space:
        return self.rename(prefix + name for name in self.names)

    def __mul__(self, other: Space) -> Space:
        taken = set(self.names)
        added = []
        for name, wire in other.wires:
            fresh = unused(name, taken)
            taken.add(fresh)
            added.append((fresh, wire))
        return Space(self.wires + tuple(added))

    def __len__(self) -> int:
        return len(self.wires)

    def __iter__(self) -> Iterator[tuple[str, Wire]]:
        return iter(self.wires)

    def __getitem__(self, key: int | slice | str) -> Space | Wire:
        if isinstance(key, slice):
            return Space(self.wires[key])
        if isinstance(key, str):
            return dict(self.wires)[key]
        return self.wires[key][1]

    def __repr__(self) -> str:
        return " * ".join(f"{name}: {wire}" for name, wire in self.wires) or "1"


def space(*wires: Wire, **named: Wire) -> Space:
    """A space of named wires, or of unnamed ones, which are called x, x1, x2, ...

    >>> space(Real[2], Real[3])
    x: Real[2] * x1: Real[3]
    """
    result = Space(())
    for wire in wires:
        result = result * Space((("x", wire),))
    return result * Space(tuple(named.items()))


UNIT = Space(())


def unused(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name` with the least number behind it that is not taken."""
    if name not in taken:
        return name
    stem = name.rstrip("0123456789")
    count = 1
    while f"{stem}{count}" in taken:
        count += 1
    return f"{stem}{count}"


def unused_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Names like those that are asked for, each once and none of them taken.

    >>> unused_names("xxy", ["y"])
    ['x', 'x1', 'y1']
    """
    known, found = set(taken), []
    for name in names:
        found.append(unused(name, known))
        known.add(found[-1])
    return found
