"""Induction: proved by base and step, refuted by the first steps alone, unknown and said why where the relation is too weak."""

from __future__ import annotations

import copy
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.evaluate import evaluate
from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.objects import EXACT
from symcat.category.serialise import canonical_json, content_digest
from symcat.category.space import Real, dims, space
from symcat.category.structure import identity
from symcat.category.trace import trace
from symcat.errors import DataError, ShapeError, TraceError, UsageError
from symcat.laws.claim import Claim
from symcat.laws.induction import Fold, Induction, Invariance, Machine, machine
from symcat.learn.optimisers import adam, momentum, optimiser, rmsprop
from symcat.prove.certificate import recheck, verified
from symcat.prove.decide import prove, settle
from symcat.prove.induction import always, dump_induction, induction, inductive, load_induction
from symcat.prove.record import read

n = dims("n")
v, t, b1, b2, lr = sp.symbols("v t b1 b2 lr", real=True)


@optimiser
def torch_momentum(p, g, buf=0, *, lr=0.01, gamma=0.9):
    buf = gamma * buf + g
    return p - lr * buf, buf


@optimiser
def averaged_momentum(p, g, m=0, *, lr=0.01, gamma=0.9):
    m = gamma * m + (1 - gamma) * g
    return p - lr * m, m


def same_state(p, buf, *, lr=0.01):
    return p, -lr * buf


def one(first, second, relation, **kind) -> Induction:
    f, g = machine(first), machine(second)
    return Induction(f, g, trace(relation, f.states, names=g.states.names), **kind)


def ema() -> Machine:
    """m <- b m + (1 - b) x."""
    step = trace(lambda m, x, *, b: b * m + (1 - b) * x, space(m=Real[()], x=Real[()]))
    return Machine(step, trace(lambda m: m, space(m=Real[()])))


def ema_closed(factor=1):
    """b^n m + sum over s of (1 - b) b^(n - 1 - s) x[s]."""
    from symcat.category.expression import At
    from symcat.category.morphism import Builder

    b, build = sp.Symbol("b", real=True), Builder()
    m, x = build.inputs(space(m=Real[()], x=Real[n]))
    build.fact(b, ">0")
    total = build.gather((), lambda s: (1 - b) * b ** (n - 1 - s) * At(x, s) * factor, (n,))
    return build.build([build.gather((), lambda: b**n * At(m) + At(total))], ["m"])


def test_two_forms_of_momentum_agree_at_every_step():
    verdict = induction(torch_momentum, momentum, same_state)
    assert verdict.proved and verdict.method.startswith("induction: base by")
    assert verdict.premises == ("lr > 0", "gamma >= 0", "1 - gamma > 0")


def test_the_first_steps_refute_at_an_exact_point():
    verdict = induction(averaged_momentum, momentum, lambda p, m, *, lr: (p, -lr * m))
    assert verdict.refuted and verdict.witness["steps"] == 1
    goal = one(averaged_momentum, momentum, lambda p, m, *, lr: (p, -lr * m))
    point = verdict.witness
    values = [evaluate(side, [np.array([Fraction(x) for x in point["inputs"][name]], dtype=object) for name in ("p", "g")],
                       hypers={k: Fraction(x) for k, x in point["hypers"].items()}, scalars=EXACT)[0][tuple(point["index"])]
              for side in goal.at(1)]
    assert [str(value) for value in values] == [point["left"], point["right"]] and values[0] != values[1]


def test_a_difference_of_the_second_step_is_found():
    @optimiser
    def changing(p, g, v=0, t=0, *, lr=0.01, gamma=0.9):
        v = gamma * v - lr * g / (1 + t)
        return p + v, v, t + 1
    verdict = induction(momentum, changing, lambda p, v: (p, v, 0 * v[0]))
    assert verdict.refuted and verdict.witness["steps"] == 2


def test_a_relation_that_is_too_weak_refutes_nothing():
    verdict = induction(torch_momentum, momentum, lambda p, buf, *, lr: (p, lr * buf))
    assert verdict.unknown
    assert "the step fails at" in verdict.reason and "may never be reached" in verdict.reason


