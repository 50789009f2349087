"""The estimators: scikit-learn's own checks, its oracles on convex problems, and what surrounds a fit."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from symcat.errors import DataError, UnprovedError, UsageError
from symcat.interop import sklearn as estimators
from symcat.interop.sklearn import SymcatClassifier, SymcatRegressor
from symcat.learn.layers import mlp
from symcat.learn.optimisers import OPTIMISERS, optimiser

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
DRAW = np.random.default_rng(0)
LINEAR = {"hidden": (), "random_state": 0, "optimiser": "gradient_descent", "learning_rate": 0.1, "prove": False}


@pytest.mark.slow
@parametrize_with_checks([SymcatClassifier(), SymcatRegressor()])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


# ---- against oracles

def test_linear_regression_is_least_squares():
    targets = X @ DRAW.normal(size=(4, 2)) + 0.1 * DRAW.normal(size=(150, 2)) + 3
    made = SymcatRegressor(**{**LINEAR, "learning_rate": 0.3}, epochs=2000, batch_size=150).fit(X, targets)
    best, *_ = np.linalg.lstsq(np.c_[X, np.ones(150)], targets, rcond=None)
    np.testing.assert_allclose(made.predict(X), np.c_[X, np.ones(150)] @ best, rtol=1e-3, atol=1e-3)
    assert made.score(X, targets) > 0.9 and made.predict(X[:1]).shape == (1, 2)


def test_linear_classification_is_logistic_regression():
    noisy = np.where(DRAW.random(150) < 0.3, DRAW.integers(0, 3, 150), Y)
    made = SymcatClassifier(**{**LINEAR, "learning_rate": 1.0}, epochs=3000, batch_size=150, shuffle=False).fit(X, noisy)
    theirs = LogisticRegression(C=np.inf, max_iter=2000, tol=1e-8).fit(X, noisy)
    np.testing.assert_allclose(made.predict_proba(X), theirs.predict_proba(X), atol=2e-3)
    assert (made.predict(X) == theirs.predict(X)).mean() > 0.98


# ---- in scikit-learn's company

def test_pipelines_and_grid_search():
    search = GridSearchCV(make_pipeline(StandardScaler(), SymcatClassifier(**LINEAR, epochs=30)),
                          {"symcatclassifier__hidden": [(), (8,)], "symcatclassifier__shuffle": [False, True]}, cv=3)
    search.fit(3 * X - 1, np.array(["setosa", "versicolor", "virginica"])[Y])
    assert search.best_score_ > 0.8 and set(search.predict(3 * X - 1)) == {"setosa", "versicolor", "virginica"}


@pytest.mark.parametrize("labels", [np.array(["b", "a", "c"]), np.array([-5, 70, 3]), np.array([0.5, 1.0, 0.0]) * 2,
                                    np.array(["x", "yy", "z"], dtype=object)], ids=["text", "integers", "whole floats", "objects"])
def test_labels_of_any_type(labels):
    made = SymcatClassifier(**LINEAR, epochs=30).fit(X, labels[Y])
    found = made.predict(X)
    assert found.dtype == labels.dtype and (found == labels[Y]).mean() > 0.8
    assert list(made.classes_) == sorted(labels.tolist())
    assert made.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(150))


def test_the_seed_decides():
    one, two, other = (SymcatClassifier(**{**LINEAR, "random_state": seed}, epochs=3).fit(X, Y) for seed in (1, 1, 2))
    assert (one.predict_proba(X) == two.predict_proba(X)).all() and (one.predict_proba(X) != other.predict_proba(X)).any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_precision(dtype):
    made = SymcatRegressor(**LINEAR, dtype=dtype, epochs=3).fit(X, Y)
    assert made.predict(X).dtype == np.dtype(dtype) and all(array.dtype == np.dtype(dtype) for array in made.coefs_.values())


def test_copies_and_pickles_predict_the_same():
    made = SymcatClassifier(**LINEAR, epochs=5).fit(X, Y)
    found = pickle.loads(pickle.dumps(made))
    assert (found.predict_proba(X) == made.predict_proba(X)).all()
    for one in (made, found):
        one.partial_fit(X[:128], Y[:128])
    assert (found.predict_proba(X) == made.predict_proba(X)).all()
    with pytest.raises(NotFittedError):
        clone(made).predict(X)


def test_fits_in_threads_are_those_of_one_thread():
    def one(seed):
        return SymcatClassifier(**{**LINEAR, "random_state": seed}, epochs=40).fit(X, Y).predict_proba(X)

    alone = [one(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(one, range(4)))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


# ---- training in parts

def test_partial_fits_see_every_row_and_end_where_a_fit_ends():
    whole = SymcatClassifier(**LINEAR, epochs=4, shuffle=False).fit(X[:128], Y[:128])
    parts = SymcatClassifier(**LINEAR, shuffle=False)
    for _ in range(4):
        parts.partial_fit(X[:128], Y[:128])
    assert (whole.predict_proba(X) == parts.predict_proba(X)).all() and parts.n_epochs_ == 4
    assert parts.loss_curve_ == pytest.approx(whole.loss_curve_)
    before = parts.predict_proba(X)
    parts.partial_fit(X[:1], Y[:1])
    assert (parts.predict_proba(X) != before).any()


@pytest.mark.parametrize("count, batch, expected", [
    (150, 50, [(150, 50)]), (53, 32, [(32, 32), (16, 16), (4, 4), (1, 1)]), (13, 32, [(12, 4), (1, 1)]), (1, 32, [(1, 1)]),
    (5, 1, [(5, 1)]),
])
def test_pieces_are_all_rows_in_few_sizes(count, batch, expected):
    found = list(estimators._pieces(np.arange(count), batch))
    assert [(len(rows), size) for rows, size in found] == expected
    assert np.concatenate([rows for rows, _ in found]).tolist() == list(range(count))


def test_classes_are_those_of_the_first_call():
    made = SymcatClassifier(**LINEAR).partial_fit(X[:32], Y[:32], classes=[0, 1, 2])
    assert made.predict_proba(X).shape == (150, 3)
    with pytest.raises(DataError, match=r"classes=\[0, 1\]: the first call"):
        made.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(DataError, match=r"y holds .*7.*none of the classes"):
        made.partial_fit(X, np.where(Y == 1, 7, Y))


def test_an_interrupted_fit_goes_on_from_its_checkpoint(tmp_path):
    path = tmp_path / "c.npz"
    whole = SymcatClassifier(**LINEAR, epochs=10).fit(X, Y)
    SymcatClassifier(**LINEAR, epochs=4, checkpoint=path).fit(X, Y)
    rest = SymcatClassifier(**LINEAR, epochs=10, checkpoint=path, resume=True).fit(X, Y)
    assert (rest.predict_proba(X) == whole.predict_proba(X)).all()
    assert rest.n_epochs_ == 10 and rest.loss_curve_ == whole.loss_curve_[4:]
    done = SymcatClassifier(**LINEAR, epochs=10, checkpoint=path, resume=True).fit(X, Y)
    assert (done.predict_proba(X) == whole.predict_proba(X)).all() and done.loss_curve_ == []


# ---- models, optimisers, proofs

def test_any_parametric_map_is_a_model():
    made = SymcatClassifier(model=mlp(4, 3), optimiser=OPTIMISERS["momentum"](lr=0.1), learning_rate=None, epochs=30, prove=False).fit(X, Y)
    assert made.score(X, Y) > 0.8
    with pytest.raises(DataError, match="the model reads samples of shape"):
        SymcatClassifier(model=mlp(5, 3), prove=False).fit(X, Y)


def test_what_is_proved_is_stamped_once_for_an_architecture():
    made = [SymcatClassifier(**{**LINEAR, "prove": True}, epochs=1).fit(X[:, :width], Y) for width in (4, 2)]
    assert all(str(one.kernel_.kernel.header) == "PROVED" for one in made)
    assert made[0].kernel_.given is made[1].kernel_.given
    assert str(SymcatClassifier(**LINEAR, epochs=1).fit(X, Y).kernel_.kernel.header) == "UNPROVED"


@optimiser
def ascent(p, g, *, lr=0.1):
    return p + lr * g


def test_what_is_not_proved_is_not_trained(monkeypatch):
    monkeypatch.setattr(estimators, "prove", lambda learner: ())
    with pytest.raises(UnprovedError, match="not given"):
        SymcatClassifier(hidden=(), optimiser=ascent).fit(X, Y)


@pytest.mark.parametrize("options, words", [
    ({"hidden": 3}, r"hidden=3: expected a tuple of positive widths"), ({"hidden": (0,)}, "positive widths"),
    ({"activation": "swish"}, "activation='swish': expected one of sigmoid"), ({"model": "conv"}, "expected a parametric map"),
    ({"optimiser": "adm"}, "optimiser='adm'"), ({"learning_rate": 0}, "learning_rate=0: expected a positive number"),
    ({"epochs": -1}, "epochs=-1: expected a whole number, 0 or more"), ({"epochs": 1.5}, "epochs=1.5"),
    ({"batch_size": 0}, "batch_size=0: expected a whole number, 1 or more"), ({"dtype": "float16"}, "dtype='float16'"),
    ({"checkpoint_every": 0}, "checkpoint_every=0"), ({"threads": 0}, "threads=0"),
])
def test_parameters_out_of_range_are_named(options, words):
    for kind in (SymcatClassifier, SymcatRegressor):
        with pytest.raises(UsageError, match=words):
            kind(**options).fit(X, Y)


@pytest.mark.parametrize("rows, labels, words", [
    (X, np.zeros(150), "y has 1 class"), (X[:0], Y[:0], "0 sample"), (X[:, :0], Y, "0 feature"), (np.where(X > 2, np.nan, X), Y, "NaN"),
    (X + 0j, Y, "[Cc]omplex"), (X, Y[:9], "inconsistent numbers"), (X, X[:, 0], "continuous"),
])
def test_data_that_cannot_be_trained_on(rows, labels, words):
    with pytest.raises(ValueError, match=words):
        SymcatClassifier(**LINEAR).fit(rows, labels)
