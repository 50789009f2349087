"""The laws of the reverse derivative at all sizes, and mutants of their right-hand sides, which are not proved."""

from dataclasses import replace

import pytest
import sympy as sp

from symcat.category.expression import At
from symcat.category.space import Real
from symcat.derivative.reverse import R
from symcat.prove.index.equal import Failure, Proof, prove_additive, prove_equal
from tests.prove.index.oracle import agree
from tests.prove.index.programs import COMPOSITES, GENERATORS, LAWS, SIZES, linear, pointwise, program, softmax


@pytest.mark.parametrize("name", GENERATORS)
def test_generator_obeys_every_law(name):
    f = GENERATORS[name]()
    for law, pairs in LAWS.items():
        for left, right in pairs(f):
            proof = prove_equal(left, right)
            assert isinstance(proof, Proof), (law, proof)


@pytest.mark.parametrize("name", COMPOSITES)
def test_composite_obeys_the_laws(name):
    f = COMPOSITES[name]()
    for law in ("RD.1", "RD.2", "RD.4", "RD.5", "RD.7", "CD.2"):
        for left, right in LAWS[law](f):
            proof = prove_equal(left, right)
            assert isinstance(proof, Proof), (law, proof)


def mutants(f):
    """The program with one comprehension changed: doubled, made affine, a factor squared, a summand dropped."""
    for place, node in enumerate(f.nodes):
        bodies = [2 * node.body, node.body + 1]
        if node.body.is_Add:
            bodies.append(node.body - node.body.args[0])
        if node.body.is_Mul:
            bodies.append(node.body * node.body.args[-1])
        for body in bodies if node.op == "sum" else []:
            if body != node.body:
                yield replace(f, nodes=f.nodes[:place] + (replace(node, body=body),) + f.nodes[place + 1:])


@pytest.mark.parametrize("name", GENERATORS)
def test_mutants_of_additivity_and_symmetry_are_not_proved(name):
    f, tried, survived = GENERATORS[name](), 0, 0
    for law in ("RD.4", "RD.7"):
        left, right = LAWS[law](f)[0]
        every = list(mutants(right))
        for mutant in every[:: 1 + len(every) // 5]:
            tried += 1
            if isinstance(prove_equal(left, mutant), Proof):
                survived += 1
                assert agree(left, mutant, SIZES, tried), mutant
    assert tried >= 2
    assert survived <= tried // 2


def doubled(f):
    """R with its first output doubled."""
    node = f.nodes[-1]
    return replace(f, nodes=(*f.nodes[:-1], replace(node, body=2 * node.body)))


def test_a_doubled_gradient_is_not_the_gradient():
    for f in (linear(), pointwise(sp.tanh), softmax()):
        assert isinstance(prove_equal(R(f), doubled(R(f))), Failure)


# ---- linear typing
@pytest.mark.parametrize("name", [*GENERATORS, *COMPOSITES])
def test_reverse_derivatives_are_additive_by_typing(name):
    f = {**GENERATORS, **COMPOSITES}[name]()
    r = R(f)
    assert prove_additive(r, range(len(f.dom), len(r.dom))).method == "linear typing"


def test_squares_constants_and_maxima_are_not_additive():
    square = program(lambda g, x: g.gather(x_shape, lambda i: At(x, i) ** 2), x=Real["n"])
    affine = program(lambda g, x: g.gather(x_shape, lambda i: At(x, i) + 1), x=Real["n"])
    top = program(lambda g, x: g.gather((), lambda i: At(x, i), x_shape, op="max"), x=Real["n"])
    both = program(lambda g, x, y: g.gather(x_shape, lambda i: At(x, i) * At(y, i)), x=Real["n"], y=Real["n"])
    for f in (square, affine, top, R(pointwise(sp.tanh))):
        assert isinstance(prove_additive(f, [0]), Failure)
    assert isinstance(prove_additive(both, [0, 1]), Failure)
    assert isinstance(prove_additive(both, [1]), Proof)


x_shape = Real["n"].shape