def test_what_is_true_of_reached_states_only_needs_the_invariant():
    """x = 0 for ever: x <- x^2 and x <- x agree from 0 on, and nowhere else."""
    start = trace(lambda a: (0 * a, a), space(a=Real[()]))
    square = Machine(trace(lambda x, a: (x * x, a, x * x), space(x=Real[()], a=Real[()])), start)
    still = Machine(trace(lambda x, a: (x, a, x), space(x=Real[()], a=Real[()])), start)
    goal = Induction(square, still, identity(square.states))
    verdict = settle(goal)[0]
    assert verdict.unknown and "the step" in verdict.reason


def test_invariants_of_adam():
    verdict = always(adam, [v >= 0, sp.Ne(1 - b1**t, 0)], invariants=[v >= 0, t >= 0])
    assert verdict.proved
    assert verdict.premises == ("lr > 0", "b1 >= 0", "1 - b1 > 0", "b2 >= 0", "1 - b2 > 0", "eps > 0")


def test_an_invariant_that_fails_is_refuted_where_it_fails():
    verdict = always(adam, [t <= 2])
    assert verdict.refuted and verdict.witness["steps"] == 3 and verdict.witness["left"] == "3"


def test_an_invariant_that_is_kept_and_not_true_at_the_start():
    verdict = always(rmsprop, [v >= 0], invariants=[v >= 1])
    assert verdict.unknown and verdict.reason.startswith("the invariants at the start fails")


def test_adam_rearranged_needs_no_premise_but_the_ranges():
    @optimiser
    def rearranged(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
        t, m, v = t + 1, m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)
        return p - lr * (m / (1 - b1**t)) / (eps + np.sqrt(v / (1 - b2**t))), m, v, t
    keep = lambda p, m, v, t: (p, m, v, t)
    free = induction(adam, rearranged, keep, invariants=[])
    assert free.proved and any("at every step: 1 - b1**(t + 1) != 0" in premise for premise in free.premises)
    verdict = induction(adam, rearranged, keep)                                 # v >= 0 and t >= 0 are found
    assert verdict.proved and len(verdict.premises) == 6 and not any("at every step" in premise for premise in verdict.premises)


def test_a_fold_of_any_length_against_its_closed_form():
    verdict = settle(Fold(ema(), ema_closed(), n))[0]
    assert verdict.proved, verdict.reason
    verdict = settle(Fold(ema(), ema_closed(2), n))[0]
    assert verdict.refuted and verdict.witness["steps"] == 1 and "for a list of length 1" in verdict.witness["note"]


def test_facts_that_contradict_each_other_prove_nothing():
    goal = one(torch_momentum, momentum, same_state, facts=(Fact(lr - 1, ">0"), Fact(sp.Rational(1, 2) - lr, ">0")))
    verdict = settle(goal)[0]
    assert verdict.unknown and "satisfiable" in verdict.reason


def test_a_machine_that_can_never_take_a_step_proves_nothing():
    stuck = trace(lambda x: (1 / (x - x), 1 / (x - x)), space(x=Real[()]))
    start = trace(lambda x: x, space(x=Real[()]))
    verdict = settle(Induction(Machine(stuck, start), Machine(stuck, start), identity(start.cod)))[0]
    assert verdict.unknown and "satisf" in verdict.reason


GOALS = {
    "induction": lambda: one(torch_momentum, momentum, same_state),
    "invariance": lambda: Invariance(machine(rmsprop), (v >= 0,), (v >= 0,)),
    "fold": lambda: Fold(ema(), ema_closed(), n),
}


@pytest.mark.parametrize("kind", GOALS)
def test_a_goal_comes_back_as_it_was_written(kind):
    goal = GOALS[kind]()
    assert dump_induction(load_induction(dump_induction(goal))) == dump_induction(goal)
    with pytest.raises(DataError, match="fields"):
        load_induction({**dump_induction(goal), "more": 1})


