"""Corrupt one reverse rule at a time: at least one claim of the project must notice.

A mutant is caught when a claim that is proved of the true rules is no longer proved.  The suite runs only the claims of
proofs/textbook.py and proofs/kinks.py, so a mutant that it misses shows a hole in them.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from symcat.category import functions
from symcat.category.evaluate import evaluate
from symcat.category.expression import Argmax, At, reads
from symcat.category.functions import FUNCTIONS, absolute, maximum, minimum, relu, sigmoid, sign, softplus, step, where
from symcat.category.morphism import Builder
from symcat.derivative import reverse
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim
from symcat.laws.instances import generators
from symcat.laws.kinks import declared_derivatives
from symcat.prove.decide import prove

PROOFS = Path(__file__).parents[2] / "proofs"


@cache
def claims(module: str) -> tuple[Claim, ...]:
    spec = importlib.util.spec_from_file_location(f"proofs_{module}", PROOFS / f"{module}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded.CLAIMS


def caught(module: str) -> str | None:
    """The first claim of a module that should be proved and no longer is."""
    return next((claim.name for claim in claims(module) if claim.expected == "proved" and not prove(claim).proved), None)


def slope_of(f, x, v, d):
    """Directional derivative by central differences against R: their difference."""
    h = 1e-6
    up, down = evaluate(f, [x + h * v])[0], evaluate(f, [x - h * v])[0]
    (gradient,) = evaluate(R(f), [x, d])
    return abs(np.sum((up - down) / (2 * h) * d) - np.sum(gradient * v))


# ---- one derivative of the table at a time
def scaled(factor):
    return lambda rule: lambda *args: factor * rule(*args)


def shifted(rule):
    return lambda *args: rule(*args) + 1


def vanishes(function, position) -> bool:
    """Whether the declared derivative is 0: scaling leaves it alone."""
    rules = FUNCTIONS[function].derivatives
    return rules[position](*sp.symbols(f"x0:{len(rules)}")) == 0


CHANGES = {"plus one": shifted, "times two": scaled(2), "negated": scaled(-1)}
TABLE = [(function, k, change) for function, row in FUNCTIONS.items() if function.__name__ not in ("detach", "Smooth")
         for k in range(len(row.derivatives)) for change in CHANGES if change == "plus one" or not vanishes(function, k)]


@pytest.mark.parametrize("function, position, change", TABLE, ids=lambda value: getattr(value, "__name__", value))
def test_a_wrong_declared_derivative_is_caught(function, position, change, monkeypatch):
    row = FUNCTIONS[function]
    rules = list(row.derivatives)
    rules[position] = CHANGES[change](rules[position])
    monkeypatch.setitem(FUNCTIONS, function, replace(row, derivatives=tuple(rules)))
    name = function.__name__
    mine = [claim for claim in declared_derivatives() if claim.name.split()[2] == name]
    assert mine and not all(prove(claim).proved for claim in mine)


@pytest.mark.parametrize("function, wrong", [
    (relu, lambda x: 1 - step(-x) + step(x) * 0 + step(-x)), (absolute, lambda x: step(x)), (sigmoid, lambda x: sigmoid(x)),
    (softplus, lambda x: sigmoid(-x)), (sp.tanh, lambda x: 1 - sp.tanh(x)), (sp.log, lambda x: 1 / x**2), (sign, lambda x: step(x)),
    (sp.sin, lambda x: -sp.cos(x)), (sp.cos, sp.sin),
], ids=lambda value: getattr(value, "__name__", ""))
def test_a_plausible_but_wrong_derivative_is_caught(function, wrong, monkeypatch):
    row = FUNCTIONS[function]
    monkeypatch.setitem(FUNCTIONS, function, replace(row, derivatives=(wrong,)))
    mine = [claim for claim in declared_derivatives() if claim.name.split()[2] == function.__name__]
    assert mine and not all(prove(claim).proved for claim in mine)


def test_swapped_partials_of_maximum_minimum_and_where_are_caught(monkeypatch):
    for function, order in ((maximum, (1, 0)), (minimum, (1, 0)), (where, (0, 2, 1))):
        row = FUNCTIONS[function]
        with monkeypatch.context() as patch:
            patch.setitem(FUNCTIONS, function, replace(row, derivatives=tuple(row.derivatives[k] for k in order)))
            mine = [claim for claim in declared_derivatives() if claim.name.split()[2] == function.__name__]
            assert not all(prove(claim).proved for claim in mine), function


# ---- the rule of reverse differentiation itself
TRUE = reverse.contributions
TOTAL = reverse._total


def rule(body=lambda node, dy, slope: At(dy, *node.out) * slope, out=lambda read: read.indices, guards=lambda node: node.guards,
         select=lambda node, k: Argmax(node.name, k, *node.out), skip=lambda read, position, count: False, through=True):
    """The reverse rule with one of its parts replaced."""
    def contributions(build: Builder, node, dy):
        box, chosen = node.box, {}
        if node.op == "max":
            chosen = {symbol: select(node, k) for k, (symbol, _) in enumerate(node.reduced)}
            box = tuple(item for item in box if item[0] not in chosen)
        found = reads(node.body)
        for position, read in enumerate(found):
            slope = reverse.partial(node.body, read, functions.derivative)
            if node.pointwise and through:
                slope = slope.xreplace({node.body: At(node.name, *node.out)})
            slope = node.base.reduce(slope)
            if slope == 0 or skip(read, position, len(found)):
                continue
            yield read.name, build.node(build.wires[read.name].shape, box, [e.xreplace(chosen) for e in out(read)],
                                        body(node, dy, slope).xreplace(chosen), guards=guards(node), name=f"d_{read.name}", base=node.base)
    return contributions


RULES = {
    "doubled": rule(body=lambda node, dy, slope: 2 * At(dy, *node.out) * slope),
    "negated": rule(body=lambda node, dy, slope: -At(dy, *node.out) * slope),
    "covector squared": rule(body=lambda node, dy, slope: At(dy, *node.out) ** 2 * slope),
    "covector shifted by one": rule(body=lambda node, dy, slope: (At(dy, *node.out) + 1) * slope),
    "slope forgotten": rule(body=lambda node, dy, slope: At(dy, *node.out)),
    "slope squared": rule(body=lambda node, dy, slope: At(dy, *node.out) * slope**2),
    "last read dropped": rule(skip=lambda read, position, count: count > 1 and position == count - 1),
    "first read dropped": rule(skip=lambda read, position, count: count > 1 and position == 0),
    "every contraction halved": rule(body=lambda node, dy, slope: At(dy, *node.out) * slope / (2 if node.reduced else 1)),
    "all but sums doubled": rule(body=lambda node, dy, slope: At(dy, *node.out) * slope * (1 if node.body.is_Add else 2)),
    "guards forgotten": rule(guards=lambda node: ()),
    "maximum to the first entry": rule(select=lambda node, k: sp.S.Zero),
}


def test_the_rule_as_rewritten_here_is_the_rule(monkeypatch):
    before = [R(make()) for make in generators().values()]
    monkeypatch.setattr(reverse, "contributions", rule())
    assert [R(make()) for make in generators().values()] == before


def wrong_somewhere() -> str | None:
    """A textbook claim that fails, or a generator on which R disagrees with central differences."""
    name = caught("textbook")
    if name:
        return name
    draw = np.random.default_rng(0)
    for name in ("prefix sums", "maximum of all", "reversal", "root"):
        f = generators()[name]()
        x, v = draw.uniform(0.5, 2, size=5), draw.normal(size=5)
        if slope_of(f, x, v, draw.normal(size=evaluate(f, [x])[0].shape)) > 1e-6:
            return f"central differences of {name}"
    return None


def test_the_true_rule_is_not_caught():
    assert wrong_somewhere() is None


@pytest.mark.parametrize("name", RULES)
def test_a_corrupted_rule_is_caught(name, monkeypatch):
    monkeypatch.setattr(reverse, "contributions", RULES[name])
    assert wrong_somewhere() is not None


def test_a_dropped_accumulation_is_caught(monkeypatch):
    monkeypatch.setattr(reverse, "_total", lambda build, name, received: TOTAL(build, name, received[:1]))
    assert wrong_somewhere() is not None
