"""What a row's figures become: ratios of minima to the better of a peer's forms, bars, and errors that are misses, not silence."""

import json
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from symcat.bench.kernels import row, suite
from symcat.bench.kernels.cases import TRAINING, UPDATES, Training
from symcat.bench.kernels.traffic import kept_arrays, text
from symcat.learn.models import model
from symcat.learn.optimisers import OPTIMISERS

FOUND = {"times": {"symcat": [2e-6, 1e-6, 4e-6], "jax step": [20e-6, 30e-6, 40e-6], "jax scan": [8e-6, 50e-6, 60e-6],
                   "torch eager": [100e-6, 150e-6, 160e-6]},
         "disagreement": {"jax step": 1e-7, "jax scan": 1e-7, "torch eager": 1e-6}, "skipped": {"torch compile": "no compiler"}, "cores": 1}


def bars(report):
    return {bar.name.split(": ", 1)[1]: bar for bar in report.bars}


def test_ratios_are_of_minima_with_the_better_of_two_and_medians_beside_them():
    report = suite.judged(TRAINING["iris"], 1, FOUND)
    (found,) = report.rows
    data = found.data()
    assert data["ours_us"] == 1 and data["peers"] == {"jax": 8, "torch eager": 100}
    assert data["minimum_us"]["jax step"] == pytest.approx(20)
    assert data["ratio"] == {"jax": 8, "torch eager": 100} and data["ratio_of_medians"] == {"jax": 15, "torch eager": 75}
    assert json.loads(json.dumps(data)) == data
    verdicts = {name: bar.met for name, bar in bars(report).items()}
    assert verdicts == {"jax / ours": True, "torch compile / ours": None, "torch eager / ours": False,
                        "losses of the first epoch apart": True}
    assert bars(report)["torch compile / ours"].note == "no compiler" and "no compiler" in report.details[0]


def test_losses_that_differ_miss_their_bar():
    apart = {**FOUND, "disagreement": {"jax scan": 2e-4}}
    assert not bars(suite.judged(TRAINING["iris"], 1, apart))["losses of the first epoch apart"].met


def test_on_all_cores_only_shared_work_has_a_bar():
    assert list(bars(suite.judged(TRAINING["iris"], 2, FOUND))) == ["losses of the first epoch apart"]
    shared = bars(suite.judged(TRAINING["mlp"], 2, FOUND))
    assert {bar.at_least for bar in shared.values()} == {suite.SHARED, None} and len(shared) == 3


def test_large_updates_are_measured_against_the_traffic_of_their_arrays():
    found = {"times": {"symcat": [2e-3], "optax": [4e-3], "torch fused": [2e-3], "traffic": [1.9e-3]}, "disagreement": {"optax": 0.0},
             "skipped": {}, "cores": 1}
    report = suite.judged(UPDATES["adam-1e7"], 1, found)
    assert bars(report)["share of the bound of traffic"].figure == pytest.approx(0.95)
    assert report.rows[0].ratio == pytest.approx({"optax": 2, "torch fused": 1, "traffic": 0.95})
    assert report.met


def test_a_row_that_fails_is_a_miss(monkeypatch):
    failing = SimpleNamespace(returncode=1, stderr="Traceback\nValueError: why", stdout="")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: failing)
    report = suite.judged(TRAINING["iris"], 1, suite.measured("iris", 1, 3))
    assert not report.met and "ValueError: why" in report.bars[0].note and not report.rows


def test_settings_of_thread_pools_are_not_handed_on(monkeypatch):
    for name in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE", "XLA_FLAGS"):
        monkeypatch.setenv(name, "1")
    assert not [name for name in suite.plain_environment() if name.startswith(suite.SETTINGS)]


def test_a_row_measures_ours_and_tells_which_peers_are_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(row, "find_spec", lambda library: None)
    monkeypatch.setitem(TRAINING, "tiny", Training("tiny", "2-2", "mlp", lambda: model("2-2", 2, 2, "relu"), 3, 2))
    row.main(["tiny", "--rounds", "1", "--out", str(tmp_path / "row.json")])
    found = json.loads((tmp_path / "row.json").read_text(encoding="utf-8"))
    assert list(found["times"]) == ["symcat"] and min(found["times"]["symcat"]) > 0
    assert found["skipped"] == {"jax": "jax is not installed", "torch": "torch is not installed", "torch compile": "torch is not installed"}


def test_a_peer_that_fails_is_told_and_the_others_are_measured():
    ours = suite_contender("symcat", [1.0])

    def failing(*given):
        raise RuntimeError("no C++ compiler\nin sight")

    made = SimpleNamespace(good=lambda *given: [suite_contender("good", [1.0])], bad=failing)
    original = row.import_module
    try:
        row.import_module = lambda name: made
        found = row.compared(ours, {"jax": ("x", "good"), "torch": ("x", "bad")}, (), 1, 1)
    finally:
        row.import_module = original
    assert found["skipped"] == {"torch": "RuntimeError: no C++ compiler"} and set(found["times"]) == {"symcat", "good"}
    assert found["disagreement"] == {"good": 0.0}


def suite_contender(name, losses):
    from symcat.bench.kernels.rounds import Contender

    return Contender(name, lambda: losses)


@pytest.mark.parametrize("rule, kept", [("adam", 3), ("lion", 2), ("momentum_torch", 2), ("gradient_descent", 1)])
def test_the_bound_moves_the_arrays_of_the_rule(rule, kept):
    assert kept_arrays(OPTIMISERS[rule]) == kept
    space = {}
    exec(text(kept).replace("from numba import njit", "njit = lambda **how: lambda f: f"), space)
    arrays = [np.full(3, 2.0 ** k) for k in range(kept + 1)]
    space["traffic"](*arrays)
    assert [array.tolist() for array in arrays] == [[1.0] * 3] + [[2.0 ** (kept + 1) - 1] * 3] * kept


@pytest.mark.parametrize("case", TRAINING.values(), ids=lambda case: case.name)
def test_data_fit_the_models(case):
    learner, (X, labels) = case.learner(), case.data()
    assert X.dtype == np.float32 and len(X) == len(labels) == case.steps * case.batch
    assert X.shape[1:] == case.make().input_shape and learner.initial(0)[0].dtype == float
