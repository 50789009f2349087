"""The template of runners on a machine of a cluster: a fresh interpreter that has imported the proofs modules which were sent to it."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from symcat.errors import UsageError
from symcat.prove.cache import Store
from symcat.prove.module import load
from symcat.prove.worker import Answer, Limits, Request, answer, template


def main(arguments: Sequence[str]) -> NoReturn:
    """Serve the control channel of a file descriptor: `FD FOLDER SECONDS BYTES`."""
    control, folder = socket.socket(fileno=int(arguments[0])), Path(arguments[1])
    store = Store(folder / "cache")
    for path in sorted(folder.glob("*/*.py")):
        if not path.name.startswith("_"):
            with suppress(UsageError):
                load(path)

    def settle(request: Request) -> Answer:
        return answer(load(Path(request["module"])).claim(request["name"]), store, enclose=True)

    limits = Limits(float(arguments[2]), int(arguments[3]))
    template(control, settle, limits, lambda: shutil.rmtree(folder, ignore_errors=True))


if __name__ == "__main__":
    main(sys.argv[1:])
