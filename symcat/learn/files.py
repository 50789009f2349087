"""Reading a user's own data: `.csv` with a header row, `.npz` with arrays X and y.  Every defect is named with its row and column."""

from __future__ import annotations

import csv
import zipfile
import zlib
from pathlib import Path

import numpy as np

from symcat.errors import DataError
from symcat.learn.table import Table, check_classes, labelled, text_labels, whole_labels


def read_csv(path: Path, target: str | None) -> Table:
    """The table of a comma-separated file; rows are counted from 1 below the header."""
    header, rows = _rows(path)
    position = _target(path, header, target)
    features = tuple(name for k, name in enumerate(header) if k != position)
    if not features:
        raise DataError(f"{path}: the target {target!r} is the only column: at least one feature column was expected")
    X = np.array([[_number(path, row, name, cell) for k, (name, cell) in enumerate(zip(header, cells, strict=True)) if k != position]
                  for row, cells in enumerate(rows, 1)])
    return _with_target(path, X, [cells[position].strip() for cells in rows], header[position], features)


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with _existing(path).open(newline="", encoding="utf-8-sig") as file:
            lines = [cells for cells in csv.reader(file, strict=True) if any(cell.strip() for cell in cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as comma-separated UTF-8 text: {error}") from None
    if not lines:
        raise DataError(f"{path} is empty: a header row and one row for each example were expected")
    header, rows = [cell.strip() for cell in lines[0]], lines[1:]
    _check_header(path, header)
    if not rows:
        raise DataError(f"{path} has a header ({', '.join(header)}) and no rows: one row for each example was expected")
    for row, cells in enumerate(rows, 1):
        if len(cells) != len(header):
            raise DataError(f"{path}: row {row} has {len(cells)} cells and the header has {len(header)}: "
                            f"every row needs one cell for each column")
    return header, rows


def _check_header(path: Path, header: list[str]) -> None:
    if all(_is_number(name) for name in header):
        raise DataError(f"{path}: the first row ({', '.join(header)}) holds numbers: a header row with the column names was expected")
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise DataError(f"{path}: column {name!r} stands twice in the header: rename one of them")
        seen.add(name)


def _target(path: Path, header: list[str], target: str | None) -> int:
    columns = ", ".join(header)
    if target is None:
        raise DataError(f"{path}: say which column is to be learnt, with --target COLUMN; the columns are {columns}")
    if target not in header:
        hint = " (the header holds semicolons: commas were expected)" if len(header) == 1 and ";" in columns else ""
        raise DataError(f"{path} has no column {target!r}; the columns are {columns}{hint}")
    return header.index(target)


def _with_target(path: Path, X: np.ndarray, cells: list[str], column: str, features: tuple[str, ...]) -> Table:
    """The table: real targets when the column holds numbers other than few whole ones, else its distinct values as classes."""
    for row, cell in enumerate(cells, 1):
        if not cell:
            raise DataError(f"{path}: row {row}, column {column} (the target) is empty: every row needs a target")
    if not all(map(_is_number, cells)):
        return text_labels(str(path), X, np.array(cells), features)
    values = np.array([_number(path, row, column, cell) for row, cell in enumerate(cells, 1)])
    if not whole_labels(values):
        return Table(str(path), X, values[:, None], (), features)
    distinct, labels = np.unique(values.astype(np.int64), return_inverse=True)
    classes = tuple(map(str, distinct))
    check_classes(str(path), classes)
    return Table(str(path), X, labels, classes, features)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _number(path: Path, row: int, column: str, cell: str) -> float:
    if not cell.strip():
        raise DataError(f"{path}: row {row}, column {column} is empty: a number was expected; fill it or drop the row")
    if not _is_number(cell):
        raise DataError(f"{path}: {cell.strip()!r} in row {row}, column {column} is text: a number was expected; encode or drop the column")
    value = float(cell)
    if not np.isfinite(value):
        raise DataError(f"{path}: {cell.strip()} in row {row}, column {column}: a finite number was expected; drop or fill the row")
    return value


def read_npz(path: Path) -> Table:
    """The table of a NumPy archive with a matrix `X` and targets `y`.  Pickled objects are refused, not loaded."""
    if not _existing(path).stat().st_size:
        raise DataError(f"{path} is empty: a NumPy archive with X and y was expected")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is not a NumPy archive (.npz): save it with np.savez(file, X=X, y=y)")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            for name in ("X", "y"):
                if name not in archive.files:
                    raise DataError(f"{path} has no array {name!r}; it holds {', '.join(archive.files) or 'none'}: "
                                    f"save it with np.savez(file, X=X, y=y)")
            X, y = (_array(path, archive, name) for name in ("X", "y"))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{path} is a damaged archive: {error}") from None
    return labelled(str(path), X, y)


def _array(path: Path, archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    try:
        found = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise DataError(f"{path}: {name} is an array of Python objects, which only pickle could load: "
                            f"it is refused because a pickle can run code; save {name} as numbers or fixed-width text") from None
        raise DataError(f"{path}: {name} cannot be read as an array: {error}") from None
    if not isinstance(found, np.ndarray):
        raise DataError(f"{path}: {name} is not a stored array: save it with np.savez(file, X=X, y=y)")
    return found


def _existing(path: Path) -> Path:
    if path.is_dir():
        raise DataError(f"{path} is a folder: a data file was expected")
    if not path.exists():
        raise DataError(f"{path} does not exist: check the path")
    return path
