"""The table of one goal: variables, atoms and frozen expressions, each interned once and known by a small integer.

An expression is a dictionary `{term: coefficient}`; a term is `(guards, factors)`, guards a frozenset of affine forms that
must be >= 0, factors a sorted tuple of `(atom, exponent)`.  Integers order everything: within one table equal things have
equal numbers, so a canonical choice by number is the same for both sides of a goal, under every hash seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symcat.prove.index.affine import Affine

Number = int | Fraction
Factors = tuple[tuple[int, int], ...]
Term = tuple[frozenset, Factors]
Expr = dict[Term, Number]
NONE: frozenset = frozenset()
UNIT: Term = (NONE, ())


@dataclass(frozen=True, slots=True)
class Variable:
    """An integer variable.  `extent` bounds it, 0 <= v < extent, for good; a bound or scratch variable has none.

    A selector is the component-th index of the first maximiser of the frozen expression `body` over the box `extents`.
    """

    kind: str
    label: str
    extent: Affine | None = None
    component: int = 0
    extents: tuple[Affine, ...] = ()
    body: int = -1


@dataclass(frozen=True, slots=True)
class Read:
    """An entry of an input, or of a value that was cut."""

    name: str
    indices: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """An integer variable as a number."""

    variable: int


@dataclass(frozen=True, slots=True)
class Hyper:
    """A hyperparameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Zero:
    """[form = 0]."""

    form: Affine