@pytest.mark.parametrize("kind", ["induction", "invariance"])
def test_a_certificate_holds_until_it_is_changed(kind, tmp_path):
    verdict = prove(Claim("name", "statement", "source", GOALS[kind], equality="as functions"), tmp_path)
    found = recheck(verdict.certificate["path"])
    assert found.ok, found.why
    record = read(verdict.certificate["path"])
    other = copy.deepcopy(record)
    other["trace"]["parts"] = other["trace"]["parts"][:-1]
    assert not verified(other)[0] and "obligations" in verified(other)[1]
    other = copy.deepcopy(record)
    other["premises"] = []
    assert not verified(other)[0] and "premises" in verified(other)[1]
    other = copy.deepcopy(record)
    other["trace"]["run"]["hypers"]["lr"] = "-1"
    assert not verified(other)[0] and "facts" in verified(other)[1]
    other = copy.deepcopy(record)
    other["trace"]["parts"][0]["record"] = other["trace"]["parts"][1]["record"]
    assert not verified(other)[0]
    other = copy.deepcopy(record)
    other["trace"]["parts"][0]["method"] = "magic"
    assert not verified(other)[0]
    other["trace"]["parts"][0]["record"]["method"] = "magic"
    assert not verified(other)[0]


def test_a_certificate_of_one_induction_is_none_of_another(tmp_path):
    verdict = prove(Claim("name", "statement", "source", GOALS["induction"], equality="as functions"), tmp_path)
    record = read(verdict.certificate["path"])
    record["goal"] = dump_induction(one(averaged_momentum, momentum, lambda p, m, *, lr: (p, -lr * m)))
    path = tmp_path / "other.json"
    path.write_text(canonical_json({"digest": content_digest(record), "record": record}), encoding="utf-8")
    found = recheck(path)
    assert not found.ok and "another goal" in found.why


def test_errors_name_the_way_out():
    with pytest.raises(UsageError, match="give a Machine, an optimiser, or a step"):
        induction(3, momentum, same_state)
    with pytest.raises(TraceError, match="2 names"):
        induction(torch_momentum, momentum, lambda p, buf: p)
    with pytest.raises(ShapeError, match="expected a map"):
        induction(torch_momentum, momentum, identity(space(p=Real[n])))
    with pytest.raises(UsageError, match="equation"):
        always(momentum, [sp.Eq(v, 0)])
    with pytest.raises(UsageError, match="expected real wires"):
        always(momentum, [lr >= 0])
    with pytest.raises(ShapeError, match="must begin with these states"):
        Machine(identity(space(x=Real[n])), identity(space(x=Real[2])))


def test_a_relation_may_be_given_by_equations():
    p, p1, v, buf, gamma = sp.symbols("p p1 v buf gamma", real=True)
    assert induction(torch_momentum, momentum, sp.Eq(v, -lr * buf)).proved      # p without an equation is p
    assert induction(torch_momentum, momentum, [sp.Eq(p1, p), sp.Eq(-lr * buf, v)]).proved
    assert induction(torch_momentum, momentum, [sp.Eq(p1, p), sp.Eq(v, lr * buf)]).unknown
    assert induction(averaged_momentum, torch_momentum, [sp.Eq(p1, p), sp.Eq(buf, sp.Symbol("m", real=True) / (1 - gamma))]).refuted
    with pytest.raises(UsageError, match="alone on one side"):
        induction(torch_momentum, momentum, [sp.Eq(v + p1, p)])
    with pytest.raises(UsageError, match="give a function instead"):
        induction(torch_momentum, momentum, sp.Eq(v, sp.log(buf)))
    with pytest.raises(UsageError, match="no equation for v"):
        induction(torch_momentum, momentum, [])


def counting(late: int) -> Machine:
    """Puts out 0 for five steps, then `late`."""
    from symcat.category.elementwise import step

    return Machine(trace(lambda t: (t + 1, late * step(t - 4)), space(t=Real[()])), trace(lambda a: 0 * a, space(a=Real[()])))


