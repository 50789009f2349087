"""What the processor offers to tiles: the bytes of a vector, the number of vector registers, fused multiplication and addition.

The environment variable SYMCAT_CPU makes all code of a process as if for a lesser processor: `avx512`, `avx2`, `sse2`, `neon` or
`portable`.  The last one has no vectors: its programs use no intrinsics, products are those of NumPy's matrices, and Numba compiles
them for whatever it finds.  Machines that are neither x86 nor AArch64 are taken for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from symcat.errors import UsageError


@dataclass(frozen=True)
class Host:
    """A processor: bytes of a vector register, how many there are, whether it fuses a multiplication and an addition."""

    bytes: int
    registers: int
    fma: bool
    name: str

    def lanes(self, dtype: str) -> int:
        """How many numbers of a dtype stand in a register.

        >>> AVX2.lanes("float32"), AVX2.lanes("float64")
        (8, 4)
        """
        return max(1, self.bytes // {"float32": 4, "float64": 8}[dtype])


AVX512 = Host(64, 32, True, "avx512")
AVX2 = Host(32, 16, True, "avx2")
NEON = Host(16, 32, True, "neon")
SSE2 = Host(16, 16, False, "sse2")
PORTABLE = Host(0, 16, False, "portable")
HOSTS = {host.name: host for host in (AVX512, AVX2, NEON, SSE2, PORTABLE)}
NEEDS = {"avx512": ("avx512f", "avx512dq", "avx512vl"), "avx2": ("avx2", "fma"), "sse2": ("sse2",), "neon": ("neon",), "portable": ()}
BEYOND_AVX2 = ("avx512", "avx10", "evex", "amx")


def host(name: str | None = None) -> Host:
    """The processor of a name, of SYMCAT_CPU, or else of this machine; UsageError for a name that is none."""
    name = name or os.environ.get("SYMCAT_CPU") or native()
    if name not in HOSTS:
        raise UsageError(f"SYMCAT_CPU={name}: the processors are {', '.join(HOSTS)}")
    return HOSTS[name]


@cache
def native() -> str:
    """The name of the richest processor that this machine is."""
    return next(name for name in HOSTS if offers(name, features()))


@cache
def features() -> Mapping[str, bool]:
    """What LLVM finds in this machine's processor."""
    from llvmlite import binding

    return of_triple(binding.get_process_triple()) or dict(binding.get_host_cpu_features())


def of_triple(triple: str) -> Mapping[str, bool]:
    """What LLVM's name of a machine says about its processor; nothing about one that is x86.

    >>> of_triple("arm64-apple-darwin23"), of_triple("riscv64-unknown-linux-gnu"), of_triple("x86_64-unknown-linux-gnu")
    ({'neon': True}, {'portable': True}, {})
    """
    if triple.startswith(("aarch64", "arm64")):
        return {"neon": True}
    return {} if re.match(r"x86|i\d86|amd64", triple) else {"portable": True}


def offers(name: str, present: Mapping[str, bool]) -> bool:
    """Whether a machine with some features is at least the processor of a name; one without any is taken for the plainest x86."""
    plain = not present.get("neon", False) and not present.get("portable", False)
    return all(present.get(feature, False) for feature in NEEDS[name]) or (name == "sse2" and plain)


def target(name: str) -> tuple[str, str]:
    """The processor and its features, in LLVM's words, of which no more is used than a named processor has."""
    from llvmlite import binding

    if not offers(name, features()):
        raise UsageError(f"SYMCAT_CPU={name}: this machine is {native()}, which cannot run code for {name}")
    if name in (native(), "portable"):
        return binding.get_host_cpu_name(), "" if name == "neon" else binding.get_host_cpu_features().flatten()
    if name == "sse2":
        return "x86-64", ""
    kept = {feature: on and not (name == "avx2" and feature.startswith(BEYOND_AVX2)) for feature, on in sorted(features().items())}
    return binding.get_host_cpu_name(), ",".join(f"{'+' if on else '-'}{feature}" for feature, on in kept.items())


def force() -> None:
    """Make Numba generate code for SYMCAT_CPU; UsageError when it has generated other code in this process already.

    Nothing happens where SYMCAT_CPU is not set.
    """
    name = os.environ.get("SYMCAT_CPU")
    if name and host(name).name not in (native(), "portable"):
        _force(name)


@cache
def _force(name: str) -> None:
    processor, offered = target(name)
    # Numba reads these when it is imported, and again when it compiles
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = processor, offered
    from numba.core import config
    from numba.core.registry import cpu_target

    config.reload_config()
    if cpu_target.target_context.codegen().magic_tuple()[1:] != (processor, offered):
        raise UsageError(f"SYMCAT_CPU={name} came too late: Numba has compiled for another processor in this process")
