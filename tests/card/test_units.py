"""Units against hand-worked ones, and against what rescaling the loss and the parameter does to numbers."""

import numpy as np
import pytest

from symcat.card.dimensions import LOSS, PARAMETER, Equations, Unit
from symcat.card.units import units
from symcat.learn.optimisers import OPTIMISERS, optimiser, state
from symcat.learn.optimisers.optimiser import keyword_only


def clipped(p, g, *, lr=0.1, bound=1.0):
    return p - lr * np.minimum(np.maximum(g, -bound), bound)


def normalised(p, g, *, lr=0.1):
    return p - lr * g / np.sqrt(np.sum(g**2))


def layerwise(p, g, *, lr=0.1):
    return p - lr * np.sqrt(np.sum(p**2)) * g / np.sqrt(np.sum(g**2))


def decayed(p, g, *, lr=0.1, wd=0.01):
    return p - lr * (np.sign(g) + wd * p)


def newton_diagonal(p, g, h, *, lr=0.1):
    return p - lr * g / h


def polyak(p, g, loss, optimum):
    return p - (loss - optimum) * g / np.sum(g**2)


def unrooted(p, g, m=0, v=0, *, lr=0.1, b1=0.9, b2=0.999):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return p - lr * m / v, m, v


def padam(p, g, v=0, *, lr=0.1, b2=0.999, power=0.25):
    v = b2 * v + (1 - b2) * g**2
    return p - lr * g / v**power, v


START = state(lambda p: p, "point")


def distance(p, g, d=0, x0=START, *, lr=0.1):
    d = np.maximum(d, np.sqrt(np.sum((p - x0) ** 2)))
    return p - lr * d * g / np.sqrt(np.sum(g**2)), d, x0


EXPECTED = [
    (clipped, {"lr": "[p]^2/[L]", "bound": "[L]/[p]"}),
    (normalised, {"lr": "[p]"}),
    (layerwise, {"lr": "1"}),
    (decayed, {"lr": "[p]", "wd": "1/[p]"}),
    (newton_diagonal, {"lr": "1"}),
    (polyak, {}),
    (unrooted, {"lr": "[L]", "b1": "1", "b2": "1"}),
    (padam, {"lr": "[p]^(3/2)/[L]^(1/2)", "b2": "1", "power": "1"}),
    (distance, {"lr": "1"}),
]


def read(function):
    data = {"h": "hessian_diagonal"} if function is newton_diagonal else None
    return optimiser(function, data=data)


@pytest.mark.parametrize("function, expected", EXPECTED, ids=lambda value: getattr(value, "__name__", ""))
def test_units_by_hand(function, expected):
    found = units(read(function))
    assert not found.conflicts
    assert {name: str(found.of[name]) for name in expected} == expected


SCALES = (3.0, 0.5)    # of the loss, of the parameter


def scaled(unit, loss, parameter):
    return loss ** float(unit.power(LOSS)) * parameter ** float(unit.power(PARAMETER))


def started(initial, p, hypers):
    if not callable(initial):
        return float(initial)
    return initial(p, **{name: hypers[name] for name in keyword_only(initial)})


@pytest.mark.parametrize("rule", [*(read(f) for f, _ in EXPECTED), *OPTIMISERS.values()], ids=lambda rule: rule.name)
def test_a_rule_in_other_units_makes_the_same_steps(rule):
    """Every quantity rescaled by its unit: then the path is, too, whatever the rule is.  The rule itself is run on floats."""
    found = units(rule)
    if found.conflicts or any(unit.power(name) for unit in found.of.values() for name, _ in unit.powers if name not in (LOSS, PARAMETER)):
        pytest.skip("no consistent units, as the rule's own test says")
    random = np.random.default_rng(0)
    sized = lambda wire: tuple(int(extent) if extent.is_Integer else 4 for extent in wire.shape)
    p, gradients = random.normal(size=sized(rule.wire)), random.normal(size=(3, *sized(rule.wire)))
    data = [np.abs(random.normal(size=sized(row.wire(rule.wire)))) for row in rule.data]
    ends = []
    for loss, parameter in ((1.0, 1.0), SCALES):
        factor = {name: scaled(unit, loss, parameter) for name, unit in found.of.items()}
        hypers = {row.name: float(rule.value(row.name)) * factor[row.name] for row in rule.hypers}
        here = p * parameter
        states = [started(row.initial, here, hypers) for row in rule.states]
        for g in gradients:
            given = [value * factor[row.name] for value, row in zip(data, rule.data, strict=True)]
            out = rule.rule(here, g * loss / parameter, *given, *states, **hypers)
            here, *states = out if isinstance(out, tuple) else (out,)
        ends.append(here / parameter)
    assert np.allclose(*ends, rtol=1e-9), ends


