"""coqc, where it is installed: the compiler of Coq, which checks every file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LIMIT = 600.0


@dataclass(frozen=True)
class Answer:
    """What coqc says of a file: the empty text when it accepts it."""

    file: Path
    fault: str


def found() -> str | None:
    """Where coqc is, or None."""
    return shutil.which("coqc")


def check(files: Sequence[Path], jobs: int = 1, limit: float = LIMIT,
          progress: Callable[[str], object] = lambda name: None) -> list[Answer]:
    """coqc on Coq files of one folder, the prelude first; OSError where there is no coqc.  `progress` is told each file that is done."""
    coqc = found()
    if coqc is None:
        raise OSError("coqc is not installed")
    sources = [file for file in files if file.suffix == ".v"]

    def done(file: Path) -> Answer:
        answer = _checked(coqc, file, limit)
        progress(file.name)
        return answer

    first = [done(file) for file in sources if file.name == "Symcat.v"]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        return first + list(pool.map(done, [file for file in sources if file.name != "Symcat.v"]))


class Trial:
    """Tries single files beside the prelude, in a folder of its own that vanishes; a context manager."""

    def __init__(self, prelude: Path, limit: float = 30.0) -> None:
        self.prelude, self.limit = prelude, limit
        self.folder = tempfile.TemporaryDirectory()
        self.count = 0

    def __enter__(self) -> Trial:
        home = Path(self.folder.name)
        shutil.copy(self.prelude, home / self.prelude.name)
        check([home / self.prelude.name])
        return self

    def __exit__(self, *about: object) -> None:
        self.folder.cleanup()

    def accepts(self, text: str) -> bool:
        """Whether coqc accepts a file with this text, within the limit of seconds."""
        self.count += 1
        file = Path(self.folder.name) / f"Trial_{self.count}.v"
        file.write_text(text, encoding="utf-8")
        return not check([file], limit=self.limit)[0].fault


def _checked(coqc: str, file: Path, limit: float) -> Answer:
    try:
        done = subprocess.run([coqc, "-q", "-Q", ".", "", file.name], cwd=file.parent, capture_output=True, text=True, timeout=limit,
                              check=False)
    except subprocess.TimeoutExpired:
        return Answer(file, f"stopped after {limit:g} s")
    return Answer(file, "" if done.returncode == 0 else done.stderr.strip() or f"coqc ended with code {done.returncode}")
