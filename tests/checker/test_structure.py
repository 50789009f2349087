"""The independent checker: what it accepts, and that any change in the mathematics of a certificate makes it refuse."""

import copy
import random

import numpy as np
import pytest

from symcat.category.elementwise import detach, relu, where
from symcat.category.serialise import dump
from symcat.category.space import Z2, Real, dims, space
from symcat.category.trace import trace
from symcat.category.unroll import unrolled
from symcat.checker import Refused, check
from symcat.checker.structure import additive, same_program
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.laws.instances import generators
from symcat.laws.reverse import REVERSE
from symcat.prove.decide import settle
from symcat.prove.index.equal import Proof, prove_additive

n, m = dims("n m")
A = space(x=Real[n], y=Real[n])
LAWS = {law.name: law for law in REVERSE}


@pytest.mark.parametrize("name", generators())
def test_it_confirms_the_engine_on_every_generator(name):
    f = generators()[name]()
    _, record = settle(LAWS["RD.2"].goal(f))
    assert check(record) == {"linear typing": 1}
    _, record = settle(LAWS["RD.5"].goal(f))
    assert set(check(record)) <= {"identical programs", "normal forms replayed"}


def test_folds_are_not_read():
    f = generators()["elman"]()
    for program in (f, R(f)):
        with pytest.raises(Refused, match="holds a fold"):
            same_program(dump(program), dump(program))
        with pytest.raises(Refused, match="holds a fold"):
            additive(dump(program), [0])
    _, record = settle(LAWS["RD.4"].goal(f))
    broken = copy.deepcopy(record)
    broken["goal"]["equations"][0]["lhs"] = dump(f)
    with pytest.raises(Refused):
        check(broken)


def test_names_and_order_do_not_matter_but_everything_else_does():
    f = dump(trace(lambda x, y: np.sum(x * y + x), A))
    renamed = dump(trace(lambda b, a: np.sum(b + a * b), space(b=Real[n], a=Real[n])))
    same_program(f, renamed)
    for other in (lambda x, y: np.sum(x * y + y), lambda x, y: np.sum(x * y) + 0 * x[0], lambda x, y: np.max(x * y + x),
                  lambda x, y: np.sum(x * y - x), lambda x, y: x * y + x):
        with pytest.raises(Refused):
            same_program(f, dump(trace(other, A)))
    with pytest.raises(Refused, match="differ in dom"):
        same_program(dump(trace(lambda x: x, space(x=Real[n]))), dump(trace(lambda x: x, space(x=Real[m]))))


LINEAR = {
    "sum": lambda x, y: x + y, "scaled": lambda x, y: y * np.exp(x), "where": lambda x, y: where(x, y, 2 * y),
    "detached": lambda x, y: detach(y) * x, "prefix": lambda x, y: np.cumsum(y) / 3, "zero": lambda x, y: 0 * y,
}
NOT_LINEAR = {
    "constant": lambda x, y: y + 1, "product": lambda x, y: y * y, "relu": lambda x, y: relu(y), "maximum": lambda x, y: np.max(y),
    "other input": lambda x, y: x + y, "quotient": lambda x, y: x / y, "condition": lambda x, y: where(y, x, x),
}


@pytest.mark.parametrize("name", LINEAR)
def test_additive_maps(name):
    wires = [0, 1] if name == "sum" else [1]
    additive(dump(trace(LINEAR[name], A)), wires)


@pytest.mark.parametrize("name", NOT_LINEAR)
def test_maps_that_are_not_additive(name):
    with pytest.raises(Refused):
        additive(dump(trace(NOT_LINEAR[name], A)), [1])


def test_a_selector_that_depends_on_the_inputs_is_refused():
    gathered = D(trace(np.max, space(x=Real[n])))
    additive(dump(gathered), [1])
    with pytest.raises(Refused, match="selects by"):
        additive(dump(gathered), [0, 1])


def test_it_never_accepts_what_the_engine_refuses_on_random_edits():
    """Edits of true programs: additive by the checker implies additive by the engine's own typing."""
    draw, agreed = random.Random(0), 0
    for name, make in generators().items():
        f = unrolled(R(make()))
        wires = list(range(len(make().dom), len(f.dom)))
        for _ in range(3):
            chosen = draw.sample(range(len(f.dom)), draw.randint(1, len(f.dom)))
            try:
                additive(dump(f), chosen)
            except Refused:
                continue
            assert isinstance(prove_additive(f, chosen), Proof), (name, chosen)
            agreed += 1
        additive(dump(f), wires)
    assert agreed > 10


def test_a_changed_certificate_is_refused():
    f = generators()["softmax"]()
    _, record = settle(LAWS["RD.2"].goal(f))
    for k, node in enumerate(record["goal"]["f"]["nodes"]):
        if "d_y" in str(node["body"]):
            broken = copy.deepcopy(record)
            broken["goal"]["f"]["nodes"][k]["body"] = ["+", 1, node["body"]]
            with pytest.raises(Refused):
                check(broken)
    broken = copy.deepcopy(record)
    broken["goal"]["wires"] = [0]
    with pytest.raises(Refused):
        check(broken)
    xor = trace(lambda x: x + x**2, space(x=Z2[n]))
    with pytest.raises(Refused):
        additive(dump(xor), [0])


@pytest.mark.parametrize("trace", [None, 3, "x", {"method": "x"}, [None], [[]], [{}], [{"method": 3}]])
def test_a_trace_that_is_none_is_refused(trace: object) -> None:
    for kind in ("equations", "additive"):
        with pytest.raises(Refused, match="its trace is not a list of proofs"):
            check({"goal": {"kind": kind}, "trace": trace})
