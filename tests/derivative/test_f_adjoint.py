"""The F-adjoint against central differences, against numbers worked by hand, and over Z2 against SymPy's derivative."""

from itertools import product

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Z2, Real, space
from symcat.category.trace import apply, trace
from symcat.derivative import f_adjoint as fa
from symcat.derivative.f_adjoint import ACTIVATIONS, IDENTITY, LOGISTIC, RELU, SOFTMAX, TANH, Net, coordinatewise
from symcat.errors import ShapeError, UsageError
from symcat.kernel.compiler import compile
from symcat.kernel.program import TrainingStep

Q = sp.Rational
CUBIC = coordinatewise("y^3 + y^2 + 1", lambda y: y**3 + y**2 + 1, lambda y: y**2)

# A 2-3-1 net, logistic twice, J = (X - 1/2)^2 / 2, the bias in the last column.
WORKED = Net((2, 3, 1), (LOGISTIC, LOGISTIC))
W1 = [[Q(1, 2), -Q(1, 4), Q(1, 8)], [-Q(1, 3), Q(1, 2), 0], [Q(1, 4), Q(1, 5), -Q(1, 2)]]
W2 = [[Q(1, 2), -1, Q(3, 4), Q(1, 4)]]
DATA = [1, 2]


def digits(array: np.ndarray) -> np.ndarray:
    """Exact expressions to 25 digits, as floats."""
    return np.array([float(sp.N(entry, 25)) for entry in array.ravel()]).reshape(array.shape)


def top() -> list[sp.Expr]:
    (out,) = evaluate(fa.forward(WORKED), [W1, W2, DATA], scalars=SYMBOLIC)
    return [out[0] - Q(1, 2)]


def test_the_worked_example_forwards():
    y1, x1, y2, x2 = evaluate(fa.f_propagation(WORKED), [W1, W2, DATA], scalars=SYMBOLIC)
    assert list(y1) == [Q(1, 8), Q(2, 3), Q(3, 20)]
    np.testing.assert_allclose(digits(x1), [0.531209373374, 0.660756368766, 0.537429845344], rtol=0, atol=1e-12)
    np.testing.assert_allclose([*digits(y2), *digits(x2)], [0.257920701929, 0.564125085760], rtol=0, atol=1e-12)


def test_the_worked_example_backwards():
    y2, x1, y1, x0 = map(digits, evaluate(fa.f_adjoint(WORKED), [W1, W2, DATA, top()], scalars=SYMBOLIC))
    np.testing.assert_allclose(y2, [0.0157675873802], rtol=1e-11)
    np.testing.assert_allclose(x1, [0.00788379369008, -0.0157675873802, 0.0118256905351], rtol=1e-11)
    np.testing.assert_allclose(y1, [0.00196326941048, -0.00353442123217, 0.00293985492031], rtol=1e-11)
    np.testing.assert_allclose(x0, [0.00289473884604, -0.00167005698465], rtol=1e-11)


def test_the_worked_example_s_gradients():
    dw1, dw2, _ = map(digits, evaluate(fa.gradient(WORKED), [W1, W2, DATA, top()], scalars=SYMBOLIC))
    np.testing.assert_allclose(dw1, [[0.00196326941048, 0.00392653882095, 0.00196326941048],
                                     [-0.00353442123217, -0.00706884246435, -0.00353442123217],
                                     [0.00293985492031, 0.00587970984061, 0.00293985492031]], rtol=1e-11)
    np.testing.assert_allclose(dw2, [[0.00837589021183, 0.0104185337815, 0.00847397204716, 0.0157675873802]], rtol=1e-11)


