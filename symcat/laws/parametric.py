"""Laws of parametric maps: composition and reparametrisation.

Source: Cruttwell et al. 2022, section on Para; weight tying and batching as reparametrisations along copy.
"""

from __future__ import annotations

from collections.abc import Callable

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.structure import copy
from symcat.derivative.reverse import R
from symcat.errors import ShapeError
from symcat.laws.claim import Equation
from symcat.laws.law import Law, pointwise, program
from symcat.lens.para import Para, batch, para_identity, unparametrised

SOURCE = "Cruttwell et al. 2022, Categorical foundations of gradient-based learning, section on Para"


def composition(f: Para) -> tuple[Equation, ...]:
    g = h = unparametrised(pointwise(f.cod))
    return (Equation(((f >> g) >> h).body, (f >> (g >> h)).body), Equation((para_identity(f.dom) >> f).body, f.body),
            Equation((f >> para_identity(f.cod)).body, f.body))


def reparametrisation(f: Para) -> tuple[Equation, ...]:
    alpha, beta = pointwise(f.params), pointwise(f.params)
    left, right = f.reparametrise(alpha).reparametrise(beta), f.reparametrise(beta >> alpha)
    return Equation(left.body, right.body), Equation(R(left.body), R(right.body))


def functoriality(f: Para) -> tuple[Equation, ...]:
    g = f >> unparametrised(pointwise(f.cod))
    alpha = pointwise(f.params)
    tensor = (f @ f).reparametrise(alpha @ alpha)
    return (Equation(g.reparametrise(alpha).body, (f.reparametrise(alpha) >> unparametrised(pointwise(f.cod))).body),
            Equation(tensor.body, (f.reparametrise(alpha) @ f.reparametrise(alpha)).body))


def lens_functor(f: Para) -> tuple[Equation, ...]:
    g = unparametrised(pointwise(f.cod))
    left, right = (f >> g).lens(), f.lens() >> g.lens()
    return Equation(left.lens.get, right.lens.get), Equation(left.lens.put, right.lens.put)


def tying(f: Para) -> tuple[Equation, ...]:
    """Two copies of one model that share parameters: the gradients add."""
    tied = (f @ f).reparametrise(copy(f.params))
    count = f.count
    w, (p, x, y, b, c) = program(f.params, f.dom, f.dom, f.cod, f.cod)
    first, second = w.call(R(f.body), (*p, *x, *b)), w.call(R(f.body), (*p, *y, *c))
    right = w.build((*w.add_all(first[:count], second[:count]), *first[count:], *second[count:]))
    return (Equation(R(tied.body), right),)


def batching(size: object) -> Callable[[Para], tuple[Equation, ...]]:
    """The gradient of a batch is the sum over the samples: R commutes with batching, up to the sum for shared wires."""
    def equations(f: Para) -> tuple[Equation, ...]:
        count, body = f.count, f.body
        left = R(batch(body, size, range(count, len(body.dom))))
        each = batch(R(body), size, range(count, len(body.dom) + len(body.cod)))
        return (Equation(left, _summed(each, count)),)
    return equations


def _summed(each: Morphism, count: int) -> Morphism:
    """The first `count` outputs summed over their leading axis."""
    build = Builder()
    outs = list(build.call(each, build.inputs(each.dom)))
    for k in range(count):
        wire = build.wires[outs[k]]
        if not wire.shape:
            raise ShapeError(f"output {k} of a batched map is {wire}: it has no batch axis")
        name, (extent, *shape) = outs[k], wire.shape
        outs[k] = build.gather(shape, lambda *i, name=name: At(name, i[-1], *i[:-1]), (extent,), name="total", base=wire.base)
    return build.build(outs, each.cod.names)


PARA: tuple[Law, ...] = (
    Law("Para composition", "composition of parametric maps is associative and unital", SOURCE, composition),
    Law("Para reparametrisation", "(f^a)^b = f^(b ; a), also under R", SOURCE, reparametrisation),
    Law("Para functoriality", "reparametrisation commutes with composition and product", SOURCE, functoriality),
    Law("Para lens", "the image of a composite in parametric lenses is the composite of the images", SOURCE, lens_functor),
    Law("weight tying", "with parameters tied by copy the gradients add", SOURCE, tying),
)
