"""Premises under which two optimisers agree: a lattice of substitutions for hyperparameters, the smallest sets first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import sympy as sp

from symcat.category.hyper import exact_number
from symcat.diff.pair import Pair
from symcat.diff.paths import Screen
from symcat.errors import UsageError
from symcat.learn.optimisers.names import OFF, canonical

CONSTANT_RATE = "constant lr"
INSIDE, DEGENERATE, OUTSIDE = "inside", "degenerate", "outside"
MOST = 3            # premises in one set


@dataclass(frozen=True)
class Premise:
    """A hyperparameter replaced by a number or by another one; `kind` says whether that lies in its range, and switches a part off.

    Inside its range, a hyperparameter of both rules is degenerate at 0 unless 0 is how its feature is switched off: without memory
    all averages are alike.
    """

    symbol: sp.Symbol
    value: sp.Expr
    kind: str

    def __str__(self) -> str:
        return f"{self.symbol} = {self.value}"


def candidates(pair: Pair) -> list[Premise]:
    """Hyperparameters at the ends of their ranges, at 1, at numbers of the other rule, and equal to each other."""
    found: list[Premise] = []
    means = canonical(symbol.name for symbol in pair.hypers)
    numbers, fixed = _numbers(pair), _fixed(pair)
    for symbol, row in pair.hypers.items():
        if symbol == pair.rate:
            continue
        if means[symbol.name] in fixed:
            found.append(Premise(symbol, fixed[means[symbol.name]], INSIDE))
        for value in dict.fromkeys((sp.S.Zero, *numbers, sp.S.One)):
            if value == fixed.get(means[symbol.name]):
                continue
            if not (row.admits(value) or value in (row.low, row.high)):
                continue
            switch = value == 0 and (means[symbol.name] in OFF or not pair.shared(symbol))
            single = not pair.shared(symbol)
            kind = OUTSIDE if not row.admits(value) else INSIDE if switch or single else DEGENERATE
            found.append(Premise(symbol, value, kind))
    symbols = [s for s, row in pair.hypers.items() if s != pair.rate]
    for one, other in combinations(symbols, 2):
        same = pair.hypers[one].range == pair.hypers[other].range
        if same:
            found.append(Premise(other, one, INSIDE))
    order = {INSIDE: 0, OUTSIDE: 1, DEGENERATE: 2}
    return sorted(found, key=lambda premise: (order[premise.kind], not premise.value.is_number))


def _fixed(pair: Pair) -> dict[str, sp.Rational]:
    """What a user fixed in one of the rules, by canonical names: for the other rule that is a premise like any other."""
    return {row: rule.fixed[name] for rule in (pair.a, pair.b) for name, row in canonical(rule.fixed).items()}


def _numbers(pair: Pair) -> list[sp.Rational]:
    """The numbers other than 0 and 1 that stand in one rule and may be a hyperparameter of the other."""
    found: dict[sp.Rational, None] = {}
    for one in pair.raw(pair.wire):
        for node in one.step.nodes:
            for number in sorted(node.body.atoms(sp.Rational)):
                if number > 0 and number not in (1, 2, sp.Rational(1, 2)):     # what powers and roots are made of
                    found[number] = None
                    if number < 1:
                        found[1 - number] = None
    return list(found)[:6]


def sets(screen: Screen, late: Callable[[], bool]) -> Iterator[tuple[Premise, ...]]:
    """Sets of premises under which paths agree in floats, with a constant rate; none that contains another one."""
    rows = candidates(screen.pair)
    found: list[frozenset] = []
    zeros = [row for row in rows if row.value.is_number and (row.value == 0 or row.kind == INSIDE)]
    for count in range(1, MOST + 1):
        for chosen in combinations(rows if count == 1 else zeros if count == 2 else [r for r in zeros if r.value == 0][:6], count):
            if late():
                return
            own = frozenset(chosen)
            if len({row.symbol for row in chosen}) < count or any(one <= own for one in found):
                continue
            values = substitution(chosen)
            if screen.agree(values, quick=True) and screen.agree(values):
                found.append(own)
                yield chosen


def substitution(chosen: tuple[Premise, ...]) -> dict[sp.Symbol, sp.Expr]:
    return {row.symbol: row.value for row in chosen}


def worst(chosen: tuple[Premise, ...]) -> str:
    """The kind of a set: outside when one premise is, else degenerate when one is."""
    kinds = {row.kind for row in chosen}
    return OUTSIDE if OUTSIDE in kinds else DEGENERATE if DEGENERATE in kinds else INSIDE


def given(pair: Pair, text: Mapping[str, object] | str | tuple[str, ...] | list[str] | None) -> tuple[dict[sp.Symbol, sp.Expr], bool]:
    """Premises that a user gives, as substitutions, and whether the rate is constant.

    "eps=0, b1=b2, constant lr", the same as a list, or {"eps": 0}; names are a's, or b's where a has no such name.
    """
    if text is None:
        return {}, False
    rows = [(f"{name}", value) for name, value in text.items()] if isinstance(text, Mapping) else []
    constant = False
    for part in [] if rows else (text.split(",") if isinstance(text, str) else text):
        if " ".join(str(part).split()) == CONSTANT_RATE:
            constant = True
            continue
        name, sign, value = (piece.strip() for piece in str(part).partition("="))
        if not sign or not name or not value:
            raise UsageError(f"the premise {part!r}: expected hyperparameter=number, one hyperparameter=another, or {CONSTANT_RATE!r}")
        rows.append((name, value))
    found = {}
    for name, value in rows:
        symbol = _symbol(pair, name)
        image = _value(pair, value)
        if symbol in found:
            raise UsageError(f"the premise {name} = {value}: {name} is given twice")
        row = pair.hypers[symbol]
        if image.is_number and not (row.admits(image) or image in (row.low, row.high)):
            raise UsageError(f"the premise {name} = {image} lies outside of the range {row.range} of {name} and its ends")
        if image != symbol:
            found[symbol] = image
    return found, constant


def _symbol(pair: Pair, name: str) -> sp.Symbol:
    own = sp.Symbol(name, real=True)
    if own in pair.hypers:
        return own
    theirs = pair.align.get(sp.Symbol(name + "_b", real=True))
    if theirs is None:
        raise UsageError(f"no hyperparameter {name!r}: there are {', '.join(s.name for s in pair.hypers)}")
    return theirs


def _value(pair: Pair, value: object) -> sp.Expr:
    if isinstance(value, str):
        try:
            return sp.Rational(value)
        except (TypeError, ValueError):
            return _symbol(pair, value)
    return exact_number(value)
