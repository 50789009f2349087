"""Whole paths of the parameter, from the initial states, beside single steps: where the two agree and where they do not.

A length that starts at a fixed number breaks the scaling that each step keeps, a matrix that starts at the identity breaks linear maps;
a momentum that starts at 0 breaks nothing, and then all steps go together, by induction.
"""

from __future__ import annotations

import _rules as printed

from symcat.laws.claim import Claim
from symcat.laws.naturality import card_laws
from symcat.learn.optimisers import OPTIMISERS, Optimiser
from symcat.learn.optimisers.second_order import newton, online_newton

SOURCE = "derived here"
ROWS: tuple[tuple[str, Optimiser, str, str, str], ...] = (      # the verdicts on a step from any state and on the path
    ("gradient descent", OPTIMISERS["gradient_descent"], "rotation", "proved", "proved"),
    ("heavy ball", OPTIMISERS["heavy_ball"], "rotation", "proved", "proved"),
    ("Nesterov", OPTIMISERS["nesterov"], "translation", "proved", "proved"),
    ("momentum", OPTIMISERS["momentum"], "zero_gradient", "refuted", "proved"),
    ("Adam", OPTIMISERS["adam"].at(eps=0), "loss_scale", "proved", "proved"),
    ("Adam, eps > 0", OPTIMISERS["adam"], "loss_scale", "refuted", "refuted"),
    ("AdaHessian", OPTIMISERS["adahessian"].at(eps=0), "uniform_scaling", "proved", "proved"),
    ("DoG", OPTIMISERS["dog"].at(eps=0), "uniform_scaling", "proved", "refuted"),
    ("DoG, moved", OPTIMISERS["dog"].at(eps=0), "translation", "proved", "proved"),
    ("Prodigy", printed.prodigy_printed, "uniform_scaling", "proved", "refuted"),
    ("schedule-free", printed.schedule_free_averages, "rotation", "proved", "proved"),
    ("Newton", newton, "uniform_scaling", "proved", "proved"),
    ("online Newton", online_newton, "uniform_scaling", "proved", "refuted"),
)


def _claims(name: str, rule: Optimiser, law: str, step: str, path: str) -> tuple[Claim, ...]:
    def goal(which: str) -> object:
        (row,) = card_laws(rule, [law])
        return getattr(row, which).goal()
    words = law.replace("_", " ")
    one = Claim(f"{name}: {law}, one step", f"one step of {name}, from any state: {words}", SOURCE, lambda: goal("step"), step,
                "as functions")
    every = Claim(f"{name}: {law}, path", f"every step of {name}, from its initial states: {words}", SOURCE, lambda: goal("path"), path,
                  "as functions")
    return (one, every) if step != path else (every,)


CLAIMS = tuple(claim for row in ROWS for claim in _claims(*row))
