"""The pytest plugin: the assertions as fixtures, and what stands behind a failure as sections of the report."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest

from symcat.testing import assertions


@pytest.fixture(name="assert_law")
def law_fixture() -> Callable:
    """`assert_law(rule, "loss scale")`: fails with the witness unless the law is proved."""
    return assertions.assert_law


@pytest.fixture(name="assert_same")
def same_fixture() -> Callable:
    """`assert_same(a, b, given="eps=0")`: fails with the witness unless the two are proved to be the same optimiser."""
    return assertions.assert_same


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed law has its statement and its witness in sections of their own."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, assertions.LawFailure):
        report.sections += [(f"symcat: {title}", text) for title, text in call.excinfo.value.sections]
    return report
