"""The optimisers, one function each, and the table that faces every one of them with every law."""

from symcat.learn.optimisers.adaptive import adagrad, adam, rmsprop
from symcat.learn.optimisers.descent import gradient_descent, momentum, nesterov
from symcat.learn.optimisers.entry import Entry, elementwise, entry
from symcat.learn.optimisers.optimiser import Optimiser, optimiser
from symcat.learn.optimisers.state import Datum, State, state

OPTIMISERS: dict[str, Optimiser] = {rule.name: rule for rule in (gradient_descent, momentum, nesterov, adagrad, rmsprop, adam)}

__all__ = ["OPTIMISERS", "Datum", "Entry", "Optimiser", "State", "adagrad", "adam", "elementwise", "entry", "gradient_descent", "momentum",
           "nesterov", "optimiser", "rmsprop", "state"]
