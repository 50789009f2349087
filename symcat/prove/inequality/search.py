"""The search for certificates of positivity: relaxations of growing size, solved numerically, rounded, and checked exactly.

What a relaxation may use are *blocks*: a product of constraints times a sum of squares over a basis of polynomials, on the
right of the identity or, to multiply the goal, on the left.  Where the numbers say that a Gram matrix is singular, the basis is
cut down to the complement of the null vectors and the relaxation solved again.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from symcat.prove.inequality import exact
from symcat.prove.inequality.factors import even_parts, joined, listed, without_signed_factors
from symcat.prove.inequality.replay import Polynomial, flaw, plus, polynomial, times
from symcat.prove.inequality.semidefinite import most_positive

UNKNOWNS = 600
CUTS = 4
DENOMINATORS = (1, 2, 6, 12, 60, 420, 2**12, 2**20, 2**30)
THRESHOLDS = (1e-4, 1e-3, 1e-6)
Certificate = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """`factors` times a sum of squares over the span of `basis`; on the left it multiplies the goal."""

    factors: tuple[int, ...]
    product: Polynomial
    basis: tuple[Polynomial, ...]
    left: bool = False


@dataclass(frozen=True)
class Level:
    """How much a relaxation may use: by how much degrees exceed the goal's, the most factors of a product, squares on the left,
    whether products of constraints come with squares or with numbers only, and whether the goal's square stands on the right."""

    extra: int
    factors: int
    left: int
    squares: bool
    squared: bool = False

    def __str__(self) -> str:
        more = f"{', multiplied goal' if self.left else ''}{', goal squared' if self.squared else ''}"
        return f"degree +{self.extra}, products of {self.factors}{' with squares' if self.squares else ''}{more}"


LEVELS = (Level(0, 1, 0, False), Level(0, 2, 0, False), Level(0, 2, 0, True), Level(2, 3, 0, False), Level(2, 2, 2, False),
          Level(0, 1, 2, True, True), Level(2, 2, 0, True), Level(2, 2, 2, True), Level(4, 3, 2, True))


@dataclass(frozen=True)
class Task:
    """A problem as polynomials: the goal, or -1 when the constraints are to be shown contradictory."""

    arity: int
    goal: Polynomial
    rows: tuple[tuple[str, Polynomial], ...]
    empty: bool = False

    @staticmethod
    def of(problem: Mapping[str, Any]) -> Task:
        arity = len(problem["variables"])
        rows = tuple((row["relation"], polynomial(row["polynomial"], arity)) for row in problem["constraints"])
        return Task(arity, polynomial(problem["goal"], arity), rows)

    def contradicted(self) -> Task:
        return replace(self, goal={(0,) * self.arity: Fraction(-1)}, empty=True)


