"""Matrix and second-order rules against NumPy's own linear algebra, and their closed forms against their defining equations."""

import inspect
from fractions import Fraction

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import TraceError
from symcat.learn.optimisers.matrix import MATRIX, muon
from symcat.learn.optimisers.second_order import SECOND_ORDER, newton
from symcat.learn.optimisers.small_matrices import eigenbasis, inverse_root, polar_factor, power, root

EYE = np.eye(2)
RULES = {rule.name: rule for rule in (*MATRIX, *SECOND_ORDER)}


def matrix_power(s, exponent):
    """A power of a symmetric matrix by NumPy's eigenvalues."""
    values, vectors = np.linalg.eigh(s)
    return vectors @ np.diag(values**exponent) @ vectors.T


def polar(x):
    u, _, vt = np.linalg.svd(x)
    return u @ vt


def schulz(x, a=3.4445, b=-4.775, c=2.0315):
    """Jordan's iteration on the singular values, which it moves one by one."""
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    return u @ np.diag(s) @ vt


def rms(x):
    return np.sqrt((x**2).mean())


# ---- one oracle for each rule: step(k, p, g, data, memory) -> p, with a dict for memory
def muon_step(k, p, g, data, memory):
    memory["m"] = 0.95 * memory.get("m", 0) + g
    u = g + 0.95 * memory["m"]
    return p - 0.02 * schulz(u / (np.linalg.norm(u) + 1e-7))


def muon_exact_step(k, p, g, data, memory):
    memory["m"] = 0.95 * memory.get("m", 0) + g
    return p - 0.02 * polar(memory["m"])


def adagrad_full_step(k, p, g, data, memory):
    memory["V"] = memory.get("V", 1e-4 * EYE) + np.outer(g, g)
    return p - 0.01 * matrix_power(memory["V"], -0.5) @ g


def shampoo_step(left, right):
    def step(k, p, g, data, memory):
        memory["L"] = memory.get("L", 1e-4 * EYE) + g @ g.T
        memory["R"] = memory.get("R", 1e-4 * EYE) + g.T @ g
        return p - 0.1 * matrix_power(memory["L"], left) @ g @ (matrix_power(memory["R"], right) if right else EYE)
    return step


def soap_step(k, p, g, data, memory):
    for name, value in (("L", g @ g.T), ("R", g.T @ g)):
        memory[name] = 0.95 * memory.get(name, 0) + 0.05 * value
    left, right = np.linalg.eigh(memory["L"])[1][:, ::-1], np.linalg.eigh(memory["R"])[1][:, ::-1]
    memory["m"] = 0.95 * memory.get("m", 0) + 0.05 * g
    memory["v"] = 0.95 * memory.get("v", 0) + 0.05 * (left.T @ g @ right) ** 2
    turned = (left.T @ memory["m"] @ right / (1 - 0.95**k)) / (np.sqrt(memory["v"] / (1 - 0.95**k)) + 1e-8)
    return p - 0.003 * left @ turned @ right.T


def kfac_step(damping):
    def step(k, p, g, data, memory):
        a, s = data
        memory["A"] = 0.95 * memory.get("A", EYE) + 0.05 * np.outer(a, a)
        memory["S"] = 0.95 * memory.get("S", EYE) + 0.05 * np.outer(s, s)
        return p - 0.1 * np.linalg.inv(memory["S"] + damping * EYE) @ g @ np.linalg.inv(memory["A"] + damping * EYE)
    return step


def adafactor_direction(k, g, memory):
    rate, squares = 1 - k**-0.8, g**2 + 1e-30
    memory["r"] = rate * memory.get("r", 0) + (1 - rate) * squares.sum(1)     # sums, as the paper has them
    memory["c"] = rate * memory.get("c", 0) + (1 - rate) * squares.sum(0)
    u = g / np.sqrt(np.outer(memory["r"], memory["c"]) / memory["r"].sum())
    return u / max(1, rms(u))


def adafactor_step(k, p, g, data, memory):
    return p - max(1e-3, rms(p)) * min(0.01, k**-0.5) * adafactor_direction(k, g, memory)


def adafactor_absolute_step(k, p, g, data, memory):
    return p - 0.01 * adafactor_direction(k, g, memory)


def adafactor_momentum_step(k, p, g, data, memory):
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * 0.01 * adafactor_direction(k, g, memory)
    return p - memory["m"]


def solved(preconditioner, rate=1.0):
    return lambda k, p, g, data, memory: p - rate * np.linalg.solve(preconditioner(*data), g)


def online_newton_step(k, p, g, data, memory):
    memory["V"] = 0.999 * memory.get("V", 1e-4 * EYE) + 0.001 * np.outer(g, g)
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * g
    return p - 0.01 * np.linalg.solve(memory["V"], memory["m"])


def bfgs_step(k, p, g, data, memory):
    """The product form of the update of the inverse; Nocedal and Wright, equation 6.17."""
    inverse = memory.get("inverse", EYE)
    if k > 1:
        s, y = memory["s"], g - memory["g"]
        side = EYE - np.outer(s, y) / (y @ s)
        inverse = side @ inverse @ side.T + np.outer(s, s) / (y @ s)
    memory.update(inverse=inverse, s=-inverse @ g, g=g)
    return p + memory["s"]


