"""Dimensional analysis of an update rule: a consistent unit for every state and every hyperparameter, or the operation that has none.

The loss has the unit [L], the parameter [p], a gradient [L]/[p], a Hessian [L]/[p]^2, and a step has [p].  Terms of a sum and the
two sides of a comparison have one unit, products multiply, powers scale, a sign has none; exp, log and exponents take none;
literal numbers have none.  A rule whose hyperparameters have no [p] in their units is natural under uniform scaling, one whose
hyperparameters have no [L] is invariant under loss scale: a rule that reads gradients alone cannot be both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy as sp

from symcat.card.definedness import bare
from symcat.card.dimensions import GRADIENT, LOSS, ONE, PARAMETER, Equations, Unit
from symcat.category import functions as fn
from symcat.category.comprehension import Requirement
from symcat.category.expression import Argmax, At, Bracket, Delta, is_index
from symcat.category.hyper import Hyper, infer
from symcat.category.morphism import Morphism
from symcat.category.spelling import spelled
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.optimiser import keyword_only

DATA = {"loss": Unit.of({LOSS: 1}), "optimum": Unit.of({LOSS: 1}), "hessian": Unit.of({LOSS: 1, PARAMETER: -2}),
        "hessian_diagonal": Unit.of({LOSS: 1, PARAMETER: -2}), "christoffel": Unit.of({PARAMETER: -1}), "activation": Unit.of({"a": 1}),
        "output_gradient": Unit.of({LOSS: 1, PARAMETER: -1, "a": -1})}
SAME = (fn.relu, fn.absolute, fn.detach)
PURE = (sp.exp, sp.log, sp.tanh, sp.sin, sp.cos, fn.sigmoid, fn.softplus)
SIGNS = (fn.sign, fn.step)
ALIKE = (fn.maximum, fn.minimum)


@dataclass(frozen=True)
class Units:
    """Units by the names of states, data and hyperparameters; `free` ones may be anything; `conflicts` name operations in words."""

    of: Mapping[str, Unit]
    hypers: tuple[str, ...]
    free: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    gaps: tuple[Unit, ...] = ()    # of the two units in each conflict

    def __str__(self) -> str:
        shown = [f"[{name}] = {'any' if name in self.free else self.of[name]}" for name in self.hypers]
        return ", ".join(shown) or "no hyperparameters"

    @property
    def uniform_scaling(self) -> bool:
        """Whether units alone say that the rule is natural under uniform scaling, with its hyperparameters as they are."""
        return self._pure(PARAMETER)

    @property
    def loss_scale(self) -> bool:
        """Whether units alone say that the rule is invariant under loss scale."""
        return self._pure(LOSS)

    def _pure(self, base: str) -> bool:
        return all(unit.power(base) == 0 for unit in (*self.gaps, *(self.of[name] for name in self.hypers)))


def units(rule: Optimiser) -> Units:
    """The units of a rule; hyperparameters that were fixed at other values than 0 are taken as if they were free.

    >>> from symcat.learn.optimisers import adam, gradient_descent, optimiser
    >>> print(units(gradient_descent))
    [lr] = [p]^2/[L]
    >>> print(units(adam))
    [lr] = [p], [b1] = 1, [b2] = 1, [eps] = [L]/[p]
    >>> units(optimiser(lambda p, g: p - g / 10, name="tenth")).conflicts
    ('-g/10 + p adds [p] and [L]/[p]',)
    """
    rule = _freed(rule)
    return _Analysis(rule).run()


def _freed(rule: Optimiser) -> Optimiser:
    """The rule with hyperparameters that were given as numbers back as symbols, apart from those that are 0."""
    given = {name: value for name, value in rule.fixed.items() if value != 0 and name in keyword_only(rule.rule)}
    rows = tuple(_row(name, value) for name, value in given.items())
    return replace(rule, hypers=(*rule.hypers, *rows), fixed={name: 0 for name in rule.fixed if name not in given}) if given else rule


def _row(name: str, value: sp.Rational) -> Hyper:
    found = infer(name, value)
    return found if found.admits(value) else Hyper(name, value)


class _Analysis:
    """The equations of one rule, step, start and look."""

    def __init__(self, rule: Optimiser) -> None:
        self.rule, self.known = rule, Equations(frozenset((LOSS, PARAMETER, "a")))
        self.defaults = {row.name: rule.value(row.name) for row in rule.hypers}
        self.conflicts: dict[str, Unit] = {}
        self.bodies: dict[str, sp.Expr] = {}

    def run(self) -> Units:
        rule, step = self.rule, self.rule.step()
        unknown = {name: Unit.of({f"state {name}": 1}) for name in rule.state_names}
        data = {row.name: DATA.get(row.kind, Unit.of({f"data {row.name}": 1})) for row in rule.data}
        given = {"p": Unit.of({PARAMETER: 1}), "g": GRADIENT, **data, **unknown}
        found = self.program(step, given)
        for name, out in zip(("p", *rule.state_names), found, strict=True):
            self.same(given[name], out, f"the step returns {name} with the unit {{1}}, it came with {{0}}")
        if rule.look:
            looked = self.program(rule._look(rule.wire), {name: given[name] for name in ("p", *rule.state_names)})
            self.same(given["p"], looked[0], "the gradient is taken at a point with the unit {1}, not {0}")
        for name, start in zip(rule.state_names, self.program(rule.start(), {"p": given["p"]}) if rule.states else (), strict=True):
            initial = next(row.initial for row in rule.states if row.name == name)
            self.same(given[name], start, f"{name} has the unit {{0}} and starts at {'a value' if callable(initial) else initial} "
                                          "with the unit {1}")
        hypers = tuple(row.name for row in rule.hypers)
        of = {name: self.known(unit) for name, unit in given.items()} | {name: self.known(_hyper(name)) for name in hypers}
        free = tuple(name for name in hypers if self.known.free((_hyper(name).powers[0][0],)))
        of = {name: _readable(unit) for name, unit in of.items()}
        return Units(of, hypers, free, tuple(self.conflicts), tuple(self.conflicts.values()))

    def same(self, left: Unit | None, right: Unit | None, words: str) -> None:
        """Add an equation; `None` is the unit of 0, which fits any."""
        if left is None or right is None:
            return
        before = self.known(left), self.known(right)
        if not self.known.equal(left, right):
            self.conflicts[words.format(*(_bracketed(unit) for unit in before))] = before[0] / before[1]

    def program(self, f: Morphism, given: Mapping[str, Unit | None]) -> list[Unit | None]:
        """The units of the outputs."""
        arrays: dict[str, Unit | None] = dict(given)
        for node in f.nodes:
            spell = lambda e, node=node: str(bare(spelled(f, Requirement(node.extents, e, "!=0", "!=0")).expr))
            self.bodies[node.name] = node.body
            arrays[node.name] = self.unit(node.body, arrays, spell)
        return [arrays[out] for out in f.outs]

    def unit(self, e: sp.Expr, arrays: Mapping[str, Unit | None], spell) -> Unit | None:
        """The unit of a scalar expression; None for 0."""
        if e == 0:
            return None
        if isinstance(e, At):
            return arrays[e.name]
        if e.is_number or isinstance(e, (Argmax, Bracket, Delta)) or (e.is_Symbol and (e.is_integer or is_index(e))):
            return ONE
        if e.is_Symbol:
            return _hyper(e.name)
        if e.is_Add:
            return self.alike(e.args, arrays, spell, f"{spell(e)} adds {{0}} and {{1}}")
        if e.is_Mul:
            return self.product(e.args, arrays, spell)
        if e.is_Pow and not isinstance(e, sp.exp):
            return self.power(e, arrays, spell)
        return self.call(e, arrays, spell)

    def product(self, factors, arrays, spell) -> Unit | None:
        result = ONE
        for factor in factors:
            unit = self.unit(factor, arrays, spell)
            if unit is None:
                return None
            result = result * unit
        return result

    def power(self, e: sp.Pow, arrays, spell) -> Unit | None:
        base, exponent = self.unit(e.base, arrays, spell), e.exp
        if not exponent.is_number:
            self.same(self.unit(exponent, arrays, spell), ONE, f"the exponent of {spell(e)} has the unit {{0}}")
            if not exponent.has(At) and base is not None:
                exponent = exponent.xreplace({s: self.defaults.get(s.name, s) for s in exponent.free_symbols})
        if base is None:
            return None
        if exponent.is_Rational:
            return base**exponent
        self.same(base, ONE, f"{spell(e)} is a power of {{0}} with an exponent that varies")
        return ONE

    def alike(self, parts, arrays, spell, words: str) -> Unit | None:
        """The one unit of several expressions."""
        found = [unit for unit in (self.unit(part, arrays, spell) for part in _plain_first(parts)) if unit is not None]
        for other in found[1:]:
            self.same(found[0], other, words)
        return found[0] if found else None

    def call(self, e: sp.Expr, arrays, spell) -> Unit | None:
        """The unit of a function call."""
        if isinstance(e, SAME):
            return self.unit(e.args[0], arrays, spell)
        if isinstance(e, ALIKE):
            return self.alike(e.args, arrays, spell, f"{spell(e)} compares {{0}} with {{1}}")
        if isinstance(e, SIGNS):
            self.unit(e.args[0], arrays, spell)
            return ONE
        if isinstance(e, fn.equal):
            self.alike(e.args, arrays, spell, f"{spell(e)} compares {{0}} with {{1}}")
            return ONE
        if isinstance(e, fn.where):
            self.unit(e.args[0], arrays, spell)
            guarded = self.tests_for_zero(e.args[0], arrays, spell)      # where(norm > 0, norm, 1): the 1 has whatever unit is needed
            parts = [part for part in e.args[1:] if not (guarded and part.is_number)]
            return self.alike(parts, arrays, spell, f"{spell(e)} is {{0}} or {{1}}")
        for argument in e.args[2:] if isinstance(e, fn.Smooth) else e.args:
            self.same(self.unit(argument, arrays, spell), ONE, f"the argument of {spell(e)} has the unit {{0}}")
        return ONE


    def tests_for_zero(self, e: sp.Expr, arrays, spell) -> bool:
        """Whether a condition compares a quantity that has a unit with 0."""
        if isinstance(e, At):
            return e.name in self.bodies and self.tests_for_zero(self.bodies[e.name], arrays, spell)
        if e.is_Mul or e.is_Add:
            return (any if e.is_Mul else all)(part.is_number or self.tests_for_zero(part, arrays, spell) for part in e.args)
        if isinstance(e, SIGNS) or (isinstance(e, fn.equal) and 0 in e.args):
            unit = self.unit(next(part for part in e.args if part != 0), arrays, spell)
            return unit is not None and not self.known(unit).dimensionless
        return False


def _plain_first(parts) -> list[sp.Expr]:
    """Terms in the order in which they are reported: the parameter first, numbers last."""
    return sorted(parts, key=lambda part: (part.is_number, not any(read.name == "p" for read in part.atoms(At)), sp.default_sort_key(part)))


def _hyper(name: str) -> Unit:
    return Unit.of({f"hyper {name}": 1})


def _readable(unit: Unit) -> Unit:
    """Units that are free under the bare names of what has them."""
    return Unit.of({name.rpartition(" ")[2]: power for name, power in unit.powers})


def _bracketed(unit: Unit) -> str:
    found = _readable(unit)
    return "a pure number" if found.dimensionless else str(found)
