"""Exports: read back they are the rule, run they compute it, beside the originals they step equal."""

import importlib.util
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.cli import main
from symcat.errors import UsageError, ValidationError
from symcat.interop.export import export, exported
from symcat.interop.export.numba import numba as numba_text
from symcat.interop.export.signature import identifier
from symcat.interop.export.stamp import intact, stamped
from symcat.interop.rules import read
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.learn.optimisers.entry import elementwise

SIZED = {name for name, rule in OPTIMISERS.items() if all(extent.is_Integer for extent in rule.shape)}    # written for one small shape
ANY_SIZE = sorted(set(OPTIMISERS) - SIZED)
REORDERED = {"radam", "prodigy", "lamb"}     # may come back in another order of operations, proved equal
GRADIENT_ONLY = [name for name in ANY_SIZE if not OPTIMISERS[name].data and not OPTIMISERS[name].look]
LOOPS = [name for name in GRADIENT_ONLY if elementwise(OPTIMISERS[name])]
QUICK = {"heavy_ball", "clipped_descent", "descent_cosine", "rmsprop"}


def slow_unless(names, chosen):
    return [name if name in chosen else pytest.param(name, marks=pytest.mark.slow) for name in names]


def loaded(text: str, path: Path):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", slow_unless(ANY_SIZE, {*QUICK, "lion", "lamb", "prodigy", "adafactor", "nat_adam", "schedule_free"}))
def test_numpy_is_the_same_program(name):
    found = exported(OPTIMISERS[name], "numpy")
    assert found.verdict.proved
    assert found.identical or name in REORDERED


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SIZED))
def test_numpy_of_small_matrices(name):
    assert exported(OPTIMISERS[name], "numpy").verdict.proved


@pytest.mark.parametrize("name", slow_unless(LOOPS, {*QUICK, "nadam_scheduled", "yogi"}))
def test_numba_is_proved(name):
    assert exported(OPTIMISERS[name], "numba").verdict.proved


@pytest.mark.parametrize("name", slow_unless(["lamb", "lars", "dog", "prodigy", "muon", "adafactor"], {"lamb"}))
def test_numba_on_whole_arrays_is_proved(name):
    assert exported(OPTIMISERS[name], "numba").verdict.proved


@pytest.mark.parametrize("name", slow_unless(GRADIENT_ONLY, QUICK))
def test_optax_is_proved(name):
    pytest.importorskip("optax")
    assert exported(OPTIMISERS[name], "optax").verdict.proved


@pytest.mark.parametrize("name", slow_unless(GRADIENT_ONLY, QUICK))
def test_torch_is_proved(name):
    pytest.importorskip("torch")
    assert exported(OPTIMISERS[name], "torch").verdict.proved


