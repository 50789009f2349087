"""`python -m symcat.checker FILE ...`: check certificates with nothing but the standard library installed."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from symcat.checker import UNCHECKED, Refused, check


def main(files: list[str]) -> int:
    """Print what was checked in each file; 1 when one is refused or has a part that is not checked here."""
    worst = 0
    for name in files:
        try:
            data = json.loads(Path(name).read_text(encoding="utf-8"))
            text = json.dumps(data["record"], sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
            if hashlib.sha256(text.encode()).hexdigest() != data["digest"]:
                raise Refused("it was changed after it was written: its digest is another")
            counts = check(data["record"])
            worst |= UNCHECKED in counts
            print(f"{name}: {', '.join(f'{count} {method}' for method, count in counts.items())}")
        except (Refused, OSError, ValueError, KeyError, TypeError) as error:
            worst = 1
            print(f"{name}: refused: {error}")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
