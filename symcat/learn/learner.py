"""The learner: optimiser-reparametrised model, then loss, then rate, as one parametric lens.

    put(target, states, params, input) = (target', states_new, params_new, input')

`step` keeps the new states and parameters and adds the loss: this morphism is what is proved about and what is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module

import numpy as np
import sympy as sp

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Dim, Space, dim
from symcat.derivative.reverse import R
from symcat.errors import ShapeError, UsageError
from symcat.learn.optimisers.optimiser import Optimiser
from symcat.learn.rates import Rate
from symcat.lens.para import Para, ParaLens, batch

# Where each backend compiles a learner; looked up by name, since kernels stand above learners.
BACKENDS = {"numba": "symcat.kernel.learner"}
# What is derived from a learner, whatever its sizes.
DERIVED = ("batched_model", "batched_loss", "objective", "lens", "step")


@dataclass(frozen=True)
class Learner:
    """A model and a loss on one sample, a rate, an optimiser, and a batch size (a symbol by default).

    `sizes` gives the dims that are symbols in the model a size each: laws hold for all sizes, kernels are compiled at these.

    >>> from symcat.learn.layers import mlp
    >>> from symcat.learn.losses import loss
    >>> from symcat.learn.optimisers import gradient_descent
    >>> net = mlp(4, 3)
    >>> Learner(net, loss("cross_entropy", net.cod), gradient_descent).step.cod
    b: Real[3] * W: Real[4, 3] * loss: Real[]
    """

    model: Para
    loss: Para
    optimiser: Optimiser
    rate: Rate = Rate()
    size: Dim = dim("B")
    sizes: Mapping[sp.Symbol, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.loss.dom.fits(self.model.cod):
            raise ShapeError(f"the loss compares {self.loss.dom} but the model returns {self.model.cod}")
        if len(self.loss.cod) != 1 or self.loss.cod.types[0].shape:
            raise ShapeError(f"a loss returns one number, this one returns {self.loss.cod}")
        self.optimiser.check(self.params)

    @property
    def params(self) -> Space:
        return self.model.params

    @property
    def states(self) -> Space:
        """The optimiser's states."""
        return self.optimiser.state_space(self.params)

    @property
    def kept(self) -> Space:
        """S * P: what one step hands to the next."""
        return self.states * self.params

    @cached_property
    def batched_model(self) -> Para:
        """The model on a batch, its parameters shared."""
        count, body = self.model.count, self.model.body
        return Para(batch(body, self.size, range(count, len(body.dom))), count)

    @cached_property
    def batched_loss(self) -> Para:
        """The mean of the sample losses over a batch."""
        body = self.loss.body
        each = batch(body, self.size, range(len(body.dom)))
        build = Builder()
        losses, = build.call(each, build.inputs(each.dom))
        mean = build.gather((), lambda k: At(losses, k) / self.size, (self.size,), name="mean")
        return Para(build.build([mean], ("loss",)), self.loss.count)

    @cached_property
    def objective(self) -> Para:
        """Model then loss: parameters target * P, input x."""
        return self.batched_model >> self.batched_loss

    @cached_property
    def lens(self) -> ParaLens:
        """The composite of section 5: U-reparametrised model >> loss >> rate."""
        model = self.batched_model.lens().reparametrise(self.optimiser.lens(self.params))
        rate = ParaLens(self.rate.lens(self.batched_loss.cod), 0, 0)
        return model >> self.batched_loss.lens() >> rate

    @cached_property
    def step(self) -> Morphism:
        """The training step: states, params, input, target -> states, params, loss."""
        targets, inputs = self.batched_loss.params, self.batched_model.dom
        build = Builder()
        kept = build.inputs(self.kept)
        x, target = build.inputs(inputs), build.inputs(targets)
        outs = build.call(self.lens.lens.put, (*target, *kept, *x))
        forward = self._looked() >> self.batched_loss
        value = build.call(forward.body, (*target, *kept, *x))
        return build.build((*outs[len(target): len(target) + len(kept)], *value), (self.kept * Space(self.batched_loss.cod.wires)).names)

    def _looked(self) -> Para:
        """The model reparametrised by the optimiser's get."""
        return self.batched_model.reparametrise(self.optimiser.lens(self.params).get)

    def formula(self) -> Morphism:
        """The same step written out: q = U(s, p), then U*(s, p, gradient of alpha-scaled mean loss at q)."""
        update = self.optimiser.lens(self.params)
        build = Builder()
        kept = build.inputs(self.kept)
        x, target = build.inputs(self.batched_model.dom), build.inputs(self.batched_loss.params)
        looked = build.call(update.get, kept)
        point = (*target, *looked, *x)
        value = build.call(self.objective.body, point)
        covector = build.call(self.rate.lens(self.batched_loss.cod).put, value)
        gradient = build.call(R(self.objective.body), (*point, *covector))
        new = build.call(update.put, (*kept, *gradient[len(target): len(target) + len(self.params)]))
        return build.build((*new, *value), self.step.cod.names)

    def resized(self, sizes: Mapping[sp.Symbol, int]) -> Learner:
        """The same learner at other sizes of its dims; what was derived from it already is kept, for it holds for all sizes."""
        made = replace(self, sizes=sizes)
        vars(made).update({name: vars(self)[name] for name in DERIVED if name in vars(self)})
        return made

    def initial(self, seed: int = 0) -> list[np.ndarray]:
        """Initial states and parameters, in the order of `kept`.

        Matrices and kernels are uniform within +-sqrt(6 / (fan_in + fan_out)), vectors 0 (Glorot and Bengio 2010).
        """
        draw = np.random.default_rng(seed)
        params = []
        for wire in self.params.types:
            shape = self._shape(wire.shape)
            bound = np.sqrt(6 / (np.prod(shape[:-1]) + shape[-1])) if len(shape) > 1 else 0.0
            params.append(draw.uniform(-bound, bound, shape) if bound else np.zeros(shape))
        return [*self.optimiser.initial(params, self.params.names), *params]

    def compile(self, backend: str = "numba", **options: object) -> object:
        """A kernel that trains: see `compile_learner` of the backend for its options."""
        if not isinstance(backend, str):
            raise UsageError(f"a {type(backend).__name__} came as a backend: proofs are given by name, compile(obligations=...)")
        if backend not in BACKENDS:
            raise UsageError(f"no backend {backend!r}: there are {', '.join(BACKENDS)}")
        return import_module(BACKENDS[backend]).compile_learner(self, **options)

    def _shape(self, shape: tuple[sp.Expr, ...]) -> tuple[int, ...]:
        concrete = tuple(extent.xreplace({symbol: sp.Integer(size) for symbol, size in self.sizes.items()}) for extent in shape)
        for extent in concrete:
            if not extent.is_Integer:
                raise ShapeError(f"initial values need sizes, but {extent} has none: give sizes={{{extent}: ...}} or integers as dims")
        return tuple(map(int, concrete))

    def __str__(self) -> str:
        return f"{self.model} >> {self.loss} >> {self.rate}, {self.optimiser!r}"
