"""Data sets: features as a float64 matrix, targets as rows, and the stratified split with standardised features.

Built in are iris and digits (from scikit-learn); a user's own data comes from a `.csv` file with a header row or from a
`.npz` file with arrays `X` and `y` (`symcat.learn.files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from symcat.errors import DataError
from symcat.learn.files import read_csv, read_npz
from symcat.learn.table import Table, check_finite, labelled

BUILT_IN = ("iris", "digits")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features `X` (N, n) and targets `Y`: one-hot rows (N, m) over `classes`, or real rows (N, k) when there are no classes.

    `scaled` says that the features have a common scale already, so that `split` leaves them alone.
    """

    name: str
    X: np.ndarray
    Y: np.ndarray
    classes: tuple[str, ...]
    features: tuple[str, ...]
    scaled: bool = False

    @property
    def task(self) -> str:
        return "classification" if self.classes else "regression"

    @property
    def labels(self) -> np.ndarray:
        """The class of each row, as an integer; classification only."""
        if not self.classes:
            raise DataError(f"{self.name} has real targets, not classes: labels exist for classification only")
        return self.Y.argmax(axis=1)

    @property
    def shape(self) -> tuple[int, int]:
        """(number of features, number of target columns)."""
        return self.X.shape[1], self.Y.shape[1]

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, index: np.ndarray) -> Dataset:
        return replace(self, X=np.ascontiguousarray(self.X[index]), Y=np.ascontiguousarray(self.Y[index]))

    def check_batch(self, batch: int) -> None:
        """DataError unless a batch of that size can be taken."""
        if batch < 1:
            raise DataError(f"batch {batch}: a batch has at least one row")
        if batch > len(self):
            raise DataError(f"batch {batch} is larger than {self.name}, which has {len(self)} rows to train on: "
                            f"use a batch of at most {len(self)}")


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test part of a data set, and the mean and scale that standardised both (taken from the training part)."""

    train: Dataset
    test: Dataset
    mean: np.ndarray
    scale: np.ndarray


def load(dataset: str, target: str | None = None) -> Dataset:
    """A data set by name or file.  `target` names the target column of a `.csv` file.

    >>> iris = load("iris")
    >>> iris.X.shape, iris.Y.shape, iris.classes
    ((150, 4), (150, 3), ('setosa', 'versicolor', 'virginica'))
    """
    path = Path(dataset)
    if path.suffix == ".csv":
        return from_table(read_csv(path, target))
    if target is not None:
        raise DataError(f"a target column ({target!r}) goes with a .csv file; {dataset} has its targets already")
    if path.suffix == ".npz":
        return from_table(read_npz(path))
    if dataset in BUILT_IN:
        return _built_in(dataset)
    raise DataError(f"data set {dataset!r} is unknown: use {', '.join(BUILT_IN)}, a .csv file with --target COLUMN, "
                    f"or a .npz file with X and y")


def from_table(table: Table) -> Dataset:
    """The data set of checked columns: one-hot rows when the table has classes, else the target values."""
    check_finite(table.name, table.X, table.features)
    if not table.classes:
        check_finite(table.name, table.y, tuple(f"target {k}" for k in range(table.y.shape[1])) if table.y.shape[1] > 1 else ("target",))
        return Dataset(table.name, table.X, table.y, (), table.features)
    return Dataset(table.name, table.X, one_hot(table.y, len(table.classes)), table.classes, table.features)


def from_arrays(X: np.ndarray, y: np.ndarray, name: str = "data", features: Sequence[str] = ()) -> Dataset:
    """The data set of two arrays: X (N, n), and y as labels (N,), one-hot rows (N, m) or real targets (N,) or (N, k)."""
    return from_table(labelled(name, np.asarray(X), np.asarray(y), tuple(features)))


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Rows of the identity matrix.  DataError for a label outside 0, ..., classes - 1.

    >>> one_hot(np.array([1, 0]), 2)
    array([[0., 1.],
           [1., 0.]])
    """
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise DataError(f"label {labels[wrong[0]]} in row {wrong[0] + 1} is out of range: labels go from 0 to {classes - 1}")
    return np.eye(classes)[labels]


def _built_in(name: str) -> Dataset:
    from sklearn.datasets import load_digits, load_iris

    if name == "iris":
        found = load_iris()
        features = tuple(text.removesuffix(" (cm)") for text in found.feature_names)
        return Dataset(name, found.data.astype(np.float64), one_hot(found.target, 3), tuple(map(str, found.target_names)), features)
    found = load_digits()
    pixels = tuple(f"pixel {k // 8},{k % 8}" for k in range(64))
    return Dataset(name, found.data / 16.0, one_hot(found.target, 10), tuple(map(str, range(10))), pixels, scaled=True)


def split(dataset: Dataset, test: float = 0.3, seed: int = 0) -> Split:
    """The training and the test part, stratified by class; features standardised by the training part's mean and deviation.

    A column that is constant on the training part is centred and keeps its unit.
    """
    from sklearn.model_selection import train_test_split

    index = np.arange(len(dataset))
    labels = dataset.labels if dataset.classes else None
    _check_split(dataset, test)
    train, held = train_test_split(index, test_size=test, random_state=seed, stratify=labels)
    mean, scale = np.zeros(dataset.shape[0]), np.ones(dataset.shape[0])
    if not dataset.scaled:
        mean, deviation = dataset.X[train].mean(axis=0), dataset.X[train].std(axis=0)
        scale = np.where(deviation > 1e-12 * np.maximum(1.0, np.abs(mean)), deviation, 1.0)
    standard = replace(dataset, X=(dataset.X - mean) / scale)
    return Split(standard.rows(train), standard.rows(held), mean, scale)


def _check_split(dataset: Dataset, test: float) -> None:
    if not 0 < test < 1:
        raise DataError(f"test share {test}: it lies between 0 and 1, e.g. 0.3")
    count = int(np.ceil(test * len(dataset)))
    least = max(1, len(dataset.classes))
    if count < least or len(dataset) - count < least:
        raise DataError(f"{dataset.name} has {len(dataset)} rows: too few to split into {len(dataset) - count} for training "
                        f"and {count} for testing" + (f" with {least} classes in each" if dataset.classes else "") + "; add rows")
    if dataset.classes:
        counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
        rare = int(counts.argmin())
        if counts[rare] < 2:
            raise DataError(f"class {dataset.classes[rare]!r} of {dataset.name} has {counts[rare]} row: "
                            f"a stratified split needs at least 2 of each class; add rows or drop the class")