@dataclass(frozen=True, slots=True)
class Call:
    """A scalar function of frozen expressions."""

    function: str
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Several:
    """An expression of several terms, primitive, that stands in a denominator."""

    body: int


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum over all of Z^count of [guards] * factors in the bound variables of a depth; the guards bound it."""

    depth: int
    count: int
    guards: tuple[Affine, ...]
    factors: Factors


Atom = Read | Value | Hyper | Zero | Call | Several | Sum


class Table:
    """Interning, free variables and nesting depths."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.variable_free: list[frozenset[int]] = []
        self.variable_depth: list[int] = []
        self.atoms: list[Atom] = []
        self.free: list[frozenset[int]] = []
        self.depth: list[int] = []
        self.special: list[bool] = []
        self.frozen: list[tuple[tuple[Term, Number], ...]] = []
        self.frozen_free: list[frozenset[int]] = []
        self.frozen_depth: list[int] = []
        self.selectors: set[int] = set()
        self._variables: dict[Variable, int] = {}
        self._atoms: dict[Atom, int] = {}
        self._frozen: dict[tuple, int] = {}
        self._scratch: list[int] = []

    # ---- variables
    def variable(self, data: Variable) -> int:
        """The number of a variable."""
        found = self._variables.get(data)
        if found is None:
            found = self._variables[data] = len(self.variables)
            self.variables.append(data)
            free, depth = frozenset((found,)), 0
            if data.kind == "selector":
                self.selectors.add(found)
                depth = self.selector_depth(data.body)
                own = {self.dummy(depth, k, extent) for k, extent in enumerate(data.extents)}
                free |= (self.forms_free(data.extents) | self.frozen_free[data.body]) - own
            self.variable_free.append(free)
            self.variable_depth.append(depth)
        return found

    def dim(self, name: str) -> int:
        return self.variable(Variable("dim", name))

    def formal(self, position: int, extent: Affine) -> int:
        """A free index that ranges over an extent."""
        return self.variable(Variable("index", f"i{position}", extent))

    def bound(self, depth: int, position: int) -> int:
        return self.variable(Variable("bound", f"#{depth}.{position}"))

    def dummy(self, depth: int, position: int, extent: Affine) -> int:
        """A variable of a selector's body, which ranges over the selector's box."""
        return self.variable(Variable("lambda", f"@{depth}.{position}", extent))

    def selector_depth(self, body: int) -> int:
        """The depth of a selector over a frozen expression, which names its variables apart from those inside."""
        return 1 + self.frozen_depth[body]

    def scratch(self, used: frozenset[int], count: int) -> list[int]:
        """The first `count` scratch variables that are not in use."""
        found: list[int] = []
        position = 0
        while len(found) < count:
            if position == len(self._scratch):
                self._scratch.append(self.variable(Variable("scratch", f"s{position}")))
            if self._scratch[position] not in used:
                found.append(self._scratch[position])
            position += 1
        return found

    def unknowns(self, used: frozenset[int], count: int) -> list[int]:
        """Free variables without a range that are not in use."""
        serial = 0
        while True:
            found = [self.variable(Variable("free", f"u{serial}.{k}")) for k in range(count)]
            if not used.intersection(found):
                return found
            serial += 1

    def selector_depth_of(self, v: int) -> int:
        """The depth of a selector's own variables."""
        return self.selector_depth(self.variables[v].body)

    def holes(self, used: frozenset[int], extents: tuple[Affine, ...]) -> list[int]:
        """Ranged variables that are not in use, for the indices of a selector's body while it is rewritten."""
        serial = 0
        while True:
            found = [self.variable(Variable("hole", f"h{serial}.{k}", extent)) for k, extent in enumerate(extents)]
            if not used.intersection(found):
                return found
            serial += 1

    def is_dim(self, v: int) -> bool:
        return self.variables[v].kind == "dim"

    # ---- atoms
    def atom(self, data: Atom) -> int:
        """The number of an atom."""
        found = self._atoms.get(data)
        if found is None:
            found = self._atoms[data] = len(self.atoms)
            self.atoms.append(data)
            free, depth = self._measure(data)
            self.free.append(free)
            self.depth.append(depth)
            root = isinstance(data, Call) and data.function.startswith("root")
            self.special.append(root or isinstance(data, (Zero, Several)))
        return found

    def _measure(self, data: Atom) -> tuple[frozenset[int], int]:
        match data:
            case Read(indices=indices):
                return self.forms_free(indices), self.forms_depth(indices)
            case Value(variable=v):
                return self.variable_free[v], self.variable_depth[v]
            case Zero(form=form):
                return self.form_free(form), self.forms_depth((form,))
            case Call(arguments=arguments):
                return (frozenset().union(*[self.frozen_free[e] for e in arguments]),
                        max([self.frozen_depth[e] for e in arguments], default=0))
            case Several(body=body):
                return self.frozen_free[body], self.frozen_depth[body]
            case Sum(depth=depth, count=count, guards=guards, factors=factors):
                own = {self.bound(depth, k) for k in range(count)}
                return (self.forms_free(guards) | self.factors_free(factors)) - own, depth
            case _:
                return NONE, 0

    def form_free(self, form: Affine) -> frozenset[int]:
        """The variables that a form depends on, those inside selectors included."""
        if not self.selectors:
            return frozenset([v for v, _ in form[1]])
        return frozenset().union(*[self.variable_free[v] for v, _ in form[1]])

    def forms_free(self, forms: Iterable[Affine]) -> frozenset[int]:
        return frozenset().union(*[self.form_free(form) for form in forms])

    def forms_depth(self, forms: Iterable[Affine]) -> int:
        if not self.selectors:
            return 0
        return max([self.variable_depth[v] for form in forms for v, _ in form[1]], default=0)

    def factors_free(self, factors: Factors) -> frozenset[int]:
        return frozenset().union(*[self.free[a] for a, _ in factors])

    # ---- expressions
    def freeze(self, e: Mapping[Term, Number]) -> int:
        """The number of an expression."""
        items = tuple(sorted(e.items(), key=_order))
        found = self._frozen.get(items)
        if found is None:
            found = self._frozen[items] = len(self.frozen)
            self.frozen.append(items)
            parts = [(self.forms_free(guards) | self.factors_free(factors)) for (guards, factors), _ in items]
            self.frozen_free.append(frozenset().union(*parts))
            depths = [self.depth[a] for (_, factors), _ in items for a, _ in factors]
            self.frozen_depth.append(max([*depths, *[self.forms_depth(guards) for (guards, _), _ in items]], default=0))
        return found

    def thaw(self, number: int) -> Expr:
        return dict(self.frozen[number])


def _order(item: tuple[Term, Number]) -> tuple:
    (guards, factors), _ = item
    return factors, sorted(guards)
