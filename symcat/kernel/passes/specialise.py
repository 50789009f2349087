"""Dims and hyperparameters become numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from symcat.category.morphism import Morphism
from symcat.errors import UsageError


def specialise(f: Morphism, values: Mapping[sp.Symbol, sp.Expr]) -> Morphism:
    """The program at given dims and hyperparameters; a fact that they violate is an error that names it.

    Requirements and facts have been checked or proved by the time a step is compiled; they are dropped and keep nothing alive.
    """
    missing = [symbol.name for symbol in f.symbols if symbol not in values]
    if missing:
        raise UsageError(f"no value for {', '.join(missing)}: a kernel has sizes and hyperparameters baked in")
    return replace(f.substitute(values), requirements=(), facts=())
