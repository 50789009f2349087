"""How training ends and goes on: divergence named, Ctrl-C, partial batches, checkpoints, pickles; always with a valid state."""

import pickle

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.errors import DataError, DivergenceError, DomainError, UsageError
from symcat.learn.layers import dense
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import model
from symcat.learn.optimisers import OPTIMISERS

DRAW = np.random.default_rng(0)
X, Y = DRAW.normal(size=(23, 4)), np.eye(3)[DRAW.integers(0, 3, 23)]


def learner(optimiser="momentum", criterion="cross_entropy", **values):
    net = model("dense", 4, 3)
    return Learner(net.para, loss(criterion, net.para.cod), OPTIMISERS[optimiser](**values), sizes=net.sizes)


ONE, TWO = learner(), learner("gradient_descent", "quadratic", lr=1000)


def kernel(made=ONE, **options):
    return made.compile(**{"unproved": True, "batch": 8, **options})


def same(ours, theirs):
    return all(a.dtype == b.dtype and (a == b).all() for a, b in zip(ours, theirs, strict=True))


# ---- numbers that are none

def first_bad(made, state, order, rows, batch=8):
    """(epoch, step, names) of the first loss or state of the interpreter's own training that is no finite number."""
    names = made.kept.names
    for epoch, chosen in enumerate(order, start=1):
        for step in range(len(chosen) // batch):
            take = chosen[step * batch:(step + 1) * batch]
            with np.errstate(all="ignore"):
                *state, value = evaluate(made.step, (*state, rows[0][take], rows[1][take]), hypers=made.optimiser.assignment())
            bad = [name for name, array in zip(names, state, strict=True) if not np.isfinite(array).all()]
            if bad or not np.isfinite(value):
                return epoch, step + 1, tuple(bad) + (() if np.isfinite(value) else ("loss",))
    return None


def test_divergence_is_named_as_the_interpreter_finds_it_and_the_state_before_is_kept():
    made = kernel(TWO)
    draw = np.random.default_rng(3)
    expected = first_bad(TWO, made.state, [draw.permutation(23) for _ in range(60)], (X, Y))
    with pytest.raises(DivergenceError, match=r"not finite after step .*the loss \(.*training diverged.*is kept") as found:
        made.fit(X, Y, epochs=60, seed=3)
    error = found.value
    assert (error.epoch, error.step, error.wires) == expected and expected[0] > 1
    assert made.epochs == error.epoch - 1 == len(error.losses) and same(error.state, made.state)
    assert all(np.isfinite(array).all() for array in made.state)
    again = kernel(TWO)
    again.fit(X, Y, epochs=made.epochs, seed=3)
    assert same(again.state, made.state)
    assert isinstance(error, DomainError) and pickle.loads(pickle.dumps(error)).wires == error.wires


def test_a_state_that_is_no_number_at_the_start_is_named():
    made = kernel()
    made.state[-1][0, 0] = np.nan
    with pytest.raises(DivergenceError, match=r"after step 1 of epoch 1: state .*, parameter W\w* and the loss \(nan\)"):
        made.fit(X, Y, epochs=2)


# ---- Ctrl-C

@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_ends_training_leaves_the_state_of_the_last_epoch(error):
    made, other = kernel(), kernel()

    def end(epoch, _):
        if epoch == 3:
            raise error

    with pytest.raises(error):
        made.fit(X, Y, epochs=9, seed=1, progress=end)
    other.fit(X, Y, epochs=3, seed=1)
    assert made.epochs == 3 and same(made.state, other.state)
    made.fit(X, Y, epochs=6, resume=True)
    other = kernel()
    other.fit(X, Y, epochs=9, seed=1)
    assert same(made.state, other.state)


# ---- partial batches

def test_the_last_partial_batch_is_one_more_step():
    made = kernel()
    state = made.state
    history = made.fit(X, Y, epochs=2, shuffle=False, partial="train")
    losses = []
    for _ in range(2):
        found = []
        for rows in (slice(0, 8), slice(8, 16), slice(16, 23)):
            *state, value = evaluate(ONE.step, (*state, X[rows], Y[rows]), hypers=ONE.optimiser.assignment())
            found.append(float(value))
        losses.append((8 * found[0] + 8 * found[1] + 7 * found[2]) / 23)
    assert history.steps == 6 and history.losses == pytest.approx(losses, rel=1e-12)
    for ours, theirs in zip(made.state, state, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)
    assert made.kernel.batch == 8


def test_divergence_in_the_partial_batch_is_found_there():
    made = kernel()
    rows = X.copy()
    rows[20] = 1e308
    with pytest.raises(DivergenceError) as found:
        made.fit(rows, Y, epochs=1, shuffle=False, partial="train")
    assert (found.value.epoch, found.value.step) == (1, 3)


def test_batches_change_between_calls_and_may_exceed_the_data():
    made = kernel()
    for count, batch, steps in [(23, 8, 2), (1, 1, 1), (23, 7, 3), (23, None, 3)]:
        assert made.fit(X[:count], Y[:count], epochs=1, batch=batch).steps == steps
    assert made.fit(X[:1], Y[:1], epochs=1, batch=8, partial="train").steps == 1
    with pytest.raises(DataError, match=r"a batch of 8 from 7 samples.*partial='train'"):
        made.fit(X[:7], Y[:7], epochs=1, batch=8)


# ---- arrays of every kind give the same training

@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("change", [
    lambda a: a.astype(">f8"), np.asfortranarray, lambda a: np.repeat(a, 2, 0)[::2], lambda a: a.tolist(),
    lambda a: np.frombuffer(b"\0" + a.tobytes(), offset=1).reshape(a.shape),
], ids=["big endian", "columns first", "strided", "lists", "unaligned, read only"])
def test_odd_arrays_train_as_plain_ones(change, shuffle):
    made, plain = kernel(), kernel()
    made.fit(change(X), change(Y), epochs=2, shuffle=shuffle)
    plain.fit(X, Y, epochs=2, shuffle=shuffle)
    assert same(made.state, plain.state)


@pytest.mark.parametrize("rows, targets, options, error, words", [
    (X[:0], Y[:0], {}, DataError, "X has no rows"), (X + 0j, Y, {}, DataError, "complex"), (X, Y.astype(str), {}, DataError, "Y holds U"),
    (X[0], Y, {}, DataError, r"X has shape \(4,\)"), (X, Y, {"partial": "most"}, UsageError, "one of drop, train"),
    (X, Y, {"every": 0}, UsageError, "every = 0"), (X, Y, {"resume": True}, UsageError, "nothing was trained yet"),
    (X, Y, {"batch": True}, UsageError, "batch = True"), (X, Y, {"batch": 2.5}, UsageError, "batch = 2.5"),
    (X, Y, {"epochs": 1.5}, UsageError, "epochs = 1.5"), (X, np.where(Y > 0, np.inf, 0), {}, DataError, "inf"),
])
def test_what_cannot_be_trained_on_is_refused_and_changes_nothing(rows, targets, options, error, words):
    made = kernel()
    before = made.state
    with pytest.raises(error, match=words):
        made.fit(rows, targets, **{"epochs": 1, **options})
    assert made.state is before and made.epochs == 0


# ---- checkpoints

@pytest.mark.parametrize("dtype, partial", [("float64", "drop"), ("float64", "train"), ("float32", "drop")])
def test_four_epochs_and_six_are_ten_bit_for_bit(tmp_path, dtype, partial):
    path = tmp_path / "training.npz"
    whole, first, second = (kernel(dtype=dtype) for _ in range(3))
    history = whole.fit(X, Y, epochs=10, seed=5, partial=partial)
    first.fit(X, Y, epochs=4, seed=5, partial=partial, checkpoint=path, every=3)
    rest = second.load(path).fit(X, Y, epochs=6, partial=partial, resume=True)
    assert same(second.state, whole.state) and second.epochs == 10 and rest.losses == history.losses[4:]


def test_a_checkpoint_is_written_every_so_often_and_at_the_end(tmp_path):
    path, made, seen = tmp_path / "c.npz", kernel(), []

    def look(epoch, _):
        seen.append(kernel().load(path).epochs if path.exists() else None)

    made.fit(X, Y, epochs=5, checkpoint=path, every=2, progress=look)
    assert seen == [None, 2, 2, 4, 5]


def test_a_checkpoint_of_another_model_changes_nothing(tmp_path):
    made, other = kernel(), kernel(learner("gradient_descent"))
    made.fit(X, Y, epochs=1)
    before = other.state
    with pytest.raises(DataError, match="another model"):
        other.load(made.save(tmp_path / "c.npz"))
    assert other.state is before
    with pytest.raises(UsageError, match="leave out seed=3"):
        made.fit(X, Y, epochs=1, seed=3, resume=True)


# ---- pickles

def test_a_pickled_kernel_goes_on_where_it_was():
    made = kernel()
    made.fit(X, Y, epochs=2)
    copy = pickle.loads(pickle.dumps(made))
    assert same(copy.state, made.state) and copy.kernel.batch == 8 and copy.digest == made.digest
    for one in (made, copy):
        one.fit(X, Y, epochs=2, resume=True)
    assert same(copy.state, made.state) and copy.epochs == 4


def test_layers_of_ones_and_primes_train():
    net = dense(1, 1) >> dense(1, 7)
    made = kernel(Learner(net, loss("quadratic", net.cod), OPTIMISERS["gradient_descent"]), batch=1)
    assert made.fit(X[:5, :1], np.ones((5, 7)), epochs=3).steps == 15


@pytest.mark.parametrize("dtype, bound", [("float64", 1e-13), ("float32", 1e-5)])
@pytest.mark.parametrize("count", [0, 1, 16, 17, 300])
def test_compiled_predictions_are_the_interpreters(dtype, bound, count):
    made, rows = kernel(dtype=dtype), DRAW.normal(size=(count, 4))
    made.state = [DRAW.normal(size=array.shape) for array in made.state]
    ours, theirs = made.predict(rows, compiled=True), made.predict(rows, compiled=False)
    assert ours.dtype == theirs.dtype == np.dtype(dtype) and ours.shape == theirs.shape == (count, 3)
    np.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound)
