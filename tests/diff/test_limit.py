"""A limit of time that holds whatever runs."""

import time

import pytest

from symcat.diff.limit import within
from symcat.errors import UsageError


def test_an_answer_comes_back():
    assert within(20.0, lambda: ("x", 1)) == ("x", 1)


def test_what_is_late_is_ended():
    start = time.perf_counter()
    assert within(0.3, lambda: time.sleep(60)) is None and time.perf_counter() - start < 10
    assert within(0.0, lambda: 1) is None


def test_an_error_is_raised_here():
    def wrong():
        raise UsageError("as expected")
    with pytest.raises(UsageError, match="as expected"):
        within(20.0, wrong)
