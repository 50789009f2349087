"""scikit-learn estimators: a learner whose obligations are proved, trained by its validated kernel, behind `fit` and `predict`.

    from symcat.interop.sklearn import SymcatClassifier
    SymcatClassifier(hidden=(32,), epochs=50).fit(X, y).score(X, y)

What is proved holds for all widths, so it is proved once for an architecture: number of layers, activation, optimiser.  A
kernel is compiled once for its sizes, and kept in the cache folder for other processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from symcat.category.space import Dim
from symcat.errors import DataError, UsageError
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import ACTIVATIONS, model
from symcat.learn.optimisers import OPTIMISERS
from symcat.learn.optimisers.optimiser import Optimiser
from symcat.lens.para import Para
from symcat.prove.check import prove

DTYPES = ("float64", "float32")
SEEDS = 2**31 - 1
_ARCHITECTURES: dict[tuple, Any] = {}    # kernels of what was proved already, by architecture
_SIZES: dict[tuple, Any] = {}            # and by sizes
MOST = 64                                # of either are kept


class _Estimator(BaseEstimator):
    """What both estimators share: parameters, their checks, training."""

    _criterion: str

    def __init__(self, hidden: Sequence[int] = (32,), *, activation: str = "relu", model: Para | None = None,
                 sizes: Mapping[Dim, int] | None = None, optimiser: str | Optimiser = "adam", learning_rate: float | None = 0.01,
                 epochs: int = 100, batch_size: int = 32, shuffle: bool = True, dtype: str = "float64", random_state: object = None,
                 prove: bool = True, threads: int | None = None, checkpoint: str | Path | None = None, checkpoint_every: int = 10,
                 resume: bool = False) -> None:
        self.hidden = hidden
        self.activation = activation
        self.model = model
        self.sizes = sizes
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.dtype = dtype
        self.random_state = random_state
        self.prove = prove
        self.threads = threads
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.resume = resume

    # ---- what scikit-learn calls
    def fit(self, X: Any, y: Any) -> _Estimator:
        """Train from a fresh state for `epochs` epochs on samples X (N, n) with targets y."""
        self._check_parameters()
        X, y = self._training_data(X, y, reset=True)
        targets = self._targets(y, first=True)
        self._begin(targets.shape[1])
        kernel, X = self.kernel_, self._shaped(X)
        batch = self.batch_size if len(X) >= self.batch_size else _power(len(X))
        epochs, resume = self.epochs, False
        if self.resume and self.checkpoint is not None and Path(self.checkpoint).exists():
            kernel.load(self.checkpoint)
            epochs, resume = max(0, epochs - kernel.epochs), True
        history = kernel.fit(X, targets, epochs=epochs, batch=batch, seed=None if resume else self._seed, shuffle=self.shuffle,
                             resume=resume, checkpoint=self.checkpoint, every=self.checkpoint_every)
        self.loss_curve_ = history.losses
        self.n_epochs_ = kernel.epochs
        return self

    def _partial_fit(self, X: Any, y: Any, classes: Any = None) -> _Estimator:
        """One epoch over X, every row of it: full batches, and then batches of powers of four."""
        first = not hasattr(self, "kernel_")
        if first:
            self._check_parameters()
        X, y = self._training_data(X, y, reset=first)
        targets = self._targets(y, first, classes)
        if first:
            self._begin(targets.shape[1])
            self.loss_curve_ = []
        X = self._shaped(X)
        order = self._draw.permutation(len(X)) if self.shuffle else np.arange(len(X))
        total = 0.0
        for rows, batch in _pieces(order, self.batch_size):
            history = self.kernel_.fit(X[rows], targets[rows], epochs=1, batch=batch, shuffle=False)
            total += history.losses[0] * len(rows)
        self.loss_curve_.append(total / len(X))
        self.n_epochs_ = len(self.loss_curve_)
        return self

    # ---- checks
    def _check_parameters(self) -> None:
        """UsageError that names the parameter, what came and what is possible."""
        if self.model is None:
            hidden = self.hidden
            if not isinstance(hidden, (tuple, list)) or not all(_whole(width, 1) for width in hidden):
                raise UsageError(f"hidden={hidden!r}: expected a tuple of positive widths, such as (32,), or () for none")
            if self.activation not in ACTIVATIONS:
                raise UsageError(f"activation={self.activation!r}: expected one of {', '.join(ACTIVATIONS)}")
        elif not isinstance(self.model, Para):
            raise UsageError(f"model={self.model!r}: expected a parametric map (sc.Para), or None for layers of the widths `hidden`")
        if not isinstance(self.optimiser, Optimiser) and self.optimiser not in OPTIMISERS:
            raise UsageError(f"optimiser={self.optimiser!r}: expected an optimiser, or one of {', '.join(OPTIMISERS)}")
        if self.learning_rate is not None and (not isinstance(self.learning_rate, Real) or not self.learning_rate > 0):
            raise UsageError(f"learning_rate={self.learning_rate!r}: expected a positive number, or None for the optimiser's own")
        for name, least in (("epochs", 0), ("batch_size", 1), ("checkpoint_every", 1)):
            if not _whole(getattr(self, name), least):
                raise UsageError(f"{name}={getattr(self, name)!r}: expected a whole number, {least} or more")
        if self.threads is not None and not _whole(self.threads, 1):
            raise UsageError(f"threads={self.threads!r}: expected a positive whole number, or None for what the work is worth")
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype={self.dtype!r}: expected one of {', '.join(DTYPES)}")

    def _training_data(self, X: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        multiple = isinstance(self, RegressorMixin)
        return validate_data(self, X, y, dtype=self.dtype, order="C", multi_output=multiple, y_numeric=multiple, reset=reset)

    def _scores(self, X: Any) -> np.ndarray:
        """The model's output (N, m)."""
        check_is_fitted(self, "kernel_")
        return self.kernel_.predict(self._shaped(validate_data(self, X, dtype=self.dtype, order="C", reset=False)))

    def _shaped(self, X: np.ndarray) -> np.ndarray:
        """Rows as the samples of the model, which may be images; rows of another length are left for it to refuse."""
        learner = self.kernel_.learner
        shape = tuple(int(extent.xreplace(dict(learner.sizes))) for extent in learner.model.dom.types[0].shape)
        return X.reshape(len(X), *shape) if int(np.prod(shape)) == X.shape[1] else X

    # ---- the learner
    def _begin(self, outputs: int) -> None:
        """A fresh state, in a kernel that may be there already."""
        self._seed = int(check_random_state(self.random_state).randint(SEEDS))
        self._draw = np.random.default_rng(self._seed)
        self.kernel_ = self._sized(self.n_features_in_, outputs).untrained(self._seed)

    def _sized(self, inputs: int, outputs: int) -> Any:
        rule = OPTIMISERS[self.optimiser] if isinstance(self.optimiser, str) else self.optimiser
        if self.learning_rate is not None and any(row.name == "lr" for row in rule.hypers):
            rule = rule(lr=float(self.learning_rate))
        if self.model is not None:
            return self._compiled(Learner(self.model, loss(self._criterion, self.model.cod), rule, sizes=dict(self.sizes or {})))
        widths = (inputs, *map(int, self.hidden), outputs)
        shape = ("layers", len(widths), self.activation, self._criterion, *_key(rule), self.dtype, bool(self.prove), self.threads)
        def learner() -> Learner:
            net = model("-".join(map(str, widths)), inputs, outputs, self.activation)
            return Learner(net.para, loss(self._criterion, net.para.cod), rule, sizes=net.sizes)

        general = _kept(_ARCHITECTURES, shape, lambda: self._compiled(learner()))
        return _kept(_SIZES, (shape, widths), lambda: general.resized(dict(zip(general.learner.sizes, widths, strict=True))))

    def _compiled(self, learner: Learner) -> Any:
        """The learner's kernel from its proofs; UnprovedError when an obligation is not proved, unless `prove` is False."""
        if self.prove:
            return learner.compile(obligations=prove(learner), dtype=self.dtype, threads=self.threads)
        return learner.compile(unproved=True, dtype=self.dtype, threads=self.threads)

    @property
    def coefs_(self) -> dict[str, np.ndarray]:
        """The trained parameters by name."""
        check_is_fitted(self, "kernel_")
        return dict(zip(self.kernel_.learner.params.names, self.kernel_.params, strict=True))


