"""Our elementwise functions on numbers and NumPy arrays."""

from __future__ import annotations

import numpy as np
import pytest

import symcat
from symcat.category import elementwise as sc
from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace

n = dims("n")
POINTS = np.array([-800.0, -2.0, -0.5, 0.0, 0.25, 1.0, 3.0, 800.0])
VALUES = {
    "relu": [0, 0, 0, 0, 0.25, 1, 3, 800],
    "step": [0, 0, 0, 0, 1, 1, 1, 1],
    "sign": [-1, -1, -1, 0, 1, 1, 1, 1],
    "absolute": [800, 2, 0.5, 0, 0.25, 1, 3, 800],
    "sigmoid": [0, 0.11920292202211755, 0.3775406687981454, 0.5, 0.5621765008857981, 0.7310585786300049, 0.9525741268224334, 1],
    "softplus": [0, 0.1269280110429726, 0.4740769841801067, 0.6931471805599453, 0.8259394198788435, 1.3132616875182228,
                 3.048587351573742, 800],
    "detach": POINTS,
}


@pytest.mark.parametrize("name", VALUES)
def test_functions_of_arrays_and_numbers(name: str) -> None:
    function = getattr(sc, name)
    np.testing.assert_allclose(function(POINTS), VALUES[name], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(function(3), VALUES[name][6], rtol=1e-12)
    assert np.ndim(function(3.0)) == 0


@pytest.mark.parametrize("name", VALUES)
def test_traced_functions_agree_at_kinks_too(name: str) -> None:
    f = trace(getattr(sc, name), space(x=Real[n]))
    points = POINTS[1:-1]
    np.testing.assert_allclose(evaluate(f, [points])[0], VALUES[name][1:-1], rtol=1e-12, atol=1e-15)


def test_functions_of_two_and_three() -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
    np.testing.assert_array_equal(sc.maximum(x, y), [3, 2, 3])
    np.testing.assert_array_equal(sc.minimum(x, y), [1, 2, 1])
    np.testing.assert_array_equal(1 * sc.equal(x, y), [0, 1, 0])
    np.testing.assert_array_equal(sc.where(x > y, x, 0), [0, 0, 3])


def test_iota_and_windows_of_numpy_arrays() -> None:
    np.testing.assert_array_equal(sc.iota(4), [0, 1, 2, 3])
    x = np.arange(24.0).reshape(4, 6)
    windows = sc.windows(x, (2, 3), (2, 3))
    assert windows.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(windows[1, 0], x[2:4, 0:3])
    np.testing.assert_array_equal(sc.windows(x, 2, axis=0)[1, :, 1], x[2])


def test_a_function_runs_traced_and_on_data() -> None:
    def model(x: object) -> object:
        return sc.softplus(x) * sc.sigmoid(x) + sc.sqrt(sc.absolute(x)) * sc.iota(3)

    data = np.array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(evaluate(trace(model, space(x=Real[3])), [data])[0], model(data), rtol=1e-13)


def test_functions_that_messages_name_are_there():
    """The message about a NumPy function of a SymPy symbol points to these."""
    assert all(callable(getattr(symcat, name)) for name in ("sqrt", "exp", "log", "tanh"))
