"""How long a learner takes to become a kernel: `python -m symcat.bench.kernels.compiling CASE --out FILE`, in a fresh process.

FILE receives JSON: seconds of making the learner, of its derivation, lowering, validation and compilation (of what of them is not in
the cache), and of loading the libraries, which is not part of the others.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

LIBRARIES = ("sympy", "numba", "symcat.kernel.learner", "symcat.bench.kernels.cases")


def main(given: Sequence[str] | None = None) -> None:
    """Make and compile one learner, and write how long that took."""
    parser = argparse.ArgumentParser(prog="python -m symcat.bench.kernels.compiling", allow_abbrev=False)
    parser.add_argument("case")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args(given)
    start = time.perf_counter()
    for library in LIBRARIES:
        import_module(library)
    loaded = time.perf_counter()
    from symcat.bench.kernels.cases import TRAINING

    case = TRAINING[arguments.case]
    learner = case.learner()
    made, before = time.perf_counter(), time.process_time()
    learner.compile(batch=case.batch, dtype="float32", unproved=True)
    done, after = time.perf_counter(), time.process_time()
    found = {"load": loaded - start, "make": made - loaded, "compile": done - made, "processor": after - before}
    Path(arguments.out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
