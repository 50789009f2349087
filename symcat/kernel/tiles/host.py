"""What the processor offers: the bytes of a vector, the number of vector registers, and fused multiplication and addition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Host:
    """A processor: bytes of a vector register, how many there are, whether it fuses a multiplication and an addition."""

    bytes: int
    registers: int
    fma: bool
    name: str


AVX512 = Host(64, 32, True, "avx512")
AVX2 = Host(32, 16, True, "avx2")
NEON = Host(16, 32, True, "neon")
SSE2 = Host(16, 16, False, "sse2")


@cache
def host() -> Host:
    """The processor of this machine."""
    from llvmlite import binding

    if binding.get_process_triple().startswith(("aarch64", "arm64")):
        return NEON
    features = binding.get_host_cpu_features()
    if all(features.get(f"avx512{part}", False) for part in ("f", "dq", "vl")):
        return AVX512
    return AVX2 if features.get("avx2", False) and features.get("fma", False) else SSE2
