"""Data sets: what is read, how it is split, and every way in which a file can be wrong."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from symcat.errors import DataError, SymcatError
from symcat.learn.data import from_arrays, load, one_hot, split

ROWS = "a,b,kind\n1,2,u\n3,4,v\n5,6,u\n7,8,v\n"


@pytest.fixture
def csv(tmp_path):
    def write(text: str, name: str = "data.csv", encoding: str = "utf-8") -> str:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return str(path)
    return write


@pytest.fixture
def npz(tmp_path):
    def write(**arrays: np.ndarray) -> str:
        path = tmp_path / "data.npz"
        np.savez(path, **arrays)
        return str(path)
    return write


def test_iris_is_the_matrix_of_scikit_learn():
    iris = load("iris")
    assert iris.X.shape == (150, 4) and iris.Y.shape == (150, 3) and iris.X.dtype == iris.Y.dtype == np.float64
    assert np.array_equal(iris.labels, np.repeat([0, 1, 2], 50))
    assert iris.X[0].tolist() == [5.1, 3.5, 1.4, 0.2] and iris.features[0] == "sepal length"


def test_digits_are_pixels_between_0_and_1():
    digits = load("digits")
    assert digits.X.shape == (1797, 64) and digits.X.min() == 0 and digits.X.max() == 1 and digits.task == "classification"
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_split_is_stratified_and_reproducible():
    parts = split(load("iris"))
    assert np.bincount(parts.train.labels).tolist() == [35] * 3 and np.bincount(parts.test.labels).tolist() == [15] * 3
    again, other = split(load("iris")), split(load("iris"), seed=1)
    assert np.array_equal(parts.train.X, again.train.X) and not np.array_equal(parts.train.X, other.train.X)


def test_split_standardises_by_the_training_part_alone():
    iris = load("iris")
    parts = split(iris)
    assert abs(parts.train.X.mean(axis=0)).max() < 1e-12 and np.allclose(parts.train.X.std(axis=0), 1)
    assert abs(parts.test.X.mean(axis=0)).max() > 1e-3
    both = np.concatenate([parts.train.X, parts.test.X]) * parts.scale + parts.mean
    assert np.allclose(np.sort(both, axis=0), np.sort(iris.X, axis=0))


def test_split_leaves_constant_columns_and_scaled_features():
    X = np.column_stack([np.arange(12.0), np.full(12, 7.0)])
    parts = split(from_arrays(X, np.arange(12) % 2))
    assert parts.scale[1] == 1 and not parts.train.X[:, 1].any()
    digits = load("digits")
    assert split(digits).train.X.max() == 1


def test_csv_with_text_labels(csv):
    data = load(csv(ROWS), "kind")
    assert data.X.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]] and data.classes == ("u", "v")
    assert data.Y.tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]] and data.features == ("a", "b")


def test_csv_target_may_stand_anywhere_and_spaces_do_not_matter(csv):
    data = load(csv("\ufeffkind, a ,b\nu, 1 ,2\nv,3,4\n\n"), "kind")
    assert data.features == ("a", "b") and data.X.tolist() == [[1, 2], [3, 4]]


def test_csv_with_few_whole_numbers_is_classification(csv):
    data = load(csv("a,k\n" + "".join(f"{i},{3 + 2 * (i % 3)}\n" for i in range(12))), "k")
    assert data.classes == ("3", "5", "7") and data.labels.tolist() == [0, 1, 2] * 4


@pytest.mark.parametrize("cells", [[0.5, 1.5, 0.5, 1.5], list(range(30))])
def test_csv_with_real_or_many_targets_is_regression(csv, cells):
    data = load(csv("a,k\n" + "".join(f"{i},{c}\n" for i, c in enumerate(cells))), "k")
    assert data.task == "regression" and data.Y[:, 0].tolist() == cells
    with pytest.raises(DataError, match="real targets"):
        data.labels  # noqa: B018 - the property raises


@pytest.mark.parametrize("y, task, width", [
    (np.array([0, 1, 2] * 4), "classification", 3),
    (np.array([0.0, 1.0, 2.0] * 4), "classification", 3),
    (np.eye(2)[[0, 1] * 6], "classification", 2),
    (np.array(["p", "q"] * 6), "classification", 2),
    (np.array([True, False] * 6), "classification", 2),
    (np.linspace(0, 1, 12), "regression", 1),
    (np.linspace(0, 1, 24).reshape(12, 2), "regression", 2),
])
def test_npz_targets(npz, y, task, width):
    data = load(npz(X=np.arange(24.0).reshape(12, 2), y=y))
    assert data.task == task and data.Y.shape == (12, width)


@pytest.mark.parametrize("text, target, message", [
    ("", "k", "is empty"),
    ("\n \n", "k", "is empty"),
    ("a,k\n", "k", "a header .* and no rows"),
    ("1,2\n3,4\n", "k", "holds numbers: a header row"),
    (ROWS, "colour", "no column 'colour'; the columns are a, b, kind"),
    (ROWS, None, "--target COLUMN; the columns are a, b, kind"),
    ("a;b\n1;2\n", "b", "semicolons"),
    ("a,a,k\n1,2,u\n", "k", "column 'a' stands twice"),
    ("k\nu\nv\n", "k", "only column"),
    ("a,b,k\n1,2,u\n3,four,v\n", "k", "'four' in row 2, column b is text"),
    ("a,b,k\n1,2,u\n3,1_0,v\n", "k", "'1_0' in row 2, column b is text"),
    ("a,b,k\n1,2,u\n,4,v\n", "k", "row 2, column a is empty"),
    ("a,b,k\n1,2,u\n3,4,\n", "k", r"row 2, column k \(the target\) is empty"),
    ("a,b,k\n1,nan,u\n3,4,v\n", "k", "nan in row 1, column b"),
    ("a,b,k\n1,2,u\n-inf,4,v\n", "k", "-inf in row 2, column a"),
    ("a,k\n1,0.5\n3,inf\n", "k", "inf in row 2, column k"),
    ("a,b,k\n1,2,u\n3,4\n", "k", "row 2 has 2 cells and the header has 3"),
    ("a,b,k\n1,2,u\n3,4,u\n", "k", "single class"),
    ("a,k\n1,1\n3,1\n", "k", "single class"),
    ('a,k\n1,"u\n', "k", "cannot be read"),
])
def test_csv_defects(csv, text, target, message):
    with pytest.raises(DataError, match=message):
        load(csv(text), target)


def test_csv_that_is_not_utf8(csv):
    with pytest.raises(DataError, match="cannot be read"):
        load(csv("a,k\n1,\u00e9\n2,u\n", encoding="latin-1"), "k")


@pytest.mark.parametrize("name", ["none.csv", "none.npz"])
def test_missing_file(tmp_path, name):
    with pytest.raises(DataError, match="does not exist"):
        load(str(tmp_path / name), "k" if name.endswith("csv") else None)


def test_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "x.npz").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        load(str(tmp_path / "x.npz"))


X6 = np.arange(12.0).reshape(6, 2)
Y6 = np.array([0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize("arrays, message", [
    ({"y": Y6}, "no array 'X'; it holds y"),
    ({"X": X6}, "no array 'y'; it holds X"),
    ({"X": X6, "y": Y6[:5]}, "X has 6 rows and y has 5"),
    ({"X": X6[:, 0], "y": Y6}, r"X has shape \(6,\)"),
    ({"X": X6.reshape(6, 2, 1), "y": Y6}, "flatten the rows"),
    ({"X": X6[:0], "y": Y6[:0]}, "at least one row"),
    ({"X": X6.astype(complex), "y": Y6}, "type complex128"),
    ({"X": X6, "y": Y6.astype(complex)}, "y has type complex128"),
    ({"X": X6.astype(object), "y": Y6}, "X is an array of Python objects"),
    ({"X": X6, "y": np.array(list("uvuvuv"), dtype=object)}, "y is an array of Python objects"),
    ({"X": X6, "y": np.zeros((6, 1, 1))}, "y has shape"),
    ({"X": X6, "y": np.array([0, 1, 0, 1, 0, 7])}, "label 7 in row 6 is out of range: 3 classes were found"),
    ({"X": X6, "y": np.array([0, 1, 0, -1, 0, 1])}, "label -1 in row 4 is out of range"),
    ({"X": X6, "y": np.zeros(6, int)}, "single class"),
    ({"X": X6, "y": np.array(["u"] * 6)}, "single class"),
    ({"X": np.where(X6 == 5, np.nan, X6), "y": Y6}, "nan in row 3, column x1"),
    ({"X": np.where(X6 == 6, np.inf, X6), "y": Y6}, "inf in row 4, column x0"),
    ({"X": X6, "y": np.array([0.5, np.nan, 0, 1, 2, 3])}, "nan in row 2"),
])
def test_npz_defects(npz, arrays, message):
    with pytest.raises(DataError, match=message):
        load(npz(**arrays))


@pytest.mark.parametrize("content, message", [
    (b"", "is empty"), (b"not an archive", "not a NumPy archive"), (b"PK\x03\x04broken", "not a NumPy archive"),
])
def test_npz_that_is_no_archive(tmp_path, content, message):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load(str(path))


def test_npy_file_called_npz(tmp_path):
    path = tmp_path / "x.npz"
    with path.open("wb") as file:
        np.save(file, X6)
    with pytest.raises(DataError, match="not a NumPy archive"):
        load(str(path))


def test_damaged_and_foreign_archives(npz):
    path = npz(X=X6, y=Y6)
    whole = Path(path).read_bytes()
    position = whole.index(X6.tobytes())
    Path(path).write_bytes(whole[:position] + b"\xff" * 8 + whole[position + 8:])
    with pytest.raises(DataError, match="damaged archive"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X", "text")
        archive.writestr("y", "text")
    with pytest.raises(DataError, match="not a stored array"):
        load(path)


@pytest.mark.parametrize("name, target, message", [
    ("mnist", None, "'mnist' is unknown: use iris, digits"),
    ("iris", "kind", "goes with a .csv file"),
])
def test_unknown_names(name, target, message):
    with pytest.raises(DataError, match=message):
        load(name, target)


def test_one_hot_refuses_labels_out_of_range():
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(DataError, match="label 3 in row 2 is out of range: labels go from 0 to 2"):
        one_hot(np.array([0, 3]), 3)


@pytest.mark.parametrize("batch, message", [(0, "at least one row"), (106, "larger than iris, which has 105 rows")])
def test_batches_that_cannot_be_taken(batch, message):
    train = split(load("iris")).train
    train.check_batch(105)
    with pytest.raises(DataError, match=message):
        train.check_batch(batch)


def test_splits_that_cannot_be_made():
    with pytest.raises(DataError, match="too few to split"):
        split(from_arrays(X6[:2], np.array([0, 1])))
    with pytest.raises(DataError, match="class 'z' of data has 1 row"):
        split(from_arrays(np.arange(24.0).reshape(12, 2), np.array(["u", "v"] * 5 + ["u", "z"])))
    with pytest.raises(DataError, match="between 0 and 1"):
        split(load("iris"), test=1.5)
    assert issubclass(DataError, SymcatError)
