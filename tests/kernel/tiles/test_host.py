"""The processor: what is found, what is asked for, and that machine code is then made for that one."""

import json
import math
import os
import subprocess
import sys

import pytest

from symcat.errors import UsageError
from symcat.kernel.tiles.host import AVX2, AVX512, NEON, PORTABLE, SSE2, features, host, native, of_triple, offers, target

PROGRAM = """
import json, re
import numba, numpy as np
from symcat.kernel.tiles import namespace
space = namespace("float32", ["outer", "store", "zero_1x4x2x16", "load_1x4x2x16", "f_exp"])
exec('''
def run(A, R):
    t = zero_1x4x2x16()
    for k in range(8):
        t = outer(t, A, k, 0, 8, A, 32 * k)
    store(R, 0, 0, 32, f_exp(t) + load_1x4x2x16(A, 0, 0, 32))
''', space)
array = numba.types.Array(numba.float32, 1, "C")
run = numba.njit(numba.void(array, array))(space["run"])
A, R = np.linspace(-1, 1, 256, dtype=np.float32), np.zeros(128, np.float32)
run(A, R)
code = "".join(run.inspect_asm().values())
print(json.dumps({"values": R.tolist(), "registers": sorted(set(re.findall("[xyz]mm", code))), "fused": "vfmadd" in code}))
"""


def process(name, code=PROGRAM):
    """The output of a program in a process of its own, for the processor of a name."""
    environment = {**os.environ, "SYMCAT_CPU": name}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(native() == "neon", reason="the registers are those of x86")
@pytest.mark.parametrize("wanted, registers", [("avx2", ["xmm", "ymm"]), ("sse2", ["xmm"])])
def test_code_for_lesser_processors(wanted, registers):
    if not offers(wanted, features()):
        pytest.skip(f"this machine is {native()}")
    done = process(wanted)
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout)
    assert found["registers"] == registers and found["fused"] == (wanted != "sse2")
    A = [-1 + 2 * k / 255 for k in range(256)]
    expected = [math.exp(sum(A[8 * q + k] * A[32 * k + l] for k in range(8))) + A[32 * q + l] for q in range(4) for l in range(32)]
    assert found["values"] == pytest.approx(expected, rel=1e-5)


def test_a_wish_that_comes_too_late():
    if native() == "sse2":
        pytest.skip("there is no lesser processor to ask for")
    code = ("import numba; numba.njit(numba.float64(numba.float64))(lambda x: x)\n"
            "from symcat.kernel.tiles import namespace; namespace('float32', [])")
    done = process({"avx512": "avx2", "avx2": "sse2"}.get(native(), "sse2"), code)
    assert "came too late" in done.stderr or native() == "neon"


def test_names(monkeypatch):
    assert host().name in (native(), os.environ.get("SYMCAT_CPU"))
    monkeypatch.setenv("SYMCAT_CPU", "sse2")
    assert host() is SSE2 and host("avx2") is AVX2
    monkeypatch.setenv("SYMCAT_CPU", "portable")
    assert host() is PORTABLE
    with pytest.raises(UsageError, match="pentium: the processors are avx512, avx2, neon, sse2, portable"):
        host("pentium")
    with pytest.raises(UsageError, match="cannot run code for"):
        target("neon" if native() != "neon" else "avx2")


@pytest.mark.parametrize("present, names", [
    ({"neon": True}, ["neon"]), ({"portable": True}, []), ({}, ["sse2"]), ({"sse2": True, "avx2": True}, ["sse2"]),
    ({"sse2": True, "avx2": True, "fma": True}, ["avx2", "sse2"]), ({"avx512f": True, "avx512dq": True, "avx512vl": False}, ["sse2"]),
    ({"avx512f": True, "avx512dq": True, "avx512vl": True, "avx2": True, "fma": True}, ["avx512", "avx2", "sse2"]),
])
def test_what_features_make(present, names):
    assert [name for name in ("avx512", "avx2", "neon", "sse2") if offers(name, present)] == names
    assert offers("portable", present)


def test_a_machine_of_another_kind_is_taken_for_the_portable_one():
    assert of_triple("riscv64-unknown-linux-gnu") == {"portable": True}
    assert of_triple("x86_64-pc-linux-gnu") == of_triple("i686-linux") == {}
    assert of_triple("aarch64-unknown-linux-gnu") == {"neon": True}


def test_lanes():
    assert PORTABLE.lanes("float32") == PORTABLE.lanes("float64") == 1
    assert [h.lanes("float32") for h in (AVX512, AVX2, NEON, SSE2)] == [16, 8, 4, 4]
    assert [h.lanes("float64") for h in (AVX512, AVX2, NEON, SSE2)] == [8, 4, 2, 2]
