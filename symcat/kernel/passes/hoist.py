"""What is the same for all entries of an array is computed once: scalar parts of bodies become arrays of one number.

Scalar factors that are shown to be positive are pulled out of roots, sums and quotients first, so that of Adam's update

    p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

there remains  p - lr' m / (sqrt(v) + eps')  with  lr' = lr sqrt(1 - b2^t) / (1 - b1^t)  and  eps' = eps sqrt(1 - b2^t).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import Rewrite, indices_of, rewrite


def counters(f: Morphism, states: int) -> tuple[str, ...]:
    """The states that count: numbers that a step makes greater by a positive integer.  At 0 or above once, they stay there."""
    by_name = {node.name: node for node in f.nodes}
    found = []
    for (name, wire), out in zip(f.dom[:states], f.outs, strict=False):
        body = by_name[out].body if out in by_name else sp.S.Zero
        if not wire.shape and (step := body - At(name)).is_Integer and step > 0 and not by_name[out].extents:
            found.append(name)
    return tuple(found)


def hoist(f: Morphism, nonnegative: Collection[str] = ()) -> Morphism:
    """Pointwise bodies with their scalar parts computed once, ahead.

    `nonnegative` are inputs of one number that are known to be 0 or above; what is positive then is pulled out of roots.
    """
    signs = Signs(f, frozenset(nonnegative))

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        if node.op != "sum" or not node.extents or node.reduced:
            return node
        body = sp.Mul(*pulled(node.body, signs))
        if body.atoms(sp.Function) != node.body.atoms(sp.Function):         # functions are computed as they are written
            body = node.body
        return replace(node, body=_ahead(new, body, node.name))

    return rewrite(f, change)


@dataclass(frozen=True)
class Signs:
    """What is known of the signs of numbers: of rank 0, in terms of inputs that are 0 or above."""

    f: Morphism
    nonnegative: frozenset[str]

    def positive(self, e: sp.Expr) -> bool:
        """Whether a scalar is shown to be above 0."""
        return self._sign(self._written_out(e)) == 2

    def _written_out(self, e: sp.Expr) -> sp.Expr:
        """A scalar in terms of inputs, as far as it is made of pointwise scalars."""
        for node in reversed(self.f.nodes):
            if not node.shape and node.pointwise and node.op == "sum" and e.has(At(node.name)):
                e = e.xreplace({At(node.name): node.body})
        return e

    def _sign(self, e: sp.Expr) -> int:
        """2 when shown to be above 0, 1 when shown to be 0 or above, else 0."""
        if e.is_Rational:
            return 2 if e > 0 else 1 if e == 0 else 0
        if isinstance(e, At):
            return int(not e.indices and e.name in self.nonnegative)
        if e.is_Mul:
            return min(map(self._sign, e.args))
        if e.is_Pow:
            base = self._sign(e.base)
            return base if base == 2 or (base == 1 and e.exp.is_Rational and e.exp > 0) else 0
        if e.is_Add:
            return self._sum(e)
        return 0

    def _sum(self, e: sp.Add) -> int:
        signs = [self._sign(term) for term in e.args]
        if min(signs) > 0:
            return max(signs)
        constant, rest = e.as_coeff_Add()
        power = -rest
        below = power.is_Pow and power.base.is_Rational and 0 < power.base < 1 and self._sign(power.exp)
        return below if constant >= 1 and below else 0          # 1 - q^t with 0 < q < 1: above 0 where t is, 0 or above where t is


def pulled(e: sp.Expr, signs: Signs) -> tuple[sp.Expr, sp.Expr]:
    """An expression as a scalar times the rest, which is equal to it wherever the expression is defined."""
    if not indices_of(e):
        return e, sp.S.One
    if e.is_Mul:
        parts = [pulled(arg, signs) for arg in e.args]
        return sp.Mul(*(scale for scale, _ in parts)), sp.Mul(*(rest for _, rest in parts))
    if e.is_Pow and e.exp.is_Rational:
        scale, rest = pulled(e.base, signs)
        if e.exp.is_Integer:
            return scale**e.exp, rest**e.exp
        safe = [part for part in sp.Mul.make_args(scale) if part.has(At) and signs.positive(part.base if part.is_Pow else part)]
        root = sp.Mul(*(part.base**(part.exp * e.exp) if part.is_Pow else part**e.exp for part in safe))
        return root, (scale / sp.Mul(*safe) * rest)**e.exp
    if e.is_Add:
        return _common(e, signs)
    if not isinstance(e, sp.Function):
        return sp.S.One, e
    return sp.S.One, e.func(*(sp.Mul(*pulled(arg, signs)) if isinstance(arg, sp.Expr) else arg for arg in e.args))


def _common(e: sp.Add, signs: Signs) -> tuple[sp.Expr, sp.Expr]:
    """A sum with a positive scalar factor, that of all terms with indices, in front; other scalar terms are divided by it."""
    terms = [pulled(term, signs) for term in e.args]
    scales = {scale for scale, rest in terms if rest != 1}
    whole = sp.Add(*(sp.Mul(scale, rest) for scale, rest in terms))
    if len(scales) != 1:
        return sp.S.One, whole
    (scale,) = scales
    if scale == 1 or not signs.positive(scale):
        return sp.S.One, whole
    return scale, sp.Add(*(rest if rest != 1 else own / scale for own, rest in terms))


def _ahead(new: Rewrite, e: sp.Expr, name: str) -> sp.Expr:
    """The expression with scalar operations in it read from arrays of one number."""
    if not indices_of(e):
        return _scalar(new, e, name)
    if e.is_Mul or e.is_Add:
        own = [arg for arg in e.args if not indices_of(arg)]
        rest = [_ahead(new, arg, name) for arg in e.args if indices_of(arg)]
        return e.func(*([_scalar(new, e.func(*own), name)] if own else []), *rest)
    if isinstance(e, At) or not e.args:
        return e
    if e.is_Pow:
        return sp.Pow(_ahead(new, e.base, name), _ahead(new, e.exp, name))
    return e.func(*(_ahead(new, arg, name) for arg in e.args)) if isinstance(e, sp.Function) else e


def _scalar(new: Rewrite, e: sp.Expr, name: str) -> sp.Expr:
    """A scalar as it stands when it is a number, a read, or a multiple of one, else as an array of one number."""
    if e.is_Rational or isinstance(e.as_coeff_Mul()[1], At) or not e.has(At):
        return e
    return At(new.define((), (), (), e, name=f"scalar_{name}"))
