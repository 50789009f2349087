"""A checked table of features and targets, and the rule that tells classes from real targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symcat.errors import DataError

FEW = 20    # at most so many distinct whole numbers are read as class labels


@dataclass(frozen=True, eq=False)
class Table:
    """Features `X` (N, n); `y` holds labels 0, ..., m - 1 (N,) when there are classes, else real targets (N, k)."""

    name: str
    X: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    features: tuple[str, ...]


def check_finite(name: str, values: np.ndarray, columns: tuple[str, ...]) -> None:
    """DataError that names the row and the column of the first NaN or infinity."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise DataError(f"{name}: {values[row, column]} in row {row + 1}, column {columns[column]}: "
                        f"every value has to be a finite number; drop or fill the row")


def labelled(name: str, X: np.ndarray, y: np.ndarray, features: tuple[str, ...] = ()) -> Table:
    """The table of two arrays.  Text, booleans and few whole numbers are labels; one-hot rows are labels; the rest is real.

    Whole-number labels have to be 0, ..., m - 1, each of them present.
    """
    X = _features(name, X)
    features = features or tuple(f"x{k}" for k in range(X.shape[1]))
    if len(features) != X.shape[1]:
        raise DataError(f"{name}: {len(features)} feature names for {X.shape[1]} columns")
    if y.ndim not in (1, 2):
        raise DataError(f"{name}: y has shape {y.shape}: labels (N,), one-hot rows (N, m) or targets (N, k) were expected")
    if len(y) != len(X):
        raise DataError(f"{name}: X has {len(X)} rows and y has {len(y)}: one target for each row was expected")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.dtype.kind in "US":
        return text_labels(name, X, y.astype(str), features)
    if y.dtype.kind not in "biuf":
        raise DataError(f"{name}: y has type {y.dtype}: numbers or text were expected")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        check_finite(name, y.reshape(len(y), -1), tuple(f"y{k}" for k in range(y.reshape(len(y), -1).shape[1])))
    if y.ndim == 2:
        one_hot = y.shape[1] > 1 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()
        return _numbered(name, X, y.argmax(axis=1), y.shape[1], features) if one_hot else Table(name, X, y.astype(np.float64), (), features)
    if whole_labels(y):
        return _numbered(name, X, y.astype(np.int64), len(np.unique(y)), features)
    return Table(name, X, y.astype(np.float64)[:, None], (), features)


def whole_labels(values: np.ndarray) -> bool:
    """Whether a column of numbers reads as labels: whole numbers, few of them, and fewer than rows."""
    if values.dtype.kind == "b":
        return True
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        return False
    distinct = len(np.unique(values))
    return distinct <= FEW and (distinct <= 2 or 2 * distinct <= len(values))


def text_labels(name: str, X: np.ndarray, y: np.ndarray, features: tuple[str, ...]) -> Table:
    """The table whose classes are the distinct texts, in sorted order."""
    classes, labels = np.unique(y, return_inverse=True)
    check_classes(name, tuple(map(str, classes)))
    return Table(name, X, labels, tuple(map(str, classes)), features)


def check_classes(name: str, classes: tuple[str, ...]) -> None:
    if len(classes) < 2:
        raise DataError(f"{name}: every row has the target {classes[0]!r}: a single class cannot be learnt; at least two were expected")
    if len(classes) > 1000:
        raise DataError(f"{name}: {len(classes)} distinct text labels: at most 1000 classes were expected; "
                        f"is the target column the right one?")


def _features(name: str, X: np.ndarray) -> np.ndarray:
    if X.dtype.kind not in "biuf":
        raise DataError(f"{name}: X has type {X.dtype}: numbers were expected")
    if X.ndim != 2:
        raise DataError(f"{name}: X has shape {X.shape}: a matrix (rows, features) was expected" +
                        ("; flatten the rows with X.reshape(len(X), -1)" if X.ndim > 2 else ""))
    if not X.size:
        raise DataError(f"{name}: X has shape {X.shape}: at least one row and one feature were expected")
    return X.astype(np.float64)


def _numbered(name: str, X: np.ndarray, labels: np.ndarray, count: int, features: tuple[str, ...]) -> Table:
    present = np.unique(labels)
    if len(present) < 2:
        raise DataError(f"{name}: every row has the label {present[0]}: a single class cannot be learnt; at least two were expected")
    wrong = np.flatnonzero((labels < 0) | (labels >= count))
    if len(wrong):
        shown = ", ".join(map(str, present[:8])) + (", ..." if len(present) > 8 else "")
        raise DataError(f"{name}: label {labels[wrong[0]]} in row {wrong[0] + 1} is out of range: {count} classes were found ({shown}), "
                        f"so labels go from 0 to {count - 1}; renumber them or save them as text")
    return Table(name, X, labels, tuple(map(str, range(count))), features)
