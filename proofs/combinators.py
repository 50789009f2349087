"""Combinators of optimisers are composites and products of lenses, and well-known optimisers are composites of smaller ones."""

import inspect

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Space, Wire, space
from symcat.category.trace import trace
from symcat.laws.claim import Claim, Equation
from symcat.laws.lenses import equal_lenses
from symcat.learn.optimisers import OPTIMISERS, Optimiser, adam, adamw, dog, gradient_descent, lion, momentum, nesterov
from symcat.learn.optimisers import lookahead as lookahead_descent
from symcat.learn.optimisers.combinators import (
    Tensor,
    Transformation,
    clip_by_norm,
    clip_by_value,
    decay,
    direction,
    freeze,
    lookahead,
    trace_of,
)
from symcat.learn.optimisers.joining import parts, renamed
from symcat.learn.optimisers.schedules import SCHEDULES, Schedule, with_schedule
from symcat.lens.lens import Lens, identity_lens
from symcat.lens.para import ParaLens

LENSES = "Cruttwell et al. 2022, Categorical foundations of gradient-based learning: optimisers are reparametrisations"
P = space(p=Real["n"])
LAYERS = space(b=Real["m"], W=Real["n", "m"])
NUMBER = Wire(Real, ())
TRANSFORMATIONS = {"clip_by_norm": clip_by_norm, "clip_by_value": clip_by_value, "decay": decay, "trace": trace_of,
                   "direction(adam)": direction(adam), "clip_by_norm >> decay": clip_by_norm >> decay}
RULES = {"gradient_descent": gradient_descent, "nesterov": nesterov, "adam": adam, "dog": dog}


def with_states(rule: Optimiser | Transformation, params: Space = P) -> ParaLens:
    """An optimiser or a transformation as a parametric lens, its states the parameter."""
    one = rule.lens(params)
    count = len(one.get.dom) - len(params)
    return ParaLens(one, count, count)


def chained(first: Transformation, rule: Optimiser):
    """The lens of the chain, against the composite: the optimiser's lens, then the transformation's."""
    before, after = (renamed(part.rule, part.names) for part in parts([first.rule, rule]))
    return equal_lenses((first >> rule).lens(P), (with_states(after) >> with_states(Transformation(before))).lens)


def opened(rule: Optimiser) -> ParaLens:
    """The optimiser with its rate as a parameter: (L * S * P, L * S * P) -> (P, P'); what it hands back to the rate is 0."""
    states = rule.state_space(P)
    given = {row.name: row for row in rule.hypers if row.name != "lr"}

    def step(lr, *arguments, **hypers):
        kept, (p, g) = arguments[: len(states)], arguments[len(states):]
        found = rule.rule(p, g, *kept, lr=lr, **hypers)
        new, *rest = found if isinstance(found, tuple) else (found,)
        return (0 * lr, *rest, new)

    step.__signature__ = signature(("lr", *states.names, "p", "g"), given)
    rate = Space((("lr", NUMBER),))
    put = trace(step, rate * states * P * P.prefixed("d_"), hypers=given)
    build = Builder()
    inputs = build.inputs(rate * states * P)
    get = build.build(build.call(rule.lens(P).get, inputs[1:]), ("p",))
    return ParaLens(Lens(get, put), 1 + len(states), 1 + len(states))


def signature(positional, given):
    """The signature of a function of arrays and hyperparameters, for tracing."""
    rows = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in positional]
    rows += [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=row) for name, row in given.items()]
    return inspect.Signature(rows)


def clock(rule: Optimiser, plan: Schedule) -> Lens:
    """(K, K) -> (L, L'): the rate at step k, and k + 1 whatever comes back."""
    given = {row.name: row for row in plan.hypers} | {"lr": next(row for row in rule.hypers if row.name == "lr")}

    def rate(k, *, lr, **hypers):
        return lr * plan.factor(k, **hypers)

    rate.__signature__ = signature(("k",), given)
    k = Space((("k", NUMBER),))
    return Lens(trace(rate, k, hypers=given, names=("lr",)), trace(lambda k, back: k + 1, k * k.prefixed("d_"), names=("k",)))


def scheduled(rule: Optimiser, plan: Schedule):
    """The lens of the scheduled optimiser, against the optimiser with an open rate, reparametrised along the clock."""
    states = rule.state_space(P)
    driven = clock(rule, plan) @ identity_lens(states) if len(states) else clock(rule, plan)
    return equal_lenses(with_schedule(rule, plan).lens(P), opened(rule).reparametrise(driven).lens)


