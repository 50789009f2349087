"""Checkpoints: where training stands, in one file that is written whole or not at all and checked when it is read.

A file is a NumPy archive: the state's arrays, and a JSON text with the number of epochs, the state of the generator of
orders, the digest of the arrays, and the identity of the model: digest of the step, sizes, hyperparameters, dtype.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from symcat.errors import DataError, UsageError
from symcat.kernel.train import Reached
from symcat.learn.learner import Learner
from symcat.prove.record import write_atomically

FORMAT = 1
HEAD = "symcat"
WORDS = {"step": "the training step", "sizes": "the sizes", "hypers": "the hyperparameters", "dtype": "the dtype",
         "state": "the arrays of the state"}


def identity(learner: Learner, dtype: str) -> dict[str, object]:
    """What a checkpoint must agree in with the learner that goes on from it; the batch size is not part of it."""
    return {"step": learner.step.digest, "sizes": {symbol.name: int(size) for symbol, size in learner.sizes.items()},
            "hypers": {symbol.name: str(value) for symbol, value in learner.optimiser.assignment().items()},
            "dtype": dtype, "state": {name: str(wire) for name, wire in learner.kept}}


def write(path: Path, model: Mapping[str, object], reached: Reached) -> Path:
    """Write a checkpoint; UsageError when the file cannot be written, and then an older one is still there."""
    arrays = {f"state_{k}": np.asarray(array, order="C") for k, array in enumerate(reached.state)}
    head = {"format": FORMAT, "model": dict(model), "epochs": reached.epochs, "order": reached.order}
    head["digest"] = _digest(head, arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **{HEAD: np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)}, **arrays)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        raise UsageError(f"the checkpoint {path} cannot be written: {error.strerror or error}; name another file") from error
    return path


def read(path: Path, model: Mapping[str, object], like: Sequence[np.ndarray]) -> Reached:
    """Where training stood; DataError when the file is damaged, or of another model than `model` with a state `like` this."""
    head, arrays = _read(path)
    for part, own in model.items():
        theirs = head["model"].get(part)
        if theirs != own:
            raise DataError(f"{path} is of another model: {WORDS[part]} {_difference(theirs, own)}")
    if [array.shape for array in arrays] != [np.shape(array) for array in like]:
        raise DataError(f"{path} is of another model: its arrays have the shapes {', '.join(str(array.shape) for array in arrays)}")
    return Reached(arrays, head["epochs"], head["order"])


def _read(path: Path) -> tuple[dict, list[np.ndarray]]:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            head = json.loads(bytes(file[HEAD]))
            arrays = {name: file[name] for name in file.files if name != HEAD}
        digest = head.pop("digest")
        sound = digest == _digest(head, arrays) and head["format"] == FORMAT
    except FileNotFoundError:
        raise DataError(f"there is no checkpoint {path}") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a checkpoint") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
            zlib.error) as error:
        raise DataError(f"{path} is no checkpoint, or damaged: {error}") from None
    if not sound:
        raise DataError(f"{path} is damaged: its arrays are not those that were written, or another version wrote it")
    return head, [arrays[f"state_{k}"] for k in range(len(arrays))]


def _digest(head: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of the head, and of the names, types, shapes and bytes of the arrays."""
    found = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"{name} {array.dtype.str} {array.shape};".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _difference(theirs: object, own: object) -> str:
    if not isinstance(theirs, dict) or not isinstance(own, dict):
        return f"there is {str(theirs)[:24]}, here {str(own)[:24]}"
    for name in [*own, *(name for name in theirs if name not in own)]:
        if theirs.get(name) != own.get(name):
            return f"differ in {name}: {theirs.get(name, 'none')} there, {own.get(name, 'none')} here"
    return "differ in their order"
