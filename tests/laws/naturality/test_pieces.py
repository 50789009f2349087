"""Rules that bend entries before they add them up: sign flips and permutations cut at one place, and neighbours that fail them."""

from __future__ import annotations

import numpy as np
import pytest

from symcat.laws.naturality import card_laws
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.prove.decide import settle


def normalised(name, bend):
    """p <- p - lr u / |u| with u = bend(g), entry by entry."""
    def rule(p, g, *, lr=0.1):
        u = bend(g)
        return p - lr * u / np.sqrt(np.sum(u**2))
    return optimiser(rule, name=name)


ODD = normalised("odd", lambda g: g / (1 + g**2))
SHIFTED = normalised("not odd", lambda g: (g + 1) / (1 + g**2))       # no sign flips, but permutations
AHEAD = normalised("the first is special", lambda g: g / (1 + g**2 + g[0]**2))
LOPSIDED = optimiser(lambda p, g, h, *, lr=0.1, c=0.5: p - lr * np.clip(g / np.maximum(c * h, 0), -1, 2), name="lopsided clip",
                     data={"h": "hessian_diagonal"})
CASES = [(OPTIMISERS["sophia"].at(eps=0, wd=0), "sign_flips", "proved"), (LOPSIDED, "sign_flips", "refuted"),
         (ODD, "sign_flips", "proved"), (ODD, "permutation", "proved"), (SHIFTED, "sign_flips", "refuted"),
         (SHIFTED, "permutation", "proved"), (AHEAD, "permutation", "refuted")]


@pytest.mark.parametrize(("rule", "law", "expected"), CASES, ids=[f"{rule.name} {law}" for rule, law, _ in CASES])
def test_rules_that_bend_entries(rule, law, expected):
    (row,) = card_laws(rule, [law])
    assert settle(row.step.goal(), "as functions")[0].status == expected


def test_the_first_ones_generate_with_all_of_them():
    (row,) = card_laws(ODD, ["sign_flips"])
    assert "all coordinates change their signs; the first ones change their signs" in row.statement
