"""The exact number that a constant in somebody's program stands for.

A float32 is the rational of its shortest decimal.  A float64 is so too, unless arithmetic on short decimals has left it next to
one: 1 - 0.9 is the double 0.09999999999999998 and means 1/10.  Each such reading is told.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import sympy as sp

from symcat.errors import UsageError

SHORT = 12            # digits of a decimal that somebody may have written
ROUND = 8             # digits of the decimal that stands for the result of an operation
LARGEST_DENOMINATOR = 64
ROUNDING = 2.0**-52   # what one operation on numbers up to 1 in size leaves


def exact(value: object, dtype: str) -> tuple[sp.Rational, str | None]:
    """A constant as a rational, and what is to be told about its reading.

    >>> exact(1e-8, "float64"), exact(np.float32(0.9), "float32")
    ((1/100000000, None), (9/10, None))
    >>> exact(1 - 0.9, "float64")
    (1/10, 'the constant 0.09999999999999998 is read as 1/10')
    """
    if dtype == "bool" or "int" in dtype:
        return sp.Integer(int(value)), None  # type: ignore[call-overload]
    number = float(value)  # type: ignore[arg-type]
    if not np.isfinite(number):
        raise UsageError(f"the constant {number} is not a real number")
    if dtype != "float64":
        return sp.Rational(str(np.dtype(dtype if dtype.startswith("float") else "float32").type(number))), None
    text = repr(number)
    if _digits(text) <= SHORT:
        return sp.Rational(text), None
    near = _fraction(number) or _decimal(number)
    if near is None:
        return sp.Rational(text), None
    return near, f"the constant {text} is read as {near}"


def _digits(text: str) -> int:
    return len(text.lower().partition("e")[0].replace(".", "").lstrip("-0").rstrip("0"))


def _fraction(number: float) -> sp.Rational | None:
    """The fraction with a small denominator of which the double is the rounding."""
    near = Fraction(number).limit_denominator(LARGEST_DENOMINATOR)
    return sp.Rational(near.numerator, near.denominator) if near and float(near) == number else None


def _decimal(number: float) -> sp.Rational | None:
    """The short decimal from which the double is one rounding of numbers up to 1 away."""
    text = f"{number:.{ROUND - 1}e}"
    distance = abs(Fraction(number) - Fraction(text))
    near = distance <= ROUNDING * max(1, abs(number)) and distance <= abs(number) * 1e-12
    return sp.Rational(text) if near else None
