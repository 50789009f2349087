"""The optimisers, one function each, and the table that faces every one of them with every law."""

from symcat.learn.optimisers.adaptive import adagrad, adam, rmsprop
from symcat.learn.optimisers.descent import gradient_descent, momentum, nesterov
from symcat.learn.optimisers.optimiser import Optimiser, optimiser

OPTIMISERS: dict[str, Optimiser] = {rule.name: rule for rule in (gradient_descent, momentum, nesterov, adagrad, rmsprop, adam)}

__all__ = ["OPTIMISERS", "Optimiser", "adagrad", "adam", "gradient_descent", "momentum", "nesterov", "optimiser", "rmsprop"]
