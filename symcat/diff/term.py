"""What differs between two rules, in words: the smallest parts of their formulas that are not alike, initial values, dead knobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random

import numpy as np
import sympy as sp

from symcat.category.hyper import Hyper
from symcat.diff import machines
from symcat.diff.pair import Pair, foreign
from symcat.diff.paths import Screen
from symcat.laws.induction import Machine
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.entry import entry
from symcat.prove.refute import Difference as Unlike
from symcat.prove.refute import Judge
from symcat.prove.witness import Point

LONG = 160
POINTS = 4          # at which one step from equal states is tried
# States that are called differently elsewhere, likeliest partners in one row.
SAME = (("m", "mu", "exp_avg", "mom", "first_moment"),
        ("v", "nu", "exp_avg_sq", "square_avg", "second_moment", "s", "r", "acc", "sum"),
        ("t", "count", "step", "k", "n", "i"), ("vmax", "nu_max", "max_exp_avg_sq", "vhat", "v_max"),
        ("buf", "trace", "velocity", "v", "m"))


def partners(first: tuple[str, ...], second: tuple[str, ...]) -> dict[str, str]:
    """States of b with the state of a that they stand for, by name; the only ones left go together."""
    found = {name: name for name in second if name in first}
    for row in SAME:
        left = [name for name in first if name in row and name not in found.values()]
        for name in second:
            if name in row and name not in found and left:
                found[name] = left.pop(0)
    free, lost = [n for n in first if n not in found.values()], [n for n in second if n not in found]
    return {**found, **({lost[0]: free[0]} if len(free) == len(lost) == 1 else {})}


def formulas(pair: Pair) -> str:
    """The parts in which the formulas of one step differ, for elementwise rules; empty when there is nothing to say."""
    own, theirs = entry(pair.a), entry(pair.b)
    if own is None or theirs is None:
        return ""
    same = partners(pair.a.state_names, pair.b.state_names)
    names = {sp.Symbol(b, real=True): sp.Symbol(a, real=True) for b, a in same.items()}
    rename: dict[sp.Symbol, sp.Expr] = dict(names)
    for row in pair.b.hypers:
        rename[row.symbol] = pair.values[foreign(row.symbol)]
    left = {name: e.xreplace(dict(pair.premises)) for name, e in own.outputs.items()}
    right = {same.get(name, name): e.subs(rename, simultaneous=True) for name, e in theirs.outputs.items()}
    alike = {right[name]: left[name] for name in left if name in right and name != "p" and sp.expand(left[name] - right[name]) == 0}
    right = {name: e.xreplace(alike) for name, e in right.items()}
    found = []
    for name in dict.fromkeys((*left, *right)):
        if name not in left or name not in right:
            found.append(f"state {name} only in {pair.a.name if name in left else pair.b.name}")
        elif sp.expand(left[name] - right[name]) != 0:
            found.append(f"{name}: {_against(*apart(left[name], right[name]))}")
    return "; ".join(found)


def apart(left: sp.Expr, right: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The smallest parts in which two expressions differ.

    >>> x, e = sp.symbols("x e", positive=True)
    >>> apart(1 - x / (sp.sqrt(x) + e), 1 - x / sp.sqrt(x + e))
    (1/(e + sqrt(x)), 1/sqrt(e + x))
    """
    if left.func is right.func and left.args:
        if left.is_Add or left.is_Mul:
            mine, yours = list(left.args), list(right.args)
            for part in left.args:
                if part in yours:
                    mine.remove(part)
                    yours.remove(part)
            if len(mine) == len(yours) == 1:
                return apart(mine[0], yours[0])
            return left.func(*mine), left.func(*yours)
        unlike = [k for k, (x, y) in enumerate(zip(left.args, right.args, strict=False)) if x != y]
        if len(left.args) == len(right.args) and len(unlike) == 1 and not left.is_Pow:
            return apart(left.args[unlike[0]], right.args[unlike[0]])
    return left, right


def _against(left: sp.Expr, right: sp.Expr) -> str:
    texts = [text if len(text) <= LONG else text[:LONG] + "..." for text in (str(left), str(right))]
    return f"{texts[0]} against {texts[1]}"


def initial(pair: Pair) -> str:
    """The initial values of states that go together."""
    same = partners(pair.a.state_names, pair.b.state_names)
    own, theirs = ({row.name: row.initial for row in rule.states} for rule in (pair.a, pair.b))
    unlike = [f"{name}: {own[a]} against {theirs[name]}" for name, a in same.items()
              if not callable(own[a]) and not callable(theirs[name]) and own[a] != theirs[name]]
    return "; ".join(unlike) or "equal"