@pytest.mark.parametrize("hole", [lambda t: t + 0 * (1 / (t - 5)), lambda t: t + 0 * (1 / (t - 1000))])
def test_a_relation_that_is_not_defined_at_some_state_proves_nothing(hole):
    """Without that, the relation would say nothing from there on, where the machines differ."""
    verdict = settle(Induction(counting(0), counting(0), trace(hole, space(t=Real[()])), (t >= 0,)))[0]
    assert verdict.unknown and "relation defined after a step" in verdict.reason
    shifted = trace(lambda t: t + 0 * (1 / (t + 1)), space(t=Real[()]))
    verdict = settle(Induction(counting(0), counting(0), shifted, (t >= 0,)))[0]
    assert verdict.proved and verdict.premises == ()
    assert not settle(Induction(counting(0), counting(1), shifted, (t >= 0,)))[0].proved


def test_what_is_required_of_the_relation_is_to_be_shown():
    """V = 1/(1/v) is the identity where v is not 0, and says nothing where it is."""
    v1 = sp.Symbol("v1", real=True)
    verdict = induction(momentum, momentum, lambda p, v: (p, 1 / (1 / v)))
    assert not verdict.proved
    assert induction(momentum, momentum, [sp.Eq(v1, v)]).proved


def test_lists_of_lengths_that_a_closed_form_does_not_admit():
    closed = trace(lambda s, x: s + x[1] - x[1] + x.sum(), space(s=Real[()], x=Real[n]))
    step = Machine(trace(lambda s, x: s + x, space(s=Real[()], x=Real[()])), trace(lambda s: s, space(s=Real[()])))
    verdict = settle(Fold(step, closed, n))[0]
    assert not verdict.proved


def test_signs_of_states_are_found_and_no_others():
    assert [str(c) for c in inductive(machine(adam))] == ["v >= 0", "t >= 0"]
    assert inductive(machine(momentum)) == ()
    assert inductive(machine(rmsprop), conditions=[v >= 0, v <= 1]) == (v >= 0,)

    @optimiser
    def leaking(p, g, s=1, u=0, *, lr=0.1):
        return p - lr * g * s, s - u, u + g**2
    assert [str(c) for c in inductive(machine(leaking))] == ["u >= 0"]


def test_machines_that_put_out_nothing_are_refused():
    silent = Machine(identity(space(x=Real[n])), identity(space(x=Real[n])))
    with pytest.raises(ShapeError, match="without outputs"):
        Induction(silent, silent, identity(space(x=Real[n])))


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_step_that_is_shown_for_some_lengths_only_proves_nothing(wrong):
    """The closed form is undefined for lists of length 5, and may be wrong from 6 on, where each step is right."""
    from symcat.category.expression import At, Bracket
    from symcat.category.morphism import Builder

    build = Builder()
    s, x = build.inputs(space(s=Real[()], x=Real[n]))
    total = build.gather((), lambda i: At(x, i), (n,))
    build.require((), n - 5, "!=0")
    closed = build.build([build.gather((), lambda: At(s) + At(total) + wrong * Bracket(n - 6))], ["s"])
    step = Machine(trace(lambda s, x: s + x, space(s=Real[()], x=Real[()])), trace(lambda s: s, space(s=Real[()])))
    verdict = settle(Fold(step, closed, n))[0]
    assert verdict.unknown
    assert wrong or "for some lengths only, those with n - 4 != 0" in verdict.reason
    with pytest.raises(UsageError, match="length n of a fold"):
        Fold(step, closed, n, (Fact(n - 6, ">=0"),))


def test_a_parameter_called_like_a_state_keeps_its_premise():
    """The invariant c > 0 is about the state c; that log(c) is defined is about the hyperparameter of the same name."""
    hyper = sp.Symbol("c", real=True)

    def one_of(factor):
        build = Builder()
        build.inputs(space(c=Real[()], x=Real[()]))
        build.require((), hyper, ">0")
        step = build.build([build.gather((), lambda: At("c") + 1), build.gather((), lambda: factor * At("x"))], ["c", "o"])
        return Machine(step, trace(lambda a: 1 + 0 * a, space(a=Real[()])))

    verdict = induction(one_of(2 * sp.log(hyper)), one_of(sp.log(hyper**2)), lambda c: c, invariants=[hyper > 0])
    assert verdict.proved and verdict.premises == ("c > 0",)
