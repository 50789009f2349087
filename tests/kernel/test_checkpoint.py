"""Checkpoints: what is read is what was written; damage and other models are refused."""

import json

import numpy as np
import pytest

from symcat.errors import DataError, UsageError
from symcat.kernel import checkpoint
from symcat.kernel.train import Reached
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import model
from symcat.learn.optimisers import adam, momentum


def learner(name="4-5-3", optimiser=momentum, activation="tanh"):
    net = model(name, 4, 3, activation)
    return Learner(net.para, loss("cross_entropy", net.para.cod), optimiser, sizes=net.sizes)


MODEL = learner()
IDENTITY = checkpoint.identity(MODEL, "float64")


def reached():
    draw = np.random.default_rng(5)
    state = [draw.normal(size=array.shape) for array in MODEL.initial(0)]
    return Reached(state, 7, draw.bit_generator.state)


def test_what_is_read_is_what_was_written(tmp_path):
    one = reached()
    two = checkpoint.read(checkpoint.write(tmp_path / "c.npz", IDENTITY, one), IDENTITY, one.state)
    assert two.epochs == 7 and two.order == one.order
    assert all(a.dtype == b.dtype and (a == b).all() for a, b in zip(one.state, two.state, strict=True))


@pytest.mark.parametrize("other, dtype, words", [
    (learner("4-6-3"), "float64", "the sizes differ in n1: 5 there, 6 here"),
    (learner(), "float32", "the dtype there is float64, here float32"),
    (learner(optimiser=momentum(lr=0.5)), "float64", "the hyperparameters differ in lr: .* there, 1/2 here"),
    (learner(activation="relu"), "float64", "the training step there is"),
    (learner(optimiser=adam), "float64", "the training step there is"),
])
def test_a_checkpoint_of_another_model_is_refused(tmp_path, other, dtype, words):
    path = checkpoint.write(tmp_path / "c.npz", IDENTITY, reached())
    with pytest.raises(DataError, match=words):
        checkpoint.read(path, checkpoint.identity(other, dtype), other.initial(0))


def test_every_damaged_byte_is_noticed(tmp_path):
    path = checkpoint.write(tmp_path / "c.npz", IDENTITY, reached())
    whole, state = path.read_bytes(), reached().state
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1:])
        try:
            found = checkpoint.read(path, IDENTITY, state)
        except DataError:
            continue
        assert all((a == b).all() for a, b in zip(found.state, state, strict=True)) and found.order == reached().order


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"\0" * 40])
def test_files_of_other_kinds_are_refused(tmp_path, content):
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(DataError, match="no checkpoint, or damaged"):
        checkpoint.read(tmp_path / "c", IDENTITY, [])


def test_a_file_cut_short_is_refused(tmp_path):
    path = checkpoint.write(tmp_path / "c.npz", IDENTITY, reached())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="damaged"):
        checkpoint.read(path, IDENTITY, reached().state)


def test_a_changed_head_is_refused(tmp_path):
    with np.load(checkpoint.write(tmp_path / "c.npz", IDENTITY, reached())) as file:
        arrays = dict(file)
    head = {**json.loads(bytes(arrays["symcat"])), "epochs": 8}
    np.savez(tmp_path / "d.npz", **{**arrays, "symcat": np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)})
    with pytest.raises(DataError, match="not those that were written"):
        checkpoint.read(tmp_path / "d.npz", IDENTITY, reached().state)


def test_no_file_and_no_folder_to_write(tmp_path):
    with pytest.raises(DataError, match="there is no checkpoint"):
        checkpoint.read(tmp_path / "none", IDENTITY, [])
    with pytest.raises(DataError, match="is a folder"):
        checkpoint.read(tmp_path, IDENTITY, [])
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        checkpoint.write(tmp_path / "file" / "c.npz", IDENTITY, reached())


def test_a_write_that_fails_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    path = checkpoint.write(tmp_path / "c.npz", IDENTITY, reached())
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match="No space left"):
        checkpoint.write(path, IDENTITY, Reached(reached().state, 8))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["c.npz"]


def test_states_of_rank_0_keep_their_shape(tmp_path):
    made = learner(optimiser=adam)
    model, state = checkpoint.identity(made, "float64"), made.initial(0)
    assert () in [array.shape for array in state]
    found = checkpoint.read(checkpoint.write(tmp_path / "c.npz", model, Reached(state, 1)), model, state)
    assert [array.shape for array in found.state] == [array.shape for array in state]
