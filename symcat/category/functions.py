"""The scalar functions that a body may apply, each with its declared derivative.

Smooth functions: exp, log, tanh, sin and cos are SymPy's own; sigmoid, softplus and `Smooth` (an arbitrary smooth function, by name
and order of derivative) are ours.  Functions with kinks are ours too, so that SymPy can neither rewrite them nor choose their
derivative at the kink: there the *declared* derivative holds (relu'(0) = 0, as in PyTorch and JAX; at a tie of maximum or
minimum the first argument takes the whole derivative).

To add a function: one class here (no `eval` beyond numbers), one row in `FUNCTIONS`, one row in `category.evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.core.symbol import Str


class sigmoid(sp.Function):
    """1 / (1 + exp(-x))."""

    nargs = 1


class softplus(sp.Function):
    """log(1 + exp(x))."""

    nargs = 1


class relu(sp.Function):
    """x where x > 0, else 0."""

    nargs = 1


class step(sp.Function):
    """1 where x > 0, else 0."""

    nargs = 1


class absolute(sp.Function):
    """x where x >= 0, else -x."""

    nargs = 1


class sign(sp.Function):
    """1, 0 or -1."""

    nargs = 1


class maximum(sp.Function):
    """The greater of two; the first takes the derivative at a tie."""

    nargs = 2


class minimum(sp.Function):
    """The lesser of two; the first takes the derivative at a tie."""

    nargs = 2


class equal(sp.Function):
    """1 where x = y, else 0."""

    nargs = 2


class where(sp.Function):
    """x where c != 0, else y; `where(c, x, y)`."""

    nargs = 3


class detach(sp.Function):
    """x, with derivative 0.  Every use is an obligation: the result must not depend on x to first order."""

    nargs = 1


class Smooth(sp.Function):
    """`Smooth(Str(name), k, x)`: the k-th derivative of an arbitrary smooth function, at x."""

    nargs = 3

    @classmethod
    def named(cls, name: str) -> Callable[[sp.Expr], Smooth]:
        """An arbitrary smooth function: what is proved with it holds for every one."""
        return lambda x: cls(Str(name), sp.S.Zero, x)


@dataclass(frozen=True)
class Declared:
    """A function's row: its derivative in each argument, where it has kinks, and what defines it where it is smooth.

    `derivatives[k](*args)` is the partial in argument k; `kinks(*args)` are expressions whose zeros are the kinks;
    `definition(*args)` is the function in terms of exp and log, or the function itself where SymPy's own derivative is to be met;
    `inverse` undoes it on its domain, x > 0.
    """

    derivatives: tuple[Callable[..., sp.Expr], ...]
    kinks: Callable[..., tuple[sp.Expr, ...]] = lambda *args: ()
    definition: Callable[..., sp.Expr] | None = None
    inverse: Callable[[sp.Expr], sp.Expr] | None = None


def _zero(*args: sp.Expr) -> sp.Expr:
    return sp.S.Zero


FUNCTIONS: dict[type[sp.Function], Declared] = {
    sp.log: Declared((lambda x: 1 / x,), inverse=sp.exp),
    sp.tanh: Declared((lambda x: 1 - sp.tanh(x) ** 2,), definition=lambda x: (sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x))),
    sp.sin: Declared((lambda x: sp.cos(x),), definition=sp.sin),
    sp.cos: Declared((lambda x: -sp.sin(x),), definition=sp.cos),
    sigmoid: Declared((lambda x: sigmoid(x) * (1 - sigmoid(x)),), definition=lambda x: 1 / (1 + sp.exp(-x))),
    softplus: Declared((lambda x: sigmoid(x),), definition=lambda x: sp.log(1 + sp.exp(x))),
    relu: Declared((lambda x: step(x),), lambda x: (x,)),
    step: Declared((_zero,), lambda x: (x,)),
    absolute: Declared((lambda x: sign(x),), lambda x: (x,)),
    sign: Declared((_zero,), lambda x: (x,)),
    maximum: Declared((lambda x, y: 1 - step(y - x), lambda x, y: step(y - x)), lambda x, y: (x - y,)),
    minimum: Declared((lambda x, y: 1 - step(x - y), lambda x, y: step(x - y)), lambda x, y: (x - y,)),
    equal: Declared((_zero, _zero), lambda x, y: (x - y,)),
    where: Declared((_zero, lambda c, x, y: where(c, 1, 0), lambda c, x, y: where(c, 0, 1)), lambda c, x, y: (c,)),
    detach: Declared((_zero,)),
    Smooth: Declared((_zero, _zero, lambda name, k, x: Smooth(name, k + 1, x))),
}


def derivative(call: sp.Function, position: int) -> sp.Expr:
    """The declared partial derivative of a function call in its argument at a position.

    >>> x = sp.Symbol("x")
    >>> derivative(relu(x), 0), derivative(maximum(x, 2), 1)
    (step(x), step(2 - x))
    """
    return FUNCTIONS[type(call)].derivatives[position](*call.args)