CONFLICTS = [
    (lambda p, g: p - g, "adds [p] and [L]/[p]"),
    (lambda p, g, v=1, *, b=0.9, lr=0.1: (p - lr * g / np.sqrt(b * v + (1 - b) * g**2), b * v + (1 - b) * g**2), "starts at 1"),
    (lambda p, g, *, lr=0.1: p - lr * g / (np.sqrt(g**2) + 1e-8), "a pure number"),
    (lambda p, g, *, lr=0.1: p - lr * np.exp(g), "the argument of exp(g) has the unit [L]/[p]"),
    (lambda p, g, m=0, *, lr=0.1: (p - lr * g, m + g - p), "adds"),
]


@pytest.mark.parametrize("function, words", CONFLICTS, ids=range(len(CONFLICTS)))
def test_an_inconsistent_rule_is_told_where(function, words):
    found = units(optimiser(function, name="odd"))
    assert any(words in text for text in found.conflicts), found.conflicts
    assert not found.uniform_scaling and not found.loss_scale


def test_numbers_given_for_hyperparameters_keep_their_units():
    adam = OPTIMISERS["adam"]
    assert not units(adam.at(lr=0.01)).conflicts
    assert units(adam.at(eps=0)).loss_scale and not units(adam).loss_scale


def test_equations_find_contradictions_and_leave_the_rest_free():
    known = Equations()
    assert known.equal(Unit.of({"a": 1, "b": 1}), Unit.of({LOSS: 2}))
    assert known.equal(Unit.of({"b": 2}), Unit.of({"a": 1, PARAMETER: 1}))
    assert str(known(Unit.of({"a": 3}))) == "[L]^4/[p]"
    assert not known.equal(Unit.of({"b": 3}), Unit.of({LOSS: 1}))
    assert known.free(("a", "c")) == ("c",)


BY_THE_TABLE = {    # uniform scaling, loss scale, with eps = 0 and without decay: the columns U and LS of the table of naturality
    "nn": ("gradient_descent", "momentum", "nesterov", "clipped_descent", "damped_newton", "schedule_free"),
    "nY": ("normalised_descent", "sign_descent", "signum", "lion", "rmsprop", "adagrad", "adam", "amsgrad", "adamw", "nadam", "shampoo",
           "adagrad_full", "muon_exact", "soap"),
    "Yn": ("shampoo_half", "shampoo_inverse", "online_newton"),
    "YY": ("polyak_step", "newton", "marquardt", "lars", "lamb", "dog", "prodigy", "adahessian"),
}


@pytest.mark.parametrize("expected, name", [(key, name) for key, names in BY_THE_TABLE.items() for name in names if name in OPTIMISERS])
def test_units_agree_with_the_table(expected, name):
    """A length that starts at a number is no unit of the step: the table asks about one step, with the length as a state."""
    rule = OPTIMISERS[name]
    zero = {row.name: 0 for row in rule.hypers if row.name in ("eps", "wd") and name not in ("adamw", "lion")}
    found = units(rule.at(**zero) if zero else rule)
    if name == "adamw":
        found = units(rule.at(eps=0))
    gaps = [unit for unit, words in zip(found.gaps, found.conflicts, strict=True) if "starts at" not in words]
    quantities = [*gaps, *(found.of[hyper] for hyper in found.hypers)]
    kept = ["Y" if all(unit.power(base) == 0 for unit in quantities) else "n" for base in (PARAMETER, LOSS)]
    assert "".join(kept) == expected, (found, found.conflicts)