def test_a_sweep_with_new_weights_is_off_by_what_the_formula_says():
    """-lr |Y*^2|^2 X^1 at lr = 1/2 in the worked example."""
    stepped = evaluate(fa.training_step(WORKED), [W1, W2, DATA, top()], hypers={"lr": Q(1, 2)}, scalars=SYMBOLIC)[1]
    y2, x1 = evaluate(fa.f_adjoint(WORKED), [W1, W2, DATA, top()], scalars=SYMBOLIC)[:2]
    off = digits((stepped[:, :-1].T @ y2) - x1)
    np.testing.assert_allclose(off, [-6.6034e-5, -8.2138e-5, -6.6807e-5], rtol=1e-4)


def test_the_notebook_s_example_without_rounding():
    """The author's notebook gives (-0.02, 0.02) for the last value, having rounded at every step."""
    net, point = Net((2, 2, 1), (LOGISTIC, LOGISTIC)), [[[1, -1, 1], [-1, 1, -1]], [[1, -1, 1]], [0, 0]]
    (out,) = evaluate(fa.forward(net), point, scalars=SYMBOLIC)
    y2, x1, y1, x0 = map(digits, evaluate(fa.f_adjoint(net), [*point, [out[0] - 1]], scalars=SYMBOLIC))
    np.testing.assert_allclose(y2, [-0.028738138], rtol=1e-7)
    np.testing.assert_allclose(x1, [-0.028738138, 0.028738138], rtol=1e-7)
    np.testing.assert_allclose(y1, [-0.0056502609, 0.0056502609], rtol=1e-7)
    np.testing.assert_allclose(x0, [-0.011300522, 0.011300522], rtol=1e-7)


def test_softmax_takes_the_full_jacobian():
    """Cross-entropy at z = (0, ln 2, ln 3), first class: X* = (-1/s_0, 0, 0) must give s - t = (-5/6, 1/3, 1/2)."""
    net = Net((1, 3), (SOFTMAX,))
    logits = [[0, 0], [0, sp.log(2)], [0, sp.log(3)]]
    y_star = evaluate(fa.f_adjoint(net), [logits, [1], [-6, 0, 0]], scalars=SYMBOLIC)[0]
    assert [sp.nsimplify(entry) for entry in y_star] == [-Q(5, 6), Q(1, 3), Q(1, 2)]


def test_a_kernel_of_the_training_step_agrees_with_the_exact_numbers():
    """The worked example's step at lr = 1, compiled: what it subtracts is the exact gradient to 1e-12."""
    step = fa.training_step(WORKED)
    step = step.substitute(dict.fromkeys(step.hypers, sp.S.One))

    def trained(w1, w2, x, t):
        error = apply(fa.forward(WORKED), w1, w2, x[0]) - t[0]
        return (*apply(step, w1, w2, x[0], error), np.sum(error**2) / 2)
    f = trace(trained, WORKED.weights * space(x=Real[1, 2], t=Real[1, 1]))
    kernel = compile(TrainingStep(f, 2), unproved=True)
    start = [np.array(w, dtype=float) for w in (W1, W2)]
    new, loss = kernel.epoch(start, np.array([DATA], dtype=float), np.array([[0.5]]))
    exact = evaluate(fa.gradient(WORKED), [W1, W2, DATA, top()], scalars=SYMBOLIC)[:2]
    for old, moved, gradient in zip(start, new, exact, strict=True):
        np.testing.assert_allclose(old - moved, digits(gradient), rtol=0, atol=1e-12)
    assert loss[0] == pytest.approx(0.00205601331188, abs=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gradient_against_central_differences(name: str):
    """Tolerance: the differences err by h^2 plus 1e-16 / h, about 1e-10 each for h = 1e-5."""
    net = Net((3, 4, 2), (ACTIVATIONS[name], TANH))
    rng = np.random.default_rng(3)
    point = [rng.normal(size=shape) for shape in ((4, 4), (2, 5), (3,))]
    covector = rng.normal(size=2)
    found = evaluate(fa.gradient(net), [*point, covector])
    assert [g.shape for g in found] == [x.shape for x in point]
    for wire, array in enumerate(point):
        for place in np.ndindex(array.shape):
            sides = []
            for sign in (1, -1):
                moved = [x.copy() for x in point]
                moved[wire][place] += sign * 1e-5
                sides.append(float(covector @ evaluate(fa.forward(net), moved)[0]))
            assert found[wire][place] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-8), (wire, place)


