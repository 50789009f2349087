"""Optimisers of optax and of torch against each other: where they are the same and where documentation alone says so."""

import pytest

from symcat.diff.compare import diff

pytest.importorskip("optax", reason="optax is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")

PAIRS = {
    ("optax:rmsprop", "torch:RMSprop"): ("different", ("eps = 0",)),
    ("optax:rmsprop(eps_in_sqrt=False)", "torch:RMSprop"): ("equal", ()),
    ("optax:rmsprop(0.01, eps_in_sqrt=False)", "torch:RMSprop"): ("equal-under-premises", ("lr = 1/100",)),
    ("optax:adam", "torch:Adam"): ("equal", ()),
    ("optax:adam", "adam"): ("equal", ()),
    ("optax:sgd(momentum=0.9)", "torch:SGD"): ("different", None),
}


@pytest.mark.parametrize("a, b", PAIRS)
def test_relations(a, b):
    relation, premises = PAIRS[a, b]
    found = diff(a, b)
    assert found.relation == relation, found
    assert premises is None or found.premises == premises
    assert (found.witness is None) == (relation == "equal")