@pytest.mark.parametrize("to, name", [("numpy", "adam"), ("numba", "lion"), ("optax", "adam"), ("torch", "Adam")])
def test_a_file_is_read_back_as_a_target(to, name, tmp_path):
    pytest.importorskip({"optax": "optax", "torch": "torch"}.get(to, "numpy"))
    rule = OPTIMISERS[name.lower()]
    path = tmp_path / f"taken_{to}.py"
    path.write_text(export(rule, to))
    back = read(f"{path}:{name}")
    assert back.state_names == rule.state_names
    point = [np.array([0.5, -2.0, 1.0]), np.array([1.0, 0.0, -3.0]), *([np.array([0.1, 0.2, 0.3])] * (len(rule.states) - 1))]
    point.append(np.array(4.0) if rule.state_names[-1] == "t" else np.array([0.3, 0.2, 0.1]))
    step, other = rule.step(Real[3]), back.step(Real[3])
    for a, b in zip(evaluate(step, point, hypers=rule.assignment()), evaluate(other, point, hypers=back.assignment()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


@pytest.mark.parametrize("name, dtype", [("adam", "float64"), ("adam", "float32"), ("radam", "float32"), ("yogi", "float64")])
def test_the_loop_computes_the_rule(name, dtype, tmp_path):
    rule = OPTIMISERS[name]
    module = loaded(numba_text(rule), tmp_path / f"loop_{name}_{dtype}.py")
    draw = np.random.default_rng(0)
    p = draw.normal(size=7)
    states = rule.initial([p])
    own = [p.astype(dtype), *(s.astype(dtype) if s.ndim else float(s) for s in states)]
    step = rule.step(Real[7])
    hypers = {k: v for k, v in rule.assignment().items() if k in step.hypers}
    for _ in range(8):
        g = draw.normal(size=7)
        p, *states = evaluate(step, (p, g, *states), hypers=hypers)
        counts = module.update(own[0], g.astype(dtype), *own[1:])
        own = [counts if np.ndim(a) == 0 else a for a in own]
    assert own[0].dtype == dtype
    np.testing.assert_allclose(own[0], p, rtol=1e-12 if dtype == "float64" else 2e-5)


def test_optax_steps_equal_to_the_original(tmp_path):
    """In double precision, through a chain, under jit and on a tree of parameters."""
    jax = pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    module = loaded(export(OPTIMISERS["adam"], "optax"), tmp_path / "taken_adam_optax.py")
    enable = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64
    with enable(True):
        draw = np.random.default_rng(1)
        start = {"W": jax.numpy.asarray(draw.normal(size=(3, 2))), "b": jax.numpy.asarray(draw.normal(size=2))}
        found = []
        for made in (module.adam(lr=0.1), optax.adam(0.1)):
            chained = optax.chain(optax.clip_by_global_norm(1.0), made)
            params, state = start, chained.init(start)
            step = jax.jit(lambda g, s, p, chained=chained: chained.update(g, s, p))
            for k in range(50):
                grads = jax.tree.map(lambda p, k=k: p * (1 + k % 3) - 0.5, params)
                updates, state = step(grads, state, params)
                params = optax.apply_updates(params, updates)
            found.append(params)
    for key in start:
        gap = np.abs(np.asarray(found[0][key]) - np.asarray(found[1][key])) / np.spacing(np.abs(np.asarray(found[1][key])))
        assert gap.max() <= 16, f"{key}: {gap.max()} ulps"


def test_torch_steps_equal_to_the_original(tmp_path):
    torch = pytest.importorskip("torch")
    module = loaded(export(OPTIMISERS["adam"], "torch"), tmp_path / "taken_adam_torch.py")
    start = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    found = []
    for cls in (module.Adam, torch.optim.Adam):
        p = torch.nn.Parameter(start.clone())
        made = cls([p], lr=0.1)
        for k in range(50):
            if k == 25:      # through a saved state
                saved = made.state_dict()
                made = cls([p], lr=0.3)
                made.load_state_dict(saved)
            p.grad = p.detach() * (1 + k % 3) - 0.5
            made.step()
        found.append(p.detach().numpy())
    gap = np.abs(found[0] - found[1]) / np.spacing(np.abs(found[1]))
    assert gap.max() <= 64, f"{gap.max()} ulps"


def test_a_state_that_is_the_gradient_is_a_copy(tmp_path):
    torch = pytest.importorskip("torch")

    def rule(p, g, last=0, *, lr=0.1):
        return p - lr * (2 * g - last), g

    module = loaded(export(optimiser(rule, name="optimistic"), "torch"), tmp_path / "taken_optimistic.py")
    p = torch.nn.Parameter(torch.zeros(2))
    made = module.Optimistic([p])
    p.grad = torch.ones(2)
    made.step()
    p.grad.fill_(3.0)       # as backward does, in place
    made.step()
    assert torch.allclose(p.detach(), torch.full((2,), -0.2 - 0.5))


@pytest.mark.parametrize("name, to, message", [
    ("newton", "optax", "gradient alone"), ("nesterov", "torch", "elsewhere"), ("shampoo", "numba", "starts from more"),
    ("soap", "numba", "needs np.concatenate"),
    ("adam", "fortran", "no target 'fortran'"),
])
def test_what_a_target_cannot_express_is_told(name, to, message):
    with pytest.raises(UsageError, match=message):
        exported(OPTIMISERS[name], to)


def test_a_number_without_finite_decimal():
    """A third as a factor is a quotient; as a term it would be another number."""
    third = optimiser(lambda p, g, *, lr=0.1: p - lr * g * 2 / 3, name="third")
    assert exported(third, "numpy").verdict.proved
    shifted = optimiser(lambda p, g, *, lr=0.1: p - g - lr, name="shifted").at(lr=Fraction(1, 3))
    with pytest.raises(UsageError, match="1/3 has no finite decimal"):
        exported(shifted, "numpy")


def test_a_text_that_is_not_the_rule_is_never_given_out(monkeypatch):
    from symcat.interop.export import stamp

    wrong = stamp.Target(lambda rule: stamp.TARGETS["numpy"].write(OPTIMISERS["sign_descent"]).replace("sign_descent", identifier(rule)),
                         stamp.TARGETS["numpy"].readers)
    monkeypatch.setitem(stamp.TARGETS, "wrong", wrong)
    with pytest.raises(ValidationError, match="is not the rule: REFUTED"):
        exported(OPTIMISERS["gradient_descent"], "wrong")


def test_command(tmp_path, capsys):
    out = tmp_path / "rule.py"
    assert main(["export", "adam(eps=0)", "--to", "numpy", "--out", str(out), "--json", str(tmp_path / "r.json")]) == 0
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["verdict"] == "proved" and data["identical"] and data["source"] == out.read_text()
    assert f"rule {data['rule']}" in out.read_text() and f"certificate {data['certificate']}" in out.read_text()
    assert main(["export", "newton", "--to", "torch"]) == 2
    assert "gradient alone" in capsys.readouterr().err
    assert main(["export", "adam", "--to", "numpy", "--out", str(tmp_path / "none" / "x.py")]) == 2


def test_doctor(capsys):
    assert main(["doctor", "--json", "-"]) == 0
    data = json.loads(capsys.readouterr().out)
    versions = {row["name"]: row["version"] for row in data["components"]}
    assert versions["numpy"] == np.__version__ and data["missing"] == [name for name, version in versions.items() if version is None]


def test_the_text_is_the_same_under_every_hash_seed():
    code = ("from symcat.interop.export.numba import numba; from symcat.interop.export.arrays import arrays; "
            "from symcat.learn.optimisers import OPTIMISERS as o; import hashlib; "
            "print(hashlib.sha256((numba(o['radam']) + arrays(o['prodigy'], 'jax')).encode()).hexdigest())")
    found = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])}).stdout
             for seed in ("1", "2")}
    assert len(found) == 1


def test_a_text_that_was_edited_is_not_intact(tmp_path):
    path = tmp_path / "rule.py"
    text = export(OPTIMISERS["momentum"], "numpy")
    path.write_text(text)
    assert stamped(path) and intact(path).startswith("momentum as it was exported to numpy; certificate ")
    path.write_text(text.replace("p + v", "p - v"))
    assert path.read_text() != text
    with pytest.raises(ValidationError, match="edited after it was stamped"):
        intact(path)
    path.write_text(text.replace("text ", "test "))
    with pytest.raises(ValidationError, match="damaged"):
        intact(path)
