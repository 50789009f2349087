"""Every law has a mutant that it kills: a wrong R or D for which the law is refuted at a generator."""

from __future__ import annotations

import pytest

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, dims, space
from symcat.category.structure import copy, identity
from symcat.category.trace import trace
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.laws.additive import ADDITIVE
from symcat.laws.claim import Equation
from symcat.laws.forward import FORWARD
from symcat.laws.instances import generators
from symcat.laws.lenses import FUNCTOR, LENS_CATEGORY, WELL_BEHAVED, equal_lenses
from symcat.laws.parametric import PARA
from symcat.laws.reverse import REVERSE
from symcat.learn.layers import layer, mlp
from symcat.lens.lens import Lens, identity_lens, lens
from symcat.lens.para import Para, batch
from symcat.prove.decide import settle

n, m, B = dims("n m B")
GENERATORS = ("linear", "tanh", "softmax")


def entrywise(f: Morphism, change) -> Morphism:
    """f with every output entry changed."""
    build = Builder()
    outs = []
    for name in build.call(f, build.inputs(f.dom)):
        wire = build.wires[name]
        outs.append(build.gather(wire.shape, lambda *i, name=name: change(At(name, *i)), name="mutant", base=wire.base))
    return build.build(outs, f.cod.names)


def squared(operator):
    return lambda f: entrywise(operator(f), lambda y: y**2)


def doubled(operator):
    return lambda f: entrywise(operator(f), lambda y: 2 * y)


def counted(operator):
    return lambda f: entrywise(operator(f), lambda y: len(f.cod) * y)


def at_scaled_direction(f: Morphism) -> Morphism:
    """D at (a, a v): not symmetric in second order."""
    derived = D(f)
    build = Builder()
    point, direction = build.inputs(f.dom), build.inputs(f.dom.prefixed("v_"))
    moved = [build.gather(build.wires[a].shape, lambda *i, a=a, v=v: At(a, *i) * At(v, *i)) for a, v in zip(point, direction, strict=True)]
    return build.build(build.call(derived, (*point, *moved)), derived.cod.names)


MUTANTS = {
    "RD.1": {"R": squared(R)}, "RD.2": {"R": squared(R)}, "RD.3": {"R": doubled(R)}, "RD.4": {"R": squared(R)}, "RD.5": {"R": doubled(R)},
    "RD.6": {"R": doubled(R)}, "RD.7": {"D": at_scaled_direction}, "CD.1": {"D": squared(D)}, "CD.2": {"D": squared(D)},
    "CD.3": {"D": doubled(D)}, "CD.4": {"D": counted(D)}, "CD.5": {"D": doubled(D)}, "CD.6": {"D": doubled(D)},
    "CD.7": {"D": at_scaled_direction}, "R=D*": {"R": doubled(R)},
}


def status(goal) -> str:
    return settle(goal)[0].status


def test_every_law_has_a_mutant():
    assert [law.name for law in (*REVERSE, *FORWARD)] == list(MUTANTS)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("law", (*REVERSE, *FORWARD), ids=lambda law: law.name)
def test_the_law_kills_its_mutant_and_not_the_truth(law, name):
    f = generators()[name]()
    assert status(law.goal(f)) == "proved"
    assert status(law.goal(f, **MUTANTS[law.name])) == "refuted"


def shifted_composition(f: Lens, g: Lens) -> Lens:
    """Composition that evaluates the second lens at the wrong point: at 0 instead of at get(a)."""
    build = Builder()
    a, back = build.inputs(f.get.dom), build.inputs(g.cod[1])
    middle = build.call(g.put, (*build.zeros(f.get.cod), *back))
    return Lens(f.get >> g.get, build.build(build.call(f.put, (*a, *middle)), f.put.cod.names))


def test_the_functor_law_kills_a_wrong_composition_of_lenses():
    f = generators()["tanh"]()
    assert status(equal_lenses(lens(f >> f), lens(f) >> lens(f))) == "proved"
    assert status(equal_lenses(lens(f >> f), shifted_composition(lens(f), lens(f)))) == "refuted"
    assert status(FUNCTOR.goal(f, R=doubled(R))) == "refuted"


def test_the_unit_law_kills_a_wrong_identity():
    f = lens(generators()["tanh"]())
    wrong = Lens(identity(f.dom[0]), trace(lambda x, y: x + y, space(x=Real[n], y=Real[n])))
    assert status(equal_lenses(identity_lens(f.dom[0]) >> f, f)) == "proved"
    assert status(equal_lenses(wrong >> f, f)) == "refuted"


def test_additive_laws_kill_a_wrong_copy():
    a = space(x=Real[n])
    doubling = trace(lambda x: (x, 2 * x), a)
    assert status((Equation(copy(a) >> (identity(a) @ identity(a)), copy(a)),)) == "proved"
    assert status((Equation(doubling, copy(a)),)) == "refuted"
    assert len(ADDITIVE) == 4 and len(LENS_CATEGORY) == 4 and len(PARA) == 5 and len(WELL_BEHAVED) == 3


def test_tied_gradients_add_and_do_not_merely_pass_one():
    f = layer("linear")
    tied = R((f @ f).reparametrise(copy(f.params)).body)
    build = Builder()
    p, x, y, b, c = (build.inputs(s) for s in (f.params, f.dom, f.dom, f.cod, f.cod))
    first, second = build.call(R(f.body), (*p, *x, *b)), build.call(R(f.body), (*p, *y, *c))
    assert status((Equation(tied, build.build((first[0], first[1], second[1]))),)) == "refuted"


def test_the_gradient_of_a_batch_is_the_sum_not_the_mean():
    f = mlp("n", "m")
    count = f.count
    left = R(batch(f.body, B, range(count, len(f.body.dom))))
    each = batch(R(f.body), B, range(count, len(f.body.dom) + 1))

    def total(scale):
        build = Builder()
        outs = list(build.call(each, build.inputs(each.dom)))
        for k in range(count):
            _, *shape = build.wires[outs[k]].shape
            outs[k] = build.gather(shape, lambda *i, name=outs[k]: scale * At(name, i[-1], *i[:-1]), (B,))
        return build.build(outs)

    assert status((Equation(left, total(1)),)) == "proved"
    assert status((Equation(left, total(1 / B)),)) == "refuted"


def test_reparametrisation_in_the_wrong_order_is_refuted():
    a = space(p=Real[n], x=Real[n])
    f = Para(trace(lambda p, x: p * x, a), 1)
    double, shift = trace(lambda p: 2 * p, space(p=Real[n])), trace(lambda p: p + 1, space(p=Real[n]))
    left = f.reparametrise(double).reparametrise(shift)
    assert status((Equation(left.body, f.reparametrise(shift >> double).body),)) == "proved"
    assert status((Equation(left.body, f.reparametrise(double >> shift).body),)) == "refuted"
