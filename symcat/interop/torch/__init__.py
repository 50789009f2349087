"""Optimizers of PyTorch, read by running their own `step` on symbolic tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from symcat.errors import UsageError
from symcat.learn.optimisers import Optimiser

__all__ = ["read"]


def read(given: object, arguments: Mapping[str, object] | None = None, *, shape: Sequence[object] | None = None) -> Optimiser:
    """The optimiser that a torch optimizer is: `given` is a name under `torch.optim` or a class of optimizers.

    Numbers among the constructor's defaults become hyperparameters, but zeros, flags and whole numbers stay as they are; what is
    given as a number becomes a constant, and `momentum=True` makes a symbol of a hyperparameter that is 0 by default.
    `matrix=True` reads the step on a matrix, `shape` on a parameter of that shape.  UsageError when torch is missing, the name is
    unknown, or the optimizer needs a closure; TraceError for what symbolic tensors lack.
    """
    if find_spec("torch") is None:
        raise UsageError("torch is not installed: optimizers of PyTorch are read with it (extra: torch)")
    from symcat.interop.torch.reader import optimiser_of

    return optimiser_of(given, dict(arguments or {}), shape)