ORACLES = {
    "muon": muon_step, "muon_exact": muon_exact_step, "adagrad_full": adagrad_full_step, "shampoo": shampoo_step(-0.25, -0.25),
    "shampoo_half": shampoo_step(-0.5, -0.5), "shampoo_one_sided": shampoo_step(-0.5, 0), "shampoo_inverse": shampoo_step(-1.0, 0),
    "soap": soap_step, "kfac": kfac_step(0), "kfac_damped": kfac_step(0.01), "adafactor": adafactor_step,
    "adafactor_absolute": adafactor_absolute_step, "adafactor_momentum": adafactor_momentum_step, "newton": solved(lambda H: H),
    "damped_newton": solved(lambda H: H + 0.01 * EYE), "marquardt": solved(lambda H: H + 0.01 * np.diag(np.diag(H))),
    "gauss_newton": solved(lambda J: J.T @ J), "natural_gradient": solved(lambda G: G, 0.1),
    "damped_natural_gradient": solved(lambda G: G + 0.01 * EYE, 0.1), "online_newton": online_newton_step, "bfgs": bfgs_step,
}


def drawn(row, shape, draw):
    """Data of a kind; what is a metric or a Hessian is positive definite."""
    if row.kind in ("hessian", "metric"):
        root_of = draw.normal(size=shape * 2)
        return root_of @ root_of.T + EYE
    return draw.normal(size={"jacobian": shape * 2, "activation": shape[1:], "output_gradient": shape[:1]}[row.kind])


@pytest.mark.parametrize("name", RULES)
def test_ten_steps_agree_with_numpy(name):
    rule, draw = RULES[name], np.random.default_rng(7)
    shape = tuple({"m": 3, "n": 4}.get(str(d), d) for d in rule.shape)
    shape = tuple(map(int, shape))
    p = q = draw.normal(size=shape)
    curvature = draw.normal(size=shape * 2) if len(shape) == 1 else None
    states, memory, values = rule.initial([p]), {}, rule.assignment()
    for k in range(1, 11):
        g = curvature @ curvature.T @ q + q if name == "bfgs" else draw.normal(size=shape)
        data = [drawn(row, shape, draw) for row in rule.data]
        p, *states = evaluate(rule.step(), (p, g, *data, *states), hypers=values)
        q = ORACLES[name](k, q, g, data, memory)
        np.testing.assert_allclose(p, q, rtol=1e-8, atol=1e-10)
        p = q


@pytest.mark.parametrize("name", RULES)
def test_every_rule_says_what_it_computes_and_where_it_is_from(name):
    words = inspect.getdoc(RULES[name].rule)
    assert any(year in words for year in map(str, range(1944, 2027))), f"{name}: no source in {words!r}"


@pytest.mark.parametrize("seed", range(20))
def test_closed_forms_of_symmetric_matrices(seed):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(2, 2))
    s = x @ x.T + 0.05 * EYE
    powers = [(power(s, Fraction(k, 4)), k / 4) for k in (-4, -3, -2, -1, 1, 2, 3, 4)]
    for found, exponent in ((root(s), 0.5), (inverse_root(s), -0.5), *powers):
        np.testing.assert_allclose(found, matrix_power(s, exponent), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(polar_factor(x), polar(x), rtol=1e-9, atol=1e-12)
    basis = eigenbasis(s)
    np.testing.assert_allclose(basis.T @ s @ basis, np.diag(np.linalg.eigvalsh(s)[::-1]), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(basis @ basis.T, EYE, atol=1e-12)


@pytest.mark.parametrize("function", [root, inverse_root, polar_factor, eigenbasis, lambda s: power(s, Fraction(-1, 4))])
def test_traced_as_on_floats(function):
    s = np.array([[2.0, 0.5], [0.5, 1.0]])
    np.testing.assert_allclose(evaluate(trace(function, space(s=Real[2, 2])), [s])[0], function(s), rtol=1e-14)


def test_wrong_shapes_and_exponents_are_refused():
    with pytest.raises(TraceError, match=r"the shape is \(3, 3\): trace the rule at shape=\(2, 2\)"):
        root(np.eye(3))
    with pytest.raises(TraceError, match="expected a quarter"):
        power(EYE, Fraction(1, 3))
    with pytest.raises(TraceError, match="others have no closed form here"):
        newton.step(Real["n"])


def test_the_transposed_iteration_is_the_iteration_of_the_transposed_matrix():
    values, draw = muon.assignment(), np.random.default_rng(3)
    p, g, m = draw.normal(size=(3, 3, 5))
    step = muon.step()
    for one, other in zip(evaluate(step, (p, g, m), hypers=values), evaluate(step, (p.T, g.T, m.T), hypers=values), strict=True):
        np.testing.assert_allclose(one, other.T, rtol=1e-12)
