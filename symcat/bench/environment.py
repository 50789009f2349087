"""The machine that a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from symcat.errors import UsageError

LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "numba", "llvmlite", "z3-solver", "python-flint", "scikit-learn", "jax", "jaxlib",
             "optax", "torch")
SETTINGS = ("OMP_", "MKL_", "OPENBLAS_", "NUMBA_", "XLA_", "JAX_", "SYMCAT_CPU")


def environment() -> dict[str, Any]:
    """Processor, cores that may be used, system, versions, NumPy's BLAS, settings of thread pools, and how busy the machine is."""
    return {"cpu": _processor(), "cores": cores(), "system": platform.platform(), "python": platform.python_version(),
            "versions": {name: _version(name) for name in ("symcat", *LIBRARIES)}, "blas": _blas(),
            "settings": {name: value for name, value in sorted(os.environ.items()) if name.startswith(SETTINGS)}, "load": _load()}


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def proofs_folder() -> Path:
    """The folder proofs/ of a checkout, here or beside the package."""
    import symcat

    for folder in (Path("proofs"), Path(symcat.__file__).resolve().parents[1] / "proofs"):
        if folder.is_dir():
            return folder
    raise UsageError("there is no folder proofs/ here nor beside the package: run this in a checkout, or with --only scalar")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _blas() -> list[dict[str, Any]]:
    """The linear algebra libraries that NumPy has loaded: name, version, the processor they are made for, threads."""
    if find_spec("threadpoolctl") is None:
        return []
    import_module("numpy")
    pools = import_module("threadpoolctl").threadpool_info()
    told = ("internal_api", "version", "architecture", "num_threads")
    return [{key: pool.get(key) for key in told} for pool in pools if pool.get("user_api") == "blas"]


def _version(name: str) -> str:
    if name == "symcat":
        from symcat import __version__

        return __version__
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
