"""What `symcat learn` is asked to do, with every default filled in and every input checked before any work is done."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symcat.errors import ShapeError, SymcatError, UsageError
from symcat.interop.rules import LIBRARIES, read
from symcat.interop.target import parse
from symcat.learn.data import Dataset, Split, load, split
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import Model, model
from symcat.learn.optimisers import OPTIMISERS, Optimiser
from symcat.learn.rates import Rate
from symcat.lens.para import Para

STEPS = 4000    # about so many steps are taken when the number of epochs is not given


@dataclass(frozen=True)
class Plan:
    """A learner, the data that it is to be trained and tested on, and for how long."""

    data: Split
    model: Model
    loss: str
    learner: Learner
    epochs: int
    batch: int
    seed: int
    out: Path

    @property
    def name(self) -> str:
        return self.data.train.name

    def inputs(self, part: Dataset) -> np.ndarray:
        """The features in the shape that the model reads, one sample after the other."""
        return np.ascontiguousarray(part.X.reshape(len(part), *self.model.input_shape))


def plan(arguments: argparse.Namespace) -> Plan:
    """Everything that the arguments say, checked against the data."""
    data = split(load(arguments.dataset, arguments.target), seed=arguments.seed)
    classes = data.train.classes
    criterion = arguments.loss or ("cross_entropy" if classes else "quadratic")
    net = _model(arguments, data.train, criterion)
    error = loss(criterion, net.para.cod)
    if criterion == "cross_entropy" and not classes:
        raise UsageError(f"the loss cross_entropy compares with classes, but {data.train.name} has real targets: use --loss quadratic")
    batch = arguments.batch or min(16 if len(data.train) < 500 else 32, len(data.train))
    data.train.check_batch(batch)
    epochs = arguments.epochs or min(500, max(20, STEPS // (len(data.train) // batch)))
    learner = Learner(net.para, error, _optimiser(arguments.optimiser), Rate(arguments.rate), sizes=net.sizes)
    return Plan(data, net, criterion, learner, epochs, batch, arguments.seed, _folder(arguments.out))


def _model(arguments: argparse.Namespace, data: Dataset, criterion: str) -> Model:
    """The model by name; with a loss on values a classifier ends in a sigmoid, with a loss on logits it doesn't."""
    inputs, outputs = data.shape
    if ":" in arguments.model:
        return _own_model(arguments, inputs, outputs)
    final = "sigmoid" if data.classes and criterion == "quadratic" and arguments.model != "linear" else None
    return model(arguments.model, inputs, outputs, arguments.activation, final)


def _own_model(arguments: argparse.Namespace, inputs: int, outputs: int) -> Model:
    """A user's parametric map, or what a user's function of the two widths returns."""
    found = parse(arguments.model).find({}, "model")
    if callable(found) and not isinstance(found, Para):
        found = _called(arguments.model, found, inputs, outputs)
    if not isinstance(found, Para):
        raise UsageError(f"{arguments.model} is a {type(found).__name__}: expected a parametric map, or a function of the numbers of "
                         f"features and target columns that returns one")
    sizes_known = all(extent.is_Integer for wire in found.body.dom.types for extent in wire.shape)
    if len(found.dom) != 1 or len(found.cod) != 1 or not sizes_known:
        raise ShapeError(f"{arguments.model} goes from {found.dom} to {found.cod}: "
                         f"expected one input and one output, with sizes as integers")
    sizes = [int(np.prod([int(extent) for extent in ends.types[0].shape])) for ends in (found.dom, found.cod)]
    if sizes != [inputs, outputs] or len(found.cod.types[0].shape) != 1:
        raise ShapeError(f"{arguments.model} goes from {found.dom} to {found.cod}, but the data has {inputs} features "
                         f"and {outputs} target columns")
    return Model(arguments.model, found, (arguments.model,), {})


def _called(text: str, function: Callable, inputs: int, outputs: int) -> object:
    """What a user's function of the two widths returns; its own exception becomes a message that names it."""
    try:
        return function(inputs, outputs)
    except SymcatError:
        raise
    except Exception as error:
        raise UsageError(f"{text}({inputs}, {outputs}) failed with {type(error).__name__}: {error}; expected a function of the numbers "
                         "of features and target columns that returns a parametric map") from error


def _optimiser(text: str) -> Optimiser:
    """The optimiser with its hyperparameters as values: laws are proved for all values in range, the kernel is compiled with these."""
    if text.partition(":")[0].strip() in LIBRARIES:
        return read(text)
    target = parse(text)
    rule = OPTIMISERS[target.where] if target.where in OPTIMISERS else read(target.where)
    return rule(**dict(target.arguments)) if target.arguments else rule


def _folder(out: str) -> Path:
    """The folder of results, which is made when there is something to write."""
    path = Path(out)
    if path.exists() and not path.is_dir():
        raise UsageError(f"--out {out} is a file: name a folder")
    parent = next((p for p in (path, *path.absolute().parents) if p.exists()), Path("/"))
    if not parent.is_dir():
        raise UsageError(f"--out {out}: {parent} is a file: name a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: {parent} cannot be written: name another folder")
    return path
