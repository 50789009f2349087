"""Any update rule as an optimiser: ours by name, a plain function, an optax transformation, a torch optimizer, a file's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module

from symcat.errors import SymcatError, UsageError
from symcat.interop.jax_function import uses_jax
from symcat.interop.recipe import REQUIRED, makes
from symcat.interop.rehearsal import rehearse, rehearse_transformation
from symcat.interop.target import Target, parse
from symcat.learn.optimisers import OPTIMISERS, Optimiser, optimiser

LIBRARIES = {"optax": "symcat.interop.optax", "torch": "symcat.interop.torch", "jax": "symcat.interop.jax_function"}
TORCH_BASE = ("torch.optim.optimizer", "Optimizer")


def read(given: object) -> Optimiser:
    """The optimiser that a target or an object stands for.

    `given` is an optimiser, a function `(p, g, state=initial, ..., *, hyper=default)`, an optax transformation, a class of torch
    optimizers, or a target: `adam`, `adam(eps=0)`, `file.py:name`, `package.module:name`, `optax:adam`, `torch:Adam(amsgrad=True)`.
    Hyperparameters in a target become constants, the ends of their ranges included.  UsageError for anything else.

    >>> read("adam(eps=0)").name
    'adam(eps=0)'
    """
    if isinstance(given, str):
        return _target(given)
    return readable(_object(given, {}, f"{given!r:.60}"))


def readable(rule: Optimiser) -> Optimiser:
    """The optimiser, after one step of it was traced: what cannot be read is an error now, not a card of unknown laws."""
    try:
        rule.step()
    except SymcatError:
        raise
    except Exception as error:
        raise UsageError(f"one step of {rule.name} failed with {type(error).__name__}: {error}; expected a function "
                         f"(p, g, state=initial, *, hyper=default) that returns the new parameter and states") from error
    return rule


def _target(text: str) -> Optimiser:
    library, colon, inner = text.strip().partition(":")
    if colon and library == "optax":
        return readable(import_module(LIBRARIES[library]).read(inner.strip()))
    target = parse(text)
    if colon and library == "torch":
        name = target.where.partition(":")[2].strip()
        return readable(import_module(LIBRARIES[library]).read(name, dict(target.arguments)))
    return readable(_object(target.find(OPTIMISERS, "optimiser"), dict(target.arguments), target.where))


def _object(found: object, arguments: dict, where: str) -> Optimiser:
    """An object that is not text, with hyperparameters fixed."""
    if _transformation(found):
        _none(arguments, where)
        made = import_module(LIBRARIES["optax"]).read(found)
        rehearse_transformation(made, found)
        return made
    if isinstance(found, type) and TORCH_BASE in [(base.__module__, base.__qualname__) for base in found.__mro__]:
        return import_module(LIBRARIES["torch"]).read(found, arguments)
    if not isinstance(found, Optimiser):
        if isinstance(found, type) or not callable(found):
            raise UsageError(f"{where} is {'a class' if isinstance(found, type) else f'a {type(found).__name__}'}: expected an optimiser, "
                             "a function (p, g, state=initial, *, hyper=default), an optax transformation or a torch optimizer")
        if makes(found) or not _takes_arrays(found):
            made = import_module(LIBRARIES["optax"]).read(found, arguments)
            rehearse_transformation(made, found(**{row.name: float(made.value(row.name)) for row in made.hypers}, **_floats(arguments)))
            return made
        found = _function(found)
    if found not in OPTIMISERS.values():
        rehearse(readable(found))
    if flags := [name for name, value in arguments.items() if isinstance(value, bool)]:
        raise UsageError(f"{where}: {', '.join(flags)} came as a flag, expected a number: flags belong to targets of optax and torch")
    return found.at(**arguments) if arguments else found


def _takes_arrays(function: Callable) -> bool:
    """Whether a function is a rule, whose first arguments have no default, and no maker of transformations, whose first is a rate."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[:2]
    except (TypeError, ValueError):
        return True
    open_ones = [row for row in parameters if row.default is row.empty and row.kind is not row.KEYWORD_ONLY]
    return bool(open_ones) and open_ones[0].name not in REQUIRED


def _function(function: Callable) -> Optimiser:
    """A rule in NumPy, or in JAX where NumPy's functions do not do."""
    made = optimiser(function)
    if not uses_jax(function):
        return made
    try:
        made.step()
        return made
    except Exception:     # what JAX cannot read either is told by its own error
        return import_module(LIBRARIES["jax"]).read(function)


def _transformation(found: object) -> bool:
    """Whether an object has the two functions of an optax transformation."""
    return not isinstance(found, type) and callable(getattr(found, "init", None)) and callable(getattr(found, "update", None))


def _floats(arguments: dict) -> dict:
    """Arguments as a function of a library takes them."""
    return {name: value if isinstance(value, bool) else int(value) if value == int(value) else float(value)
            for name, value in arguments.items()}


def _none(arguments: dict, where: str) -> None:
    if arguments:
        raise UsageError(f"{where} is an optax transformation, whose hyperparameters are bound already: {', '.join(arguments)} cannot be "
                         f"given here; make them in the file, or name it optax:name({next(iter(arguments))}=...)")


__all__ = ["Target", "read", "readable"]