def test_a_wrong_slope_is_seen_by_differences():
    """The slope of tanh taken at the value instead of at y."""
    wrong = coordinatewise("wrong", np.tanh, lambda y: 1 - np.tanh(np.tanh(y)) ** 2)
    right, other = (evaluate(fa.gradient(Net((1, 1), (a,))), [[[1.0, 0.5]], [0.7], [1.0]])[0] for a in (TANH, wrong))
    assert abs(right - other).max() > 0.1


def test_over_z2_the_gradient_is_the_formal_one():
    """A 2-2-1 net with y^3 + y^2 + 1 at random points of Z2, against SymPy's derivatives of the integer polynomial, modulo 2."""
    net = Net((2, 2, 1), (CUBIC, CUBIC), Z2)
    symbols = sp.symbols("a:6 b:3 x:2")
    a, b, x = symbols[:6], symbols[6:9], symbols[9:]
    s = lambda y: y**3 + y**2 + 1
    hidden = [s(a[3 * k] * x[0] + a[3 * k + 1] * x[1] + a[3 * k + 2]) for k in (0, 1)]
    out = s(b[0] * hidden[0] + b[1] * hidden[1] + b[2])
    slopes = sp.lambdify(symbols, [sp.diff(out, symbol) for symbol in symbols], "math")
    f, nonzero = fa.gradient(net), 0
    for bits in list(product((0, 1), repeat=11))[::37]:
        dw1, dw2, dx = evaluate(f, [np.reshape(bits[:6], (2, 3)), [bits[6:9]], bits[9:], [1]])
        expected = [slope % 2 for slope in slopes(*bits)]
        assert [*dw1.ravel(), *dw2.ravel(), *dx] == expected, bits
        nonzero += sum(expected)
    assert nonzero > 20


def test_relu_at_its_kink_takes_slope_0():
    dw, dx = evaluate(fa.gradient(Net((1, 1), (RELU,))), [[[1, 0]], [0], [5]])
    assert (dw.tolist(), dx.tolist()) == ([[0, 0]], [0])


def test_the_training_step_by_hand():
    """One identity layer: W - lr xi (x; 1)^T."""
    (w,) = evaluate(fa.training_step(Net((2, 1), (IDENTITY,))), [[[1, 2, 3]], [4, 5], [2]], hypers={"lr": Q(1, 2)})
    assert w.tolist() == [[-3, -3, 2]]


def test_widths_may_be_symbols():
    net = Net(("n", "m"), (TANH,)) >> Net(("m", 1), (IDENTITY,))
    assert str(net.dom) == "W1: Real[m, n + 1] * W2: Real[1, m + 1] * X0: Real[n]"
    assert net.cotangent.types == (Real[1],)


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: Net((2, 3), (TANH, TANH)), ShapeError, "one width more"),
    (lambda: Net((2,), ()), ShapeError, "at least one layer"),
    (lambda: Net((2, 3), TANH), UsageError, "give a tuple of each"),
    (lambda: Net("n", (TANH,)), UsageError, "give a tuple of each"),
    (lambda: fa.training_step(Net((2, 1), (CUBIC,), Z2)), UsageError, "its rate is a real number"),
    (lambda: Net((2, 3), (np.tanh,)), UsageError, "expected an Activation"),
    (lambda: Net((2, 3), (TANH,)) >> Net((2, 1), (TANH,)), ShapeError, "must agree where nets are joined"),
    (lambda: Net((2, 3), (TANH,)) >> Net((3, 1), (CUBIC,), Z2), ShapeError, "must agree where nets are joined"),
])
def test_wrong_nets_are_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()
