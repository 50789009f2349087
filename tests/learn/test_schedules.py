"""Schedules: their factors against the formulas in Python, and optimisers that follow them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.errors import DomainError, TraceError, UsageError
from symcat.learn.optimisers import adam, gradient_descent, lars, nesterov, optimiser, polyak_step
from symcat.learn.optimisers.schedules import SCHEDULES, cosine, drop, exponential, schedule, warmup, with_schedule

FACTORS = {
    "constant": (lambda t: 1.0),
    "cosine": lambda t: 0.5 * (1 + math.cos(math.pi * t / 1000)) if t < 1000 else 0.0,
    "warmup": lambda t: min(1.0, (t + 1) / 100),
    "exponential": lambda t: 0.99**t,
    "drop": lambda t: 0.1 if t >= 1000 else 1.0,
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("t", [0, 1, 7, 99, 100, 999, 1000, 1500])
def test_factors(name: str, t: int) -> None:
    plan = SCHEDULES[name]
    factor, = evaluate(plan.morphism, (float(t),), hypers={row.name: row.default for row in plan.hypers})
    assert factor == pytest.approx(FACTORS[name](t), rel=1e-12, abs=1e-15)


def test_a_scheduled_rate_counts_its_steps() -> None:
    rule = with_schedule(gradient_descent, drop(steps=2, factor=0.5))
    p, (count,) = np.array([1.0]), rule.initial([np.array([1.0])])
    seen = []
    for _ in range(4):
        p, count = evaluate(rule.step(), (p, [1.0], count), hypers=rule.assignment())
        seen.append(p[0])
    np.testing.assert_allclose(seen, [0.9, 0.8, 0.75, 0.7])
    assert count == 4 and rule.states[0].functor == "scalar"


def test_schedules_of_schedules_multiply() -> None:
    rule = with_schedule(with_schedule(nesterov, warmup(steps=4)), exponential(rate=0.5))
    assert rule.state_names == ("step2", "step", "v")
    p, *_ = evaluate(rule.step(), ([0.0], [1.0], 2.0, 1.0, [0.0]), hypers=rule.assignment())
    np.testing.assert_allclose(p, -0.01 * 0.5**2 * 2 / 4)


def test_another_hyperparameter_can_follow_a_schedule() -> None:
    rule = with_schedule(lars, cosine(steps=10), of="wd")
    start = rule.initial([np.ones(2)])
    p, *_ = evaluate(rule.step(), (np.ones(2), np.ones(2), 10.0, start[1]), hypers=rule.assignment())
    np.testing.assert_allclose(p, 1 - 0.1 * 0.001, rtol=1e-12)


def test_refusals() -> None:
    with pytest.raises(UsageError, match="a schedule of lr, which polyak_step has not: it has none"):
        with_schedule(polyak_step, cosine)
    with pytest.raises(UsageError, match="has no period: it has steps, least"):
        cosine(period=3)
    with pytest.raises(DomainError, match="steps = 0"):
        cosine(steps=0)
    with pytest.raises(TraceError, match="a schedule is"):
        schedule(lambda t, scale=1: scale * t)


def test_a_schedule_does_not_take_a_name_of_the_rule() -> None:
    @optimiser
    def stepped(p, g, step=0, *, lr=0.1, steps=3):
        return p - lr * steps * g, step + 1

    rule = with_schedule(stepped, warmup)
    assert rule.state_names == ("step2", "step") and [row.name for row in rule.hypers] == ["warmup_steps", "lr", "steps"]
    assert with_schedule(adam, warmup, name="slow").name == "slow"
