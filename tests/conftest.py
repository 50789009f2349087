"""What all tests share: no verdict, kernel or compiled code of the user's cache is read or written."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """`$SYMCAT_CACHE` points to a fresh folder, for the tests and for the processes that they start."""
    before = os.environ.get("SYMCAT_CACHE")
    os.environ["SYMCAT_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["SYMCAT_CACHE"]
    else:
        os.environ["SYMCAT_CACHE"] = before