def _kept(table: dict[tuple, Any], key: tuple, make: Callable[[], Any]) -> Any:
    """The entry of a table, made when it is not there; the oldest one goes when there are many."""
    if key not in table:
        table[key] = make()
        if len(table) > MOST:
            table.pop(next(iter(table)), None)
    return table[key]


def _key(rule: Optimiser) -> tuple:
    """What tells an optimiser and its hyperparameters from others."""
    return rule.name, rule.rule, rule.look, tuple(rule.assignment().items()), tuple(rule.fixed.items())


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def _power(count: int) -> int:
    """The greatest power of four up to a count."""
    return 1 << (count.bit_length() - 1) // 2 * 2


def _pieces(order: np.ndarray, batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """Rows in full batches, and what is left in batches of powers of four, so that few batch sizes occur: (rows, batch size)."""
    start = 0
    while start < len(order):
        left = len(order) - start
        size = batch if left >= batch else _power(left)
        stop = start + left // size * size
        yield order[start:stop], size
        start = stop


class SymcatClassifier(ClassifierMixin, _Estimator):
    """A classifier: dense layers of the widths `hidden`, softmax, cross entropy.

    `model` is any parametric map from n features to a number for each class in place of the layers, `sizes` the sizes of its
    dims.  `optimiser` is a name or an optimiser, `learning_rate` its `lr` (None: its own).  Each epoch takes full batches of
    `batch_size` rows in a random order; with fewer rows, batches of the greatest power of four that there are rows for.  With
    `prove` (the default) training begins only when all obligations of the learner are proved; the kernel is `kernel_`,
    `kernel_.explain()` says what it is.  `checkpoint` names a file that is written every `checkpoint_every` epochs and at the
    end; with `resume` a training that was interrupted goes on from it.  `threads` bounds the threads of a step: 1 is right
    where others, such as the jobs of a grid search, use the processors already.

    >>> from symcat.interop.sklearn import SymcatClassifier
    >>> SymcatClassifier(hidden=(8,), epochs=3)
    SymcatClassifier(epochs=3, hidden=(8,))
    """

    _criterion = "cross_entropy"

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> SymcatClassifier:
        """One epoch over X; `classes` lists all labels, in the first call if not all of them are in y."""
        return self._partial_fit(X, y, classes)

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class (N, m), the classes in the order of `classes_`."""
        scores = self._scores(X)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row (N,); the first one when several are."""
        best = self._scores(X).argmax(axis=1)
        return self.classes_[best]

    def _targets(self, y: np.ndarray, first: bool, classes: Any = None) -> np.ndarray:
        """One-hot rows (N, m)."""
        check_classification_targets(y)
        if first:
            self.classes_ = np.unique(y if classes is None else classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise DataError(f"classes={list(classes)}: the first call of partial_fit had {list(self.classes_)}")
        if len(self.classes_) < 2:
            raise DataError(f"y has 1 class, {self.classes_[0]!r}: at least two were expected")
        labels = np.searchsorted(self.classes_, y)
        unknown = ~np.isin(y, self.classes_)
        if unknown.any():
            raise DataError(f"y holds {y[unknown][0]!r}, which is none of the classes {list(self.classes_)}: give classes=... in the first "
                            "call of partial_fit")
        return np.eye(len(self.classes_), dtype=self.dtype)[labels]


class SymcatRegressor(RegressorMixin, _Estimator):
    """A regressor: dense layers of the widths `hidden` and half the squared error; y is (N,) or (N, k).

    The parameters are those of `SymcatClassifier`.

    >>> from symcat.interop.sklearn import SymcatRegressor
    >>> SymcatRegressor(optimiser="momentum", learning_rate=None)
    SymcatRegressor(learning_rate=None, optimiser='momentum')
    """

    _criterion = "quadratic"

    def partial_fit(self, X: Any, y: Any) -> SymcatRegressor:
        """One epoch over X."""
        return self._partial_fit(X, y)

    def predict(self, X: Any) -> np.ndarray:
        """The prediction for each row, in the shape of the targets that were trained on."""
        found = self._scores(X)
        return found if self._many else found[:, 0]

    def _targets(self, y: np.ndarray, first: bool, classes: Any = None) -> np.ndarray:
        """Rows (N, k)."""
        if first:
            self._many = y.ndim == 2
        return np.asarray(y.reshape(len(y), -1), dtype=self.dtype)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