def recursion(pair: Pair) -> str:
    """One step from equal states, whatever they are: "equal at the points tried", "different", or nothing where states do not pair up."""
    found = pair.machines(pair.small)
    if found is None:
        return ""
    f, g = found
    same = partners(f.states.names[1:], g.states.names[1:])
    if len(same) != len(f.states) - 1 or len(same) != len(g.states) - 1:
        return "not comparable state by state"
    order = [0, *(1 + f.states.names[1:].index(same[name]) for name in g.states.names[1:])]
    if tuple(f.states.types[k] for k in order) != g.states.types:
        return "not comparable state by state"
    inputs = range(len(f.states), len(f.step.dom))
    outs = range(len(f.states), len(f.step.cod))
    judge = Judge(machines.reordered(f.step, [*order, *inputs], [*order, *outs]), g.step)
    found = [judge.judge(point) for point in _points(pair, g)]
    return "different from equal states" if any(isinstance(one, Unlike) for one in found) else \
        "equal from equal states, at all points that were tried" if "agree" in found else ""


def _points(pair: Pair, g: Machine) -> Iterator[Point]:
    """Exact points for one step: counts are whole numbers, other states are positive."""
    for seed in range(POINTS):
        random = Random(seed)
        dims = {symbol.name: 1 + seed % 2 for symbol in g.step.dims}
        hypers = {symbol.name: _inside(row, random) for symbol, row in pair.hypers.items()}
        arrays = []
        for name, wire in g.step.dom:
            shape = tuple(int(extent.xreplace({symbol: sp.Integer(dims[symbol.name]) for symbol in g.step.dims})) for extent in wire.shape)
            kind = "signed" if name in ("p", "g") else "positive" if wire.shape else "count"
            entries = [_drawn(kind, random) for _ in range(int(np.prod(shape)))]
            arrays.append(np.array(entries, dtype=object).reshape(shape))
        yield Point(dims, hypers, arrays)


def _drawn(kind: str, random: Random) -> Fraction:
    if kind == "count":
        return Fraction(random.randint(1, 4))
    return Fraction(random.randint(1, 9), random.choice((1, 2, 4))) * (random.choice((-1, 1)) if kind == "signed" else 1)


def _inside(row: Hyper, random: Random) -> Fraction:
    """A simple number inside the range of a hyperparameter."""
    low, high = (None if end is None else Fraction(int(end.p), int(end.q)) for end in (row.low, row.high))
    if low is not None and high is not None:
        return low + (high - low) * random.choice((Fraction(1, 2), Fraction(1, 4)))
    return (low or Fraction(0)) + random.choice((Fraction(1, 2), Fraction(1), Fraction(3, 2)))


def idle(screen: Screen, side: int) -> list[str]:
    """Hyperparameters of a rule on which its path does not depend, in floats, and states that no step changes."""
    rule: Optimiser = (screen.pair.a, screen.pair.b)[side]
    step = screen.machines[side].step
    used = {symbol.name for f in (step, screen.machines[side].start) for node in f.nodes for symbol in node.symbols}
    names = {row.name: (row.name if side == 0 else foreign(row.symbol).name) for row in rule.hypers}
    found = [f"{name} of {rule.name} has no influence" for name, own in names.items() if own not in used]
    found += [f"state {name} of {rule.name} is never written" for name in machines.unwritten(screen.machines[side])]
    kept = set(screen.machines[side].states.names)
    return found + [f"state {name} of {rule.name} is never read" for name in rule.state_names if name not in kept]


def defaults(pair: Pair) -> tuple[str, ...]:
    """Hyperparameters whose defaults differ."""
    found = []
    rows = {row.symbol: row for row in pair.a.hypers}
    for row in pair.b.hypers:
        own = rows.get(pair.align[foreign(row.symbol)])
        if own is not None and own.default is not None and row.default is not None and own.default != row.default:
            found.append(f"{own.name} {_decimal(own.default)} / {_decimal(row.default)}")
    return tuple(found)


def aligned(pair: Pair) -> tuple[str, ...]:
    """Hyperparameters of b under other names."""
    rows: Mapping[sp.Symbol, sp.Expr] = pair.align
    return tuple(f"{row.name} of {pair.b.name} is {rows[foreign(row.symbol)]}" for row in pair.b.hypers
                 if rows[foreign(row.symbol)].is_Symbol and rows[foreign(row.symbol)].name != row.name)


def _decimal(value: sp.Rational) -> str:
    return f"{float(value):g}" if value.q != 1 else str(value)