@dataclass(frozen=True)
class Relaxation:
    """Blocks, and (number of an equation, monomial) for each coefficient of the multipliers of equations."""

    task: Task
    blocks: tuple[Block, ...]
    ideal: tuple[tuple[int, Polynomial], ...]
    level: Level

    @property
    def unknowns(self) -> int:
        return sum(len(b.basis) * (len(b.basis) + 1) // 2 for b in self.blocks) + len(self.ideal)

    def seen_in(self, others: Sequence[Relaxation]) -> bool:
        """Whether one of others states the same: without constraints, products of more of them are none."""
        own = self.task, self.blocks, self.ideal, self.level.left > 0, self.level.squared
        return any((o.task, o.blocks, o.ideal, o.level.left > 0, o.level.squared) == own for o in others)

    def places(self) -> list[np.ndarray]:
        """Where the entries of each block's Gram matrix stand among the unknowns."""
        found, offset = [], 0
        for block in self.blocks:
            n = len(block.basis)
            index = np.zeros((n, n), dtype=int)
            for i, j in itertools.combinations_with_replacement(range(n), 2):
                index[i, j] = index[j, i] = offset
                offset += 1
            found.append(index)
        return found

    def equations(self) -> list[tuple[dict[int, Fraction], Fraction]]:
        """right + ideal = goal, monomial by monomial.

        Where the left side is free: right - left goal + ideal = 0, or - goal^2 when the goal is squared; the weights of the left's
        positive numbers sum to 1, so that it is not 0.
        """
        wanted = self.task.goal
        if self.level.left:
            wanted = times(wanted, {e: -c for e, c in wanted.items()}) if self.level.squared else {}
        table: dict[tuple[int, ...], dict[int, Fraction]] = {}
        number = 0
        for block in self.blocks:
            outer = times({e: -c for e, c in self.task.goal.items()}, block.product) if block.left else block.product
            for i, j in itertools.combinations_with_replacement(range(len(block.basis)), 2):
                factor = {(0,) * self.task.arity: Fraction(1 if i == j else 2)}
                _enter(table, number, times(times(outer, factor), times(block.basis[i], block.basis[j])))
                number += 1
        for row, monomial in self.ideal:
            _enter(table, number, times(self.task.rows[row][1], monomial))
            number += 1
        monomials = dict.fromkeys((*table, *wanted))
        rows = [(table.get(m, {}), wanted.get(m, Fraction(0))) for m in monomials]
        weights = {int(index[0, 0]): Fraction(1) for block, index in zip(self.blocks, self.places(), strict=True) if self._weighs(block)}
        return [*rows, (weights, Fraction(1))] if self.level.left and not self.level.squared else rows

    def _weighs(self, block: Block) -> bool:
        """Whether a block is a positive number times what is positive, on the left."""
        one = ({(0,) * self.task.arity: Fraction(1)},)
        return block.left and block.basis == one and all(self.task.rows[k][0] == ">0" for k in block.factors)

    def certificate(self, solution: Sequence[Fraction]) -> Certificate | None:
        """The certificate that a solution is, or None when a Gram matrix is not positive semidefinite."""
        one = {(0,) * self.task.arity: Fraction(1)}
        sides: dict[bool, list[Any]] = {True: [] if self.level.left else [{"factors": [], "squares": [[[1, 1], listed(one)]]}], False: []}
        for block, index in zip(self.blocks, self.places(), strict=True):
            parts = exact.squares([[solution[k] for k in row] for row in index])
            if parts is None:
                return None
            roots = [(weight, _combined(column, block.basis)) for weight, column in parts]
            if roots:
                sides[block.left].append({"factors": list(block.factors), "squares": [[_pair(w), listed(root)] for w, root in roots]})
        multipliers: dict[int, Polynomial] = {}
        for (row, monomial), c in zip(self.ideal, solution[self.unknowns - len(self.ideal):], strict=True):
            multipliers[row] = plus(multipliers.get(row, {}), {m: c * d for m, d in monomial.items()})
        ideal = [[row, listed(multiplier)] for row, multiplier in multipliers.items() if multiplier]
        return {"empty": self.task.empty, "squared": self.level.squared, "left": sides[True], "right": sides[False], "ideal": ideal}


def certify(problem: Mapping[str, Any], seconds: float, levels: Sequence[Level] = LEVELS) -> tuple[Certificate | None, list[str]]:
    """A certificate that the replay accepts, or None; and what was tried."""
    tried: list[str] = []
    deadline = time.monotonic() + seconds
    whole = Task.of(problem)
    in_parts = _by_parts(problem, whole, seconds / 2, levels)
    if in_parts:
        return in_parts, tried
    rest, signed = without_signed_factors(whole, problem["strict"])
    solved: list[Relaxation] = []
    for level in levels:
        for task in _tasks(rest, whole, problem["cell"]):
            if time.monotonic() > deadline:
                return None, [*tried, "time is up"]
            if (task.empty and level.left) or (level.squared and (problem["strict"] or task.goal != whole.goal)):
                continue
            relaxation = relax(task, level)
            if not 0 < relaxation.unknowns <= UNKNOWNS or relaxation.seen_in(solved):
                continue
            solved.append(relaxation)
            for certificate in solve(relaxation, deadline):
                found = signed.back(certificate) if task is rest and not task.empty else certificate
                if not flaw(problem, found):
                    return found, tried
        tried.append(str(level))
    return None, tried


def _by_parts(problem: Mapping[str, Any], whole: Task, seconds: float, levels: Sequence[Level]) -> Certificate | None:
    """A certificate from those of the coefficients of squares of free variables."""
    parts = {} if problem["strict"] else even_parts(whole)
    if len(parts) < 2:
        return None
    plain = [level for level in levels if not level.left]
    found: dict[tuple[int, ...], Certificate | None] = {}
    for root, goal in parts.items():
        found[root] = certify({**problem, "goal": listed(goal)}, seconds / len(parts), plain)[0]
        if found[root] is None:
            return None
    certificate = joined(whole.arity, found)
    return certificate if certificate and not flaw(problem, certificate) else None


def _tasks(rest: Task, whole: Task, cell: bool) -> list[Task]:
    """What is left of the goal, the goal, and that a cell is empty."""
    return [rest, *([whole] if rest.goal != whole.goal else []), *([whole.contradicted()] if cell and whole.rows else [])]


def solve(relaxation: Relaxation, deadline: float) -> Iterator[Certificate]:
    """Solve and round; where Gram matrices are singular, cut their bases down and solve again."""
    for threshold in THRESHOLDS:
        current = relaxation
        for _ in range(CUTS):
            space = exact.solutions(current.equations(), current.unknowns)
            if space is None:
                break
            places = current.places()
            try:
                with np.errstate(all="ignore"):
                    found = most_positive(*space.numeric(), places, deadline)
            except (OverflowError, np.linalg.LinAlgError):      # numbers beyond floating point
                return
            if found is None:
                break
            yield from _rounded(current, space, found[0])
            smaller = _cut(current, found[0], threshold)
            if smaller is None:
                break
            current = smaller
        if current is relaxation:
            return


def _rounded(relaxation: Relaxation, space: exact.Solutions, u: np.ndarray) -> Iterator[Certificate]:
    previous = None
    for denominator in DENOMINATORS:
        values = {k: Fraction(round(float(u[k]) * denominator), denominator) for k in space.free}
        if values != previous:
            certificate = relaxation.certificate(space.at(values))
            if certificate:
                yield certificate
        previous = values


def _cut(relaxation: Relaxation, u: np.ndarray, threshold: float) -> Relaxation | None:
    """The relaxation without the null vectors of its Gram matrices; None when there are none."""
    blocks, changed = [], False
    for block, index in zip(relaxation.blocks, relaxation.places(), strict=True):
        rows = exact.complement(u[index], threshold)
        changed |= rows is not None
        basis = block.basis if rows is None else tuple(_combined(row, block.basis) for row in rows)
        if basis:
            blocks.append(replace(block, basis=basis))
    return replace(relaxation, blocks=tuple(blocks)) if changed and blocks else None


# ---- which blocks
def relax(task: Task, level: Level) -> Relaxation:
    """The blocks and multipliers of a level."""
    positive = [k for k, (relation, _) in enumerate(task.rows) if relation != "=0"]
    chosen = [factors for size in range(level.factors + 1) for factors in itertools.combinations_with_replacement(positive, size)]
    products = {factors: _product(task, factors) for factors in chosen}
    most = max([degree(task.goal), *(degree(products[f]) for f in chosen if len(f) <= 1)]) + level.extra
    most = max(most, 2 * degree(task.goal)) if level.squared else most
    most += most % 2
    caps = [cap * (2 if level.squared else 1) for cap in _caps(task, products, level.extra)]
    blocks = []
    for factors, product in products.items():
        if degree(product) > most:
            continue
        full = not factors or (level.squares and len(factors) <= 2)
        basis = _basis(task.arity, most - degree(product), [c - d for c, d in zip(caps, degrees(product, task.arity))]) if full else []
        if not factors and not positive and not level.left and not any(relation == "=0" for relation, _ in task.rows):
            basis = _newton(basis, task.goal)
        if full and basis:
            blocks.append(Block(factors, product, tuple({m: Fraction(1)} for m in basis)))
        if not (full and len(basis) == 1 and not any(basis[0])):
            blocks.append(Block(factors, product, ({(0,) * task.arity: Fraction(1)},)))
    for factors in [f for f in chosen if len(f) <= 1] if level.left else []:
        room = min(level.left, most - degree(task.goal)) - degree(products[factors])
        basis = _basis(task.arity, room, [level.left] * task.arity) if not factors else [(0,) * task.arity]
        if room >= 0 and len(basis) > 1:
            blocks.append(Block(factors, products[factors], tuple({m: Fraction(1)} for m in basis), True))
        if room >= 0:
            blocks.append(Block(factors, products[factors], ({(0,) * task.arity: Fraction(1)},), True))
    ideal = [(k, {m: Fraction(1)}) for k, (relation, row) in enumerate(task.rows) if relation == "=0"
             for m in _monomials(task.arity, most - degree(row), [c - d for c, d in zip(caps, degrees(row, task.arity))])]
    return Relaxation(task, tuple(blocks), tuple(ideal), level)


def _product(task: Task, factors: Sequence[int]) -> Polynomial:
    total: Polynomial = {(0,) * task.arity: Fraction(1)}
    for k in factors:
        total = times(total, task.rows[k][1])
    return total


def _caps(task: Task, products: Mapping[tuple[int, ...], Polynomial], extra: int) -> list[int]:
    """The highest even degree in each variable."""
    singles = [degrees(p, task.arity) for factors, p in products.items() if len(factors) <= 1]
    singles += [degrees(row, task.arity) for _, row in task.rows] + [degrees(task.goal, task.arity)]
    highest = [max(d[v] for d in singles) + extra for v in range(task.arity)]
    return [h + h % 2 for h in highest]


def _basis(arity: int, most: int, caps: Sequence[int]) -> list[tuple[int, ...]]:
    return _monomials(arity, most // 2, [cap // 2 for cap in caps])


def _monomials(arity: int, most: int, caps: Sequence[int]) -> list[tuple[int, ...]]:
    """Exponents of total degree at most `most`, in each variable at most its cap; lowest degree first."""
    if most < 0 or any(cap < 0 for cap in caps):
        return []
    found: list[tuple[int, ...]] = [()]
    for cap in caps:
        found = [(*m, e) for m in found for e in range(min(cap, most - sum(m)) + 1)]
    return sorted(found, key=lambda m: (sum(m), m))


def _newton(basis: Sequence[tuple[int, ...]], goal: Polynomial) -> list[tuple[int, ...]]:
    """Without the monomials whose square could cancel with nothing."""
    rest = list(basis)
    while True:
        mixed = {tuple(map(sum, zip(a, b))) for a, b in itertools.combinations(rest, 2)}
        kept = [m for m in rest if tuple(2 * e for e in m) in goal or tuple(2 * e for e in m) in mixed]
        if len(kept) == len(rest):
            return kept
        rest = kept


# ---- polynomials
def degree(p: Polynomial) -> int:
    return max((sum(m) for m in p), default=0)


def degrees(p: Polynomial, arity: int) -> list[int]:
    return [max((m[v] for m in p), default=0) for v in range(arity)]


def _pair(c: Fraction) -> list[int]:
    return [c.numerator, c.denominator]


def _combined(column: Sequence[Fraction], basis: Sequence[Polynomial]) -> Polynomial:
    total: Polynomial = {}
    for factor, base in zip(column, basis, strict=True):
        total = plus(total, {m: c * factor for m, c in base.items()} if factor else {})
    return total


def _enter(table: dict[tuple[int, ...], dict[int, Fraction]], number: int, p: Polynomial) -> None:
    for m, c in p.items():
        table.setdefault(m, {})[number] = c
