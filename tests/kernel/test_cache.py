"""The cache folder: read-only, full, damaged, shared by processes; the results are right all the same, and the user is told."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from symcat.errors import CacheWarning
from symcat.kernel import cache, jit

TEXT = '''"""A program."""

# ---- program
F_3 = rational(3, 1)
o_A = 0


def epoch(S, losses, B_x):
    for s in range(losses.shape[0]):
        b_x = B_x[s]
        S[0 + o_A] = S[0 + o_A] + S[0 + o_A] + b_x[0]
        losses[s] = F_3*S[0 + o_A]
'''
# Compiles TEXT in a fresh process and prints the result, whether machine code came from the cache, and what was told.
SCRIPT = '''
import json, sys, warnings
import numpy as np
from pathlib import Path
from symcat.kernel import cache, jit
from tests.kernel.test_cache import TEXT, used
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    function = jit.compiled(cache.write(cache.cache_folder() / "kernel_0123.py", TEXT), TEXT, 1, "float64")
print(json.dumps([used(function), int(function.kept), [str(warning.message) for warning in told]]))
'''


def used(function):
    losses = np.zeros(2)
    function(np.ones(1), losses, np.array([[1.0], [2.0]]))
    return losses.tolist()


RIGHT = [9.0, 24.0]


def start(folder):
    environment = {**os.environ, "SYMCAT_CACHE": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True, env=environment)


def outcome(process):
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return json.loads(out)


def compiled(folder, monkeypatch):
    """The same in this process."""
    monkeypatch.setenv("SYMCAT_CACHE", str(folder))
    return jit.compiled(cache.write(cache.cache_folder() / "kernel_0123.py", TEXT), TEXT, 1, "float64")


def hits(function):
    return int(function.kept)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder into which two processes compiled the program at once."""
    folder = tmp_path_factory.mktemp("filled")
    both = [start(folder), start(folder)]
    assert [outcome(process)[0] for process in both] == [RIGHT, RIGHT]
    return folder


@pytest.fixture
def folder(filled, tmp_path):
    """A copy of it, at the same place relative to its files."""
    for path in sorted(filled.rglob("*")):
        if path.is_file():
            target = tmp_path / path.relative_to(filled)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            os.utime(target, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    return tmp_path


def files(folder, kind):
    found = sorted(path for path in folder.rglob("*") if path.name.endswith(kind))
    assert found, kind
    return found


def test_what_one_process_compiled_the_next_one_loads(folder, monkeypatch):
    function = compiled(folder, monkeypatch)
    assert used(function) == RIGHT and hits(function) == 1


@pytest.mark.parametrize("change", [lambda b: b"", lambda b: b"not what was written", lambda b: b[: len(b) // 2],
                                    lambda b: b[:-9] + bytes([b[-9] ^ 1]) + b[-8:]], ids=["empty", "other", "short", "one bit"])
@pytest.mark.parametrize("kind", [".py", ".o"])
def test_damaged_files_are_told_and_made_again(folder, monkeypatch, kind, change):
    for path in files(folder, kind):
        path.write_bytes(change(path.read_bytes()))
    with pytest.warns(CacheWarning, match="kernel_0123.* (damaged: it is compiled|is not what was written there: it is written) again"):
        function = compiled(folder, monkeypatch)
    assert used(function) == RIGHT
    again = compiled(folder, monkeypatch)
    assert used(again) == RIGHT and hits(again) == 1


@pytest.mark.parametrize("kind", [".o", ".py"])
def test_missing_files_are_made_again(folder, monkeypatch, kind):
    for path in files(folder, kind):
        path.unlink()
    assert used(compiled(folder, monkeypatch)) == RIGHT


def test_numba_runs_the_text_that_it_was_given(folder, monkeypatch):
    """Bytecode of another text, beside the file and as old as the file, is not run."""
    path = folder / "kernel_0123.py"
    header = 'from symcat.kernel.tiles import namespace\nglobals().update(namespace("float64", ["rational"]))\n\n'
    text = header + TEXT[TEXT.index("# ----"):]
    path.write_text(text.replace("rational(3", "rational(4"))
    subprocess.run([sys.executable, "-c", "import sys, py_compile; py_compile.compile(sys.argv[1])", str(path)], check=True)
    stat = path.stat()
    path.write_text(text)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert list((folder / "__pycache__").glob("kernel_0123.*.pyc"))
    monkeypatch.setenv("SYMCAT_COMPILER", "numba")
    assert used(jit.compiled(path, text, 1, "float64")) == RIGHT


def refuse(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_told_and_in_nobodys_way(tmp_path, monkeypatch):
    real = cache.write_atomically

    def full(path, content):
        if tmp_path in path.parents:
            refuse()
        real(path, content)

    monkeypatch.setattr(cache, "write_atomically", full)
    with pytest.warns(CacheWarning, match="No space left on device.*set SYMCAT_CACHE"):
        function = compiled(tmp_path / "deep", monkeypatch)
    assert used(function) == RIGHT and not list(tmp_path.rglob("*.py"))


def test_a_disk_that_is_full_when_machine_code_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("symcat.kernel.machine.code.write_atomically", refuse)
    with pytest.warns(CacheWarning, match="machine code .*kernel_0123.o cannot be kept .No space left"):
        function = compiled(tmp_path, monkeypatch)
    assert used(function) == RIGHT


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_one(tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("here is a file")
    with pytest.warns(CacheWarning, match="cannot be written"):
        assert used(compiled(tmp_path / place, monkeypatch)) == RIGHT


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind no administrator")
def test_a_read_only_folder(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    with pytest.warns(CacheWarning, match="cannot be written .Permission denied"):
        assert used(compiled(tmp_path, monkeypatch)) == RIGHT


def test_threads_compile_at_once_and_run_at_once(tmp_path, monkeypatch):
    found, folder = [], tmp_path
    monkeypatch.setenv("SYMCAT_CACHE", str(folder))
    path = cache.write(cache.cache_folder() / "kernel_0123.py", TEXT)
    threads = [threading.Thread(target=lambda: found.append(used(jit.compiled(path, TEXT, 1, "float64")))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [RIGHT] * 3


@pytest.mark.parametrize("content, told", [("{", True), ("[]", True), ("", True), ('{"a": 1}', False)])
def test_records_are_recalled_or_told(tmp_path, content, told, recwarn):
    path = tmp_path / "r.json"
    path.write_text(content)
    assert cache.recall(path) == (None if told else {"a": 1})
    assert [w.category for w in recwarn] == [CacheWarning] * told and path.exists() != told
    assert cache.recall(Path(tmp_path / "none")) is None