def product(tensor: Tensor):
    """The lens on two layers, against the product of the two lenses, its wires in the order states, then parameters."""
    whole = tensor.lens(LAYERS)
    parts = [tensor.of(name).lens(Space(((name, wire),))) for name, wire in LAYERS]
    both, counts = parts[0] @ parts[1], [len(part.get.dom) - 1 for part in parts]
    first, second = counts
    order = [*range(first), first + second, *range(first, first + second), first + second + 1]      # of the wires of both in whole
    build = Builder()
    points = build.inputs(whole.get.dom)
    get = build.build(build.call(both.get, [points[k] for k in order]), LAYERS.names)
    build = Builder()
    points, backs = build.inputs(whole.get.dom), build.inputs(LAYERS.prefixed("d_"))
    found = build.call(both.put, (*[points[k] for k in order], *backs))
    put = build.build([found[order.index(k)] for k in range(len(order))], whole.put.cod.names)
    return equal_lenses(whole, Lens(get, put))


def steps(a: Optimiser, b: Optimiser):
    """One step of both on states of the same order."""
    return (Equation(a.step(), b.step()),)


def without_counter(rule: Optimiser) -> Morphism:
    """A scheduled optimiser's step without what it returns of its counter."""
    step = rule.step()
    build = Builder()
    outs = build.call(step, build.inputs(step.dom))
    return build.build([outs[0], *outs[2:]], (step.cod.names[0], *step.cod.names[2:]))


def beside_counter(rule: Optimiser) -> Morphism:
    """An optimiser's step on the wires of its scheduled form."""
    build = Builder()
    p, g, _, *states = build.inputs(with_schedule(rule, SCHEDULES["constant"]).step().dom)
    return build.build(build.call(rule.step(), (p, g, *states)), rule.step().cod.names)


adam_with_decay = direction(adam) >> decay >> gradient_descent
TENSORS = {"momentum and adam": Tensor({"W": momentum}, adam), "one frozen": freeze(adam, "b"), "descent and nesterov":
           Tensor({"b": nesterov}, gradient_descent)}

CLAIMS = (
    *(Claim(f"chain {name} >> {rule}", "the optimiser of transformed gradients is the composite of the lenses", LENSES,
            lambda first=first, rule=rule: chained(first, RULES[rule])) for name, first in TRANSFORMATIONS.items() for rule in RULES),
    *(Claim(f"schedule {name} {rule}", "a scheduled rate reparametrises the optimiser along the lens of a counter", LENSES,
            lambda plan=plan, rule=rule: scheduled(RULES[rule], plan)) for name, plan in SCHEDULES.items() for rule in RULES),
    *(Claim(f"tensor {name}", "another optimiser for each layer is the product of the lenses", LENSES,
            lambda tensor=tensor: product(tensor)) for name, tensor in TENSORS.items()),
    Claim("constant schedule", "adam on a constant schedule takes adam's steps, whatever the counter says", LENSES,
          lambda: (Equation(without_counter(with_schedule(adam, SCHEDULES["constant"])), beside_counter(adam)),)),
    Claim("AdamW is a chain", "Adam's direction, then decay, then descent is AdamW", "Loshchilov and Hutter 2019, algorithm 2",
          lambda: steps(adam_with_decay, adamw)),
    Claim("AdamW is no chain the other way round", "decay, then Adam is AdamW", "Loshchilov and Hutter 2019, algorithm 2",
          lambda: steps(decay >> adam, adamw), "refuted"),
    Claim("Adam with L2 is a chain", "decay, then Adam is Adam with coupled decay", "Loshchilov and Hutter 2019, algorithm 2",
          lambda: steps(decay >> adam, OPTIMISERS["adam_l2"])),
    Claim("momentum is a chain", "the trace of gradients, then descent is momentum as PyTorch has it", "Sutskever et al. 2013",
          lambda: steps(trace_of >> gradient_descent, OPTIMISERS["momentum_torch"])),
    Claim("clipping is a chain", "clipping by norm, then descent is clipped descent", "Pascanu, Mikolov and Bengio 2013",
          lambda: steps(clip_by_norm >> gradient_descent, OPTIMISERS["clipped_descent"])),
    Claim("clip and decay do not commute", "clipping before decay is clipping after it", "the two composites at a point",
          lambda: steps(clip_by_value >> decay >> gradient_descent, decay >> clip_by_value >> gradient_descent), "refuted"),
    Claim("lookahead of descent", "the combinator around gradient descent is lookahead written out", "Zhang et al. 2019, algorithm 1",
          lambda: steps(lookahead(gradient_descent), lookahead_descent)),
    Claim("decoupled Lion", "Lion's direction, then decay, then descent is Lion with decay", "Chen et al. 2023, algorithm 2",
          lambda: steps(direction(lion.at(wd=0)) >> decay >> gradient_descent, lion)),
)
