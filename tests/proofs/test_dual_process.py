"""The claims about the dual process against numbers that share nothing with the engines: mpmath, NumPy, SymPy's own logarithm."""

import runpy
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp

from symcat.errors import UsageError
from symcat.prove.decide import decide

PATH = Path(__file__).parents[2] / "proofs" / "dual_process.py"
g = (mpmath.sqrt(5) - 1) / 2
ALPHA = float(mpmath.sqrt(2) * g)
ETA = (1 - ALPHA) ** 2


def heavy_ball(curvature: float, eta: float, alpha: float) -> float:
    """The spectral radius of (theta, Delta) -> (theta + Delta', Delta'), Delta' = alpha Delta - eta lambda theta."""
    x = eta * curvature
    return float(max(abs(np.linalg.eigvals([[1 - x, alpha], [-x, alpha]]))))


def binary(p: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
    """KL(p, 1 - p) and H(p)."""
    return (2 * p - 1) * mpmath.log(p / (1 - p)), -p * mpmath.log(p) - (1 - p) * mpmath.log(1 - p)


def test_the_constants_are_those_that_are_reported_when_rounded():
    assert (round(ALPHA, 3), round(ETA, 3)) == (0.874, 0.016)
    assert pytest.approx(0.874032048897642, abs=1e-14) == ALPHA
    assert pytest.approx(0.015867924704926, abs=1e-14) == ETA


def test_the_balance_of_kl_and_entropy_is_not_at_g():
    root = mpmath.findroot(lambda p: binary(p)[0] - binary(p)[1], (0.7, 0.8), solver="anderson")
    assert float(root) == pytest.approx(0.7521717486, abs=1e-9)
    assert abs(root - g) > 0.1


def test_the_balance_of_kl_and_the_entropy_process_is_at_g():
    root = mpmath.findroot(lambda p: binary(p)[0] - p * (1 - p) * mpmath.log(p / (1 - p)), 0.6)
    assert float(root - g) == pytest.approx(0, abs=1e-12)


def test_information_in_base_phi():
    base = -mpmath.log(g)
    kl, entropy = binary(g)
    cross = -g * mpmath.log(1 - g) - (1 - g) * mpmath.log(g)
    np.testing.assert_allclose([float(v / base) for v in (entropy, cross, kl)], [1.381966, 1.618034, 0.236068], atol=1e-6)


def test_the_logarithm_of_the_second_root_is_complex():
    phi = (1 + sp.sqrt(5)) / 2
    assert sp.expand_complex(sp.log(-phi) - sp.log(phi)).equals(sp.I * sp.pi)
    assert complex(mpmath.log(-1 - g)) == pytest.approx(complex(float(mpmath.log(1 + g)), np.pi))


def test_the_second_root_has_modulus_phi_and_argument_pi():
    """phi (cos pi + i sin pi) = -phi, which is ln(-phi) = ln phi + i pi on the principal branch."""
    phi = (1 + sp.sqrt(5)) / 2
    cos, sin = (sp.Mul(phi, f(sp.pi, evaluate=False), evaluate=False) for f in (sp.cos, sp.sin))
    assert decide(cos, -phi).proved
    assert decide(sin, sp.S.Zero).proved
    assert decide(cos, phi).refuted


def test_equations_of_morphisms_are_not_made_of_expressions_with_pi():
    with pytest.raises(UsageError, match="use decide on the expressions"):
        runpy.run_path(str(PATH))["equal"](sp.pi, sp.Integer(3))


@pytest.mark.parametrize(("curvature", "radius"), [(1, 0.934896812), (0.1, 0.98603), (0.01, 0.99873), (300, 2.5426)])
def test_the_golden_pair_at_some_curvatures(curvature: float, radius: float):
    assert heavy_ball(curvature, ETA, ALPHA) == pytest.approx(radius, abs=6e-5)


def test_plain_descent_beats_the_golden_pair_at_curvature_1():
    assert heavy_ball(1, 1, 0) == 0


def test_the_window_and_the_edge_of_stability():
    """Complex eigenvalues between Polyak's mu and L; the stable curvatures end at 236.2038."""
    low, high = ((1 - ALPHA**0.5) ** 2 / ETA, (1 + ALPHA**0.5) ** 2 / ETA)
    np.testing.assert_allclose([low, high, high / low], [0.267106454, 235.936693, 883.3058], rtol=1e-6)
    for curvature in (low * 1.001, high * 0.999):
        assert heavy_ball(curvature, ETA, ALPHA) == pytest.approx(ALPHA**0.5, abs=1e-9)
    for curvature in (low * 0.99, high * 1.0005):
        assert heavy_ball(curvature, ETA, ALPHA) > ALPHA**0.5 + 1e-4
    assert heavy_ball(236.203, ETA, ALPHA) < 1 < heavy_ball(236.205, ETA, ALPHA)


def test_how_special_a_match_to_three_digits_is():
    """Of all sqrt(r) (n / d) g^k and one minus such, two round to 0.874: the match suggests and does not show."""
    found = {sp.sqrt(r) * sp.Rational(a, b) * sp.GoldenRatio**k for r in (1, 2, 3, 5) for a in range(1, 7) for b in range(1, 7)
             for k in range(-8, 9)}
    values = {round(v, 12) for e in found for v in (float(e), 1 - float(e)) if 0 < v < 1}
    assert sorted(v for v in values if 0.8735 <= v < 0.8745) == pytest.approx([1 - 3**0.5 / 2 * float(g) ** 4, ALPHA])
