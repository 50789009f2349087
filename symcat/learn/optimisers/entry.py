"""Elementwise rules: those whose every entry is one scalar recursion, the same for all entries and all shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.evaluate import Evaluation
from symcat.category.expression import At, index
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Real, Wire
from symcat.errors import SymcatError
from symcat.learn.optimisers.optimiser import Optimiser


@dataclass(frozen=True)
class Entry:
    """One entry of an elementwise rule: `outputs` are the new parameter and the new states in terms of `symbols`.

    `symbols` are p, g, data and states, all real; hyperparameters stand in the outputs under their own symbols.  `requirements`
    are pairs of an expression and its relation, `>0`, `>=0` or `!=0`.
    """

    symbols: tuple[sp.Symbol, ...]
    outputs: Mapping[str, sp.Expr]
    requirements: tuple[tuple[sp.Expr, str], ...]


def elementwise(rule: Optimiser) -> bool:
    """Whether each entry of what a step returns depends on that entry of parameter, gradient, data and states alone.

    States of rank 0, such as a count of steps, may be read by all entries and depend on none.

    >>> from symcat.learn.optimisers import adam, optimiser
    >>> import numpy as np
    >>> elementwise(adam), elementwise(optimiser(lambda p, g: p - g / np.sqrt(np.sum(g**2)), name="normalised"))
    (True, False)
    """
    try:
        step = rule.step()
    except SymcatError:
        return False
    ranks = {name: len(wire.shape) for name, wire in step.wires.items()}
    if any(rank not in (0, len(rule.shape)) for rank in ranks.values()):
        return False
    return all(_pointwise(node, ranks) for node in step.nodes) and not any(_sized(row.expr) for row in step.requirements)


def entry(rule: Optimiser) -> Entry | None:
    """The scalar expressions of one entry; None for a rule in which entries depend on each other.

    >>> from symcat.learn.optimisers import momentum
    >>> entry(momentum).outputs["v"]
    -g*lr + gamma*v
    """
    if not elementwise(rule):
        return None
    step = rule.step(Wire(Real, ()))
    symbols = tuple(sp.Symbol(name, real=True) for name in step.dom.names)
    run = Evaluation(step, symbols, {}, {}, SYMBOLIC)
    outputs = dict(zip(step.cod.names, (array.item() for array in run.outputs()), strict=True))
    return Entry(symbols, outputs, tuple((_value(run, row.expr), row.relation) for row in step.requirements))


def _value(run: Evaluation, expr: sp.Expr) -> sp.Expr:
    return expr.xreplace({read: run.array(read.name).item() for read in expr.atoms(At)})


def _pointwise(node: Comprehension, ranks: Mapping[str, int]) -> bool:
    """Whether a comprehension takes each entry from the same entries of what it reads."""
    here = tuple(index(k) for k in range(len(node.shape)))
    reads = node.body.atoms(At)
    return node.pointwise and not _sized(node.body) and not node.selectors \
        and all(read.indices == here[: ranks[read.name]] and ranks[read.name] <= len(here) for read in reads)


def _sized(body: sp.Expr) -> bool:
    """Whether an extent or a loop index stands in a body as a value."""
    values = body.xreplace({read: sp.Dummy() for read in body.atoms(At)})
    return any(symbol.is_integer for symbol in values.free_symbols)
