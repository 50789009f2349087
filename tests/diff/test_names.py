"""Names of hyperparameters: which ones mean the same."""

import pytest

from symcat.learn.optimisers.names import canonical, matched, meanings


@pytest.mark.parametrize("first, second, expected", [
    (["lr", "b1", "b2", "eps"], ["learning_rate", "beta1", "beta2", "epsilon"],
     {"learning_rate": "lr", "beta1": "b1", "beta2": "b2", "epsilon": "eps"}),
    (["learning_rate", "decay", "eps"], ["lr", "alpha", "eps"], {"eps": "eps", "lr": "learning_rate", "alpha": "decay"}),
    (["lr", "gamma"], ["eta", "momentum"], {"eta": "lr", "momentum": "gamma"}),
    (["alpha", "beta1", "beta2"], ["lr", "b1", "b2"], {"lr": "alpha", "b1": "beta1", "b2": "beta2"}),
    (["lr", "wd"], ["lr"], {"lr": "lr"}),
    (["lr"], ["lr", "weight_decay"], {"lr": "lr"}),
    (["rate", "warmth"], ["lr", "cold"], {"lr": "rate"}),
])
def test_names_that_mean_the_same_are_matched(first, second, expected):
    assert matched(first, second) == expected


def test_a_canonical_name_is_given_once():
    found = canonical(["momentum", "mu", "gamma"])
    assert len(set(found.values())) == 3 and found["gamma"] == "gamma"


def test_an_unknown_name_means_itself():
    assert meanings("warmth") == ("warmth",) and "lr" in meanings("eta")
