"""The shape of the source tree: who may import whom, where the heavy libraries live, and what must not occur in it."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import symcat

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = sorted((ROOT / "symcat").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PROOFS = sorted((ROOT / "proofs").rglob("*.py"))
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))
ALL = PACKAGE + TESTS + PROOFS + EXAMPLES

LAYERS = ("checker", "errors", "verdict", "category", "derivative", "lens", "learn", "laws", "prove", "interop", "card", "diff", "kernel",
          "bench", "show", "testing", "commands", "cli")
MAY_IMPORT_LESS = {"category": {"errors"}, "errors": set()}
RECORDS = {"symcat.prove", "symcat.prove.record"}    # all that kernels may know of the provers
ONE_HOME = {"z3": {"symcat/prove/smt.py"}, "pysat": {"symcat/prove/boolean/sat.py"},
            "numba": {f"symcat/kernel/{name}.py" for name in (
                "jit", "tiles/tile", "tiles/memory", "tiles/reduction", "tiles/pointwise", "tiles/primitives", "tiles/host",
                "tiles/synchronisation", "tiles/portable", "machine/program")},
            "jax": {"symcat/interop/transformation.py", "symcat/bench/kernels/jax_peer.py"},
            "optax": {"symcat/interop/transformation.py", "symcat/bench/kernels/jax_peer.py"},
            "torch": {"symcat/bench/kernels/torch_peer.py",
                      *(f"symcat/interop/torch/{name}.py" for name in ("plan", "reader", "rehearsal", "tensor"))},
            "sklearn": {"symcat/interop/sklearn.py", "symcat/learn/data.py"},    # estimators; data sets
            "joblib": {"symcat/prove/crew.py", "symcat/prove/cluster.py"}, "distributed": {"symcat/prove/cluster.py"},
            "flint": {"symcat/prove/balls.py", "symcat/prove/field/polynomial.py"}}    # its balls; its exact polynomials
HEAVY = ("numba", "z3", "sklearn", "rich", "flint", "joblib", "sympy", "numpy")
MAY_RUN_TEXT = {"symcat/kernel/validate.py"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> list[str]:
    """The modules that a file imports, wherever in the file; `from a import b` gives a and a.b."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = relative(path).removesuffix(".py").replace("/", ".").split(".")
            prefix = ".".join(package[: len(package) - node.level]) + "." if node.level else ""
            found += [prefix + (node.module or "")] + [f"{prefix}{node.module}.{alias.name}" for alias in node.names]
    return found


def layer(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "symcat" and len(parts) > 1 and parts[1] in LAYERS else None


def own_layer(path: Path) -> str | None:
    return layer(relative(path).removesuffix(".py").replace("/", "."))


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_imports_point_one_way(path):
    own = own_layer(path)
    if own is None:
        assert relative(path) in ("symcat/__init__.py", "symcat/__main__.py")
        return
    allowed = MAY_IMPORT_LESS.get(own, set(LAYERS[: LAYERS.index(own)])) | {own}
    wrong = sorted({module for module in imported(path) if layer(module) and layer(module) not in allowed})
    assert not wrong, f"{relative(path)} is in {own} and imports {wrong}; allowed: {sorted(allowed)}"


@pytest.mark.parametrize("path", [path for path in PACKAGE if own_layer(path) == "kernel"], ids=relative)
def test_kernels_call_no_engine(path):
    provers = {module for module in imported(path) if layer(module) == "prove"}
    assert {module for module in provers if not module.startswith("symcat.prove.record.")} <= RECORDS


@pytest.mark.parametrize("library", ONE_HOME)
def test_heavy_libraries_have_one_home(library):
    users = {relative(path) for path in PACKAGE if any(module.split(".")[0] == library for module in imported(path))}
    assert users <= ONE_HOME[library], f"{library} is imported in {sorted(users)}; its home is {sorted(ONE_HOME[library])}"


@pytest.mark.parametrize("statement, forbidden", [
    ("import symcat", HEAVY),
    ("import symcat.cli", HEAVY),
    # SymPy itself imports flint when it is there
    ("import symcat.category.morphism, symcat.derivative.reverse", ("numba", "z3", "sklearn", "rich", "joblib")),
    ("import symcat.learn.data, symcat.learn.learner", ("numba", "z3", "sklearn", "rich", "joblib")),
])
def test_imports_stay_light(statement, forbidden):
    code = f"import sys; {statement}; print(sorted(set(sys.modules) & {set(forbidden)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_no_file_is_too_long(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 450, f"{relative(path)} has {lines} lines: split it by its ideas"


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_no_text_is_run(path):
    """eval, exec and compile stand only where symcat runs the kernels that it has generated; sympify of text nowhere."""
    names = {node.func.id for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    names |= {node.func.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
              and isinstance(node.func.value, ast.Name) and node.func.value.id in ("pickle", "builtins", "marshal", "shelve")}
    wrong = names & {"eval", "exec", "compile", "parse_expr", "loads", "load", "open_code"} - {"load"}
    assert not wrong or relative(path) in MAY_RUN_TEXT, f"{relative(path)} calls {sorted(wrong)}"
    assert not any(module.split(".")[0] in ("pickle", "marshal", "shelve") for module in imported(path))


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_no_marks_of_unfinished_work_or_of_one_machine(path):
    text = path.read_text(encoding="utf-8")
    marks = re.findall(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b|[\"' (]/(?:home|work|root)/\w+", text)
    assert not marks, f"{relative(path)}: {marks}"


@pytest.mark.parametrize("path", TESTS, ids=relative)
def test_no_two_tests_of_one_name(path):
    scopes = [tree(path), *(node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))]
    for scope in scopes:
        names = Counter(node.name for node in scope.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        twice = [name for name, count in names.items() if count > 1]
        assert not twice, f"{relative(path)} defines {twice} twice: only the last one runs"


@pytest.mark.parametrize("path", TESTS, ids=relative)
def test_no_assertion_of_a_tuple_or_a_constant(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Assert):
            wrong = isinstance(node.test, (ast.Tuple, ast.Constant, ast.JoinedStr))
            assert not wrong, f"{relative(path)}, line {node.lineno}: this assertion cannot fail"


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_no_module_of_odds_and_ends(path):
    assert not {"utils", "util", "helpers", "common", "misc"} & set(path.with_suffix("").parts[-3:])


@pytest.mark.parametrize("path", PACKAGE, ids=relative)
def test_assert_is_not_used_for_input(path):
    lines = [node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.Assert)]
    assert not lines, f"{relative(path)}: assert in lines {lines}; raise an error of symcat.errors"


@pytest.mark.parametrize("name", symcat.__all__)
def test_every_public_name_resolves(name):
    assert callable(getattr(symcat, name)) or name in ("Real", "Z", "Z2")


def test_every_declared_name_is_bound():
    for path in PACKAGE:
        module = relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        names = [node.value for node in tree(path).body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"]
        if names and module != "symcat":
            found = __import__(module, fromlist=["x"])
            missing = [name for name in found.__all__ if not hasattr(found, name)]
            assert not missing, f"{module}.__all__ names {missing}, which it does not bind"


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match="no name 'learning'"):
        symcat.learning  # noqa: B018 - the access raises


def test_the_whole_package_is_seen():
    assert {"symcat/__init__.py", "symcat/errors.py", "symcat/cli.py", "symcat/category/morphism.py"} <= set(map(relative, PACKAGE))
