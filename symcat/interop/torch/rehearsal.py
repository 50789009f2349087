"""A rule that was read, against the optimizer itself on numbers: what symbolic tensors cannot show is seen here.

States outside of `optimizer.state`, counters in global names, randomness and rounding leave no trace in a program; a few steps of
both on the same numbers do not agree then.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp
import torch

from symcat.category.evaluate import evaluate, fact_holds
from symcat.category.morphism import Morphism
from symcat.category.space import Real
from symcat.errors import SymcatError, TraceError
from symcat.interop.torch.plan import Plan
from symcat.learn.optimisers import Optimiser

STEPS = 4
SIZES = (3, 4, 2, 2)
CLOSE = 1e-7       # counts of steps are single precision in torch
NEARBY = sp.Rational(7, 8)


def rehearse(plan: Plan, rule: Optimiser) -> None:
    """TraceError unless some steps of the optimizer itself, at other hyperparameters than its defaults, are those of the rule."""
    names = dict.fromkeys(extent for extent in rule.shape if not extent.is_Integer)
    sizes = dict(zip(names, SIZES, strict=False))
    shape = tuple(int(sizes.get(extent, extent)) for extent in rule.shape)
    draw = np.random.default_rng(4)
    start, gradients = draw.normal(size=shape), list(draw.normal(size=(STEPS, *shape)))
    step = rule.step(Real[shape])
    values = _values(rule, step)
    try:
        ours = _ours(rule(**values), step, start, gradients)
    except SymcatError:
        return          # outside of the rule's domain: its conditions are part of it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _theirs(plan, values, start, gradients)
    for k, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if not np.allclose(one, other, rtol=CLOSE, atol=CLOSE, equal_nan=True):
            raise TraceError(f"torch:{plan.cls.__name__} cannot be read: on numbers, step {k + 1} of it is not that of what was read; it "
                             "keeps states elsewhere than in self.state[p], is random, rounds, or asks what a symbol does not show")


def _values(rule: Optimiser, step: Morphism) -> dict[str, sp.Rational]:
    """Values near the defaults that the ranges and premises of the rule admit, else the defaults."""
    rows = {row.name: row for row in rule.hypers}
    near = {name: rule.value(name) * NEARBY for name in rows}
    near = {name: value if rows[name].admits(value) else rule.value(name) for name, value in near.items()}
    given = {sp.Symbol(name, real=True): value for name, value in near.items()}
    holds = all(fact_holds(fact, {}, given) is not False for fact in step.facts)
    return near if holds else {name: rule.value(name) for name in rows}


def _ours(rule: Optimiser, step: Morphism, p: np.ndarray, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
    hypers = {symbol: value for symbol, value in rule.assignment().items() if symbol in step.hypers}
    states, found = rule.initial([p]), []
    for g in gradients:
        p, *states = evaluate(step, (p, g, *states), hypers=hypers)
        found.append(p)
    return found


def _theirs(plan: Plan, values: Mapping[str, sp.Rational], p: np.ndarray, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
    parameter, found, usual = torch.nn.Parameter(torch.tensor(p)), [], torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        instance = plan.cls([parameter], **plan.keywords)
        group = instance.param_groups[0]
        for slot in plan.slots:
            if slot.name in values:
                old, number = group[slot.key], float(values[slot.name])
                group[slot.key] = number if slot.position is None else (*old[: slot.position], number, *old[slot.position + 1:])
        for g in gradients:
            parameter.grad = torch.tensor(g)
            instance.step()
            found.append(parameter.detach().numpy().copy())
    except Exception as error:
        raise TraceError(f"torch:{plan.cls.__name__} cannot be run on numbers: {type(error).__name__}: {error}") from error
    finally:
        torch.set_default_dtype(usual)
    return found
