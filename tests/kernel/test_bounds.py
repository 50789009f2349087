"""Machine code stays within its arrays: at odd sizes, between pages of memory that may not be touched."""

import os
import subprocess
import sys

import pytest

CASES = ("7-33-5 float32 13", "3-17-1 float64 1", "conv float32 5")


def process(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=600)


@pytest.mark.skipif(os.name == "nt", reason="memory is protected by another call there")
def test_steps_read_and_write_their_arrays_and_nothing_else():
    done = process("-m", "tests.kernel.guarded", *CASES)
    expected = "".join(f"{case} {side} same\n" for case in CASES for side in ("end", "start"))
    assert done.stdout == expected, done.stderr[-500:]
    assert done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="memory is protected by another call there")
@pytest.mark.parametrize("side, place", [("end", "size"), ("start", "-1")])
def test_the_fences_hold(side, place):
    """A read one entry beyond the array ends the process."""
    code = (f"import ctypes; from tests.kernel.guarded import fenced; size = 100; a = fenced(size, 'float32', {side!r}); "
            f"print(ctypes.c_float.from_address(a.ctypes.data + 4 * ({place})).value)")
    assert process("-c", code).returncode < 0
