"""Training over epochs: order, batches, progress, and numbers that are none."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from symcat.errors import DataError, DomainError, UsageError
from symcat.kernel.compiler import compile
from symcat.kernel.kernel import Run
from tests.kernel.steps import learner, learner_step, learner_values, samples

WIDTHS = (4, 5, 3)


@pytest.fixture(scope="module")
def made():
    return learner("momentum", WIDTHS)


@pytest.fixture(scope="module")
def kernel(made):
    return compile(learner_step(made), learner_values(made, 8), unproved=True, validate=False)


def test_a_fit_is_its_epochs(made, kernel):
    X, Y = samples(40, WIDTHS)
    history = kernel.fit(made.initial(0), X, Y, epochs=3, shuffle=False)
    state, losses = made.initial(0), []
    for _ in range(3):
        state, found = kernel.epoch(state, X, Y)
        losses.append(found.mean())
    assert history.losses == pytest.approx(losses, rel=1e-15) and history.steps == 15
    assert all((a == b).all() for a, b in zip(history.state, state, strict=True))


def test_the_seed_decides_the_order(made, kernel):
    X, Y = samples(40, WIDTHS)
    one, same, other = (kernel.fit(made.initial(0), X, Y, epochs=2, seed=seed) for seed in (1, 1, 2))
    assert one.losses == same.losses and one.losses != other.losses


def test_shuffling_permutes_the_samples(made, kernel):
    X, Y = samples(16, WIDTHS)
    history = kernel.fit(made.initial(0), X, Y, epochs=1, seed=7)
    order = np.random.default_rng(7).permutation(16)
    _, losses = kernel.epoch(made.initial(0), X[order], Y[order])
    assert history.losses == [losses.mean()]


def test_the_last_partial_batch_is_left_out(made, kernel):
    X, Y = samples(23, WIDTHS)
    history = kernel.fit(made.initial(0), X, Y, epochs=2, shuffle=False)
    full = kernel.fit(made.initial(0), X[:16], Y[:16], epochs=2, shuffle=False)
    assert history.steps == 4 and history.losses == full.losses


def test_threads_that_train_at_once_get_what_one_thread_gets(made, kernel):
    X, Y = samples(64, WIDTHS)

    def train(seed):
        return kernel.fit(made.initial(seed), X, Y, epochs=30, seed=seed)

    alone = [train(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(train, range(6)))
    for one, two in zip(alone, together, strict=True):
        assert one.losses == two.losses and all((a == b).all() for a, b in zip(one.state, two.state, strict=True))


def test_training_reduces_the_loss(made, kernel):
    X, Y = samples(64, WIDTHS)
    losses = kernel.fit(made.initial(0), X, Y, epochs=60).losses
    assert losses[-1] < 0.9 * losses[0]


def test_progress_is_told_each_epoch(made, kernel):
    told = []
    history = kernel.fit(made.initial(0), *samples(16, WIDTHS), epochs=3, progress=lambda epoch, loss: told.append((epoch, loss)))
    assert told == list(enumerate(history.losses, start=1))


def test_no_epochs_leave_the_state(made, kernel):
    state = made.initial(3)
    history = kernel.fit(state, *samples(16, WIDTHS), epochs=0)
    assert all((a == b).all() for a, b in zip(history.state, state, strict=True)) and history.losses == []


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_data_that_are_not_finite_are_refused_with_their_place(made, kernel, bad):
    X, Y = samples(16, WIDTHS)
    X[5, 2] = bad
    with pytest.raises(DataError, match="row 5, column 2"):
        kernel.fit(made.initial(0), X, Y, epochs=1)


def test_divergence_names_the_epoch(made, kernel):
    X, Y = samples(16, WIDTHS)
    state = made.initial(0)
    state[-1][0, 0] = np.nan
    with pytest.raises(DomainError, match="epoch 1"):
        kernel.fit(state, X, Y, epochs=2)
    with pytest.raises(DomainError, match="training diverged"):
        kernel.fit(made.initial(0), X * 1e300, Y * 1e300, epochs=1)


@pytest.mark.parametrize("change", [lambda a: a.astype(np.float32), lambda a: a[:, :2], lambda a: a[:, :, None], lambda a: a.astype(">f8")])
def test_a_run_refuses_arrays_that_it_would_misread(made, kernel, change):
    X, Y = samples(16, WIDTHS)
    run = Run(kernel, made.initial(0))
    with pytest.raises(DataError, match=r"data for .* the kernel reads float64, samples of shape \(\d,\)"):
        run.epoch(change(X), Y)
    np.testing.assert_array_equal(run.epoch(np.asfortranarray(X), Y), Run(kernel, made.initial(0)).epoch(X, Y))


def test_fewer_samples_than_a_batch_are_refused(made, kernel):
    with pytest.raises(DataError, match="7 samples make 0 batches of 8"):
        kernel.fit(made.initial(0), *samples(7, WIDTHS), epochs=1)


def test_a_negative_number_of_epochs_is_refused(made, kernel):
    with pytest.raises(UsageError, match="epochs = -1"):
        kernel.fit(made.initial(0), *samples(8, WIDTHS), epochs=-1)
