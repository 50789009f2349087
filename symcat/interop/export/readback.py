"""Reading exported text back as an optimiser, by the readers of the libraries that it is for."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from symcat.errors import SymcatError, ValidationError
from symcat.interop.export.signature import identifier, title
from symcat.learn.optimisers import Optimiser, optimiser

IMPORTS = ("import jax\n", "import jax.numpy as jnp\n", "import optax\n")


def function(text: str, rule: Optimiser) -> Optimiser:
    """The function of a module, traced, with the declared ranges of the rule; NumPy stands in for JAX."""
    module = load(text.replace("import jax.numpy as jnp", "import numpy as jnp"), identifier(rule))
    back = optimiser(getattr(module, identifier(rule)), data={row.name: row.kind for row in rule.data}, shape=rule.shape)
    return replace(back, hypers=rule.hypers)


def transformation(text: str, rule: Optimiser) -> Optimiser:
    """The transformation of a module, through its jaxpr."""
    from symcat.interop import optax as reader

    module = load(text, identifier(rule))
    zeros = [row.name for row in rule.hypers if rule.value(row.name) == 0]
    return reader.read(getattr(module, identifier(rule)), shape=rule.shape, symbolic=zeros)


def one_leaf(text: str, rule: Optimiser) -> Optimiser:
    """The transformation of a module on one array, traced: NumPy stands in for JAX's functions of the same names."""
    tree = SimpleNamespace(structure=lambda x: SimpleNamespace(flatten_up_to=lambda leaf: [leaf], unflatten=lambda column: column[0]))
    names = {"jnp": np, "jax": SimpleNamespace(tree=tree),
             "optax": SimpleNamespace(GradientTransformation=lambda init, update: SimpleNamespace(init=init, update=update))}
    for line in IMPORTS:
        text = text.replace(line, "")
    module = load(text, identifier(rule), names)
    state = getattr(module, f"{title(identifier(rule))}State")

    def step(p: Any, g: Any, *states: Any, **hypers: Any) -> tuple:
        made = getattr(module, identifier(rule))(**hypers)
        change, new = made.update(g, state(*states), p)
        return (p + change, *new)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    step.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        *(inspect.Parameter(name, kind) for name in ("p", "g")),
        *(inspect.Parameter(row.name, kind, default=row) for row in rule.states),
        *(inspect.Parameter(row.name, inspect.Parameter.KEYWORD_ONLY, default=row) for row in rule.hypers)])
    return optimiser(step, name=rule.name, shape=rule.shape)


def torch_class(text: str, rule: Optimiser) -> Optimiser:
    """The optimizer of a module, by its own step on symbolic tensors."""
    from symcat.interop import torch as reader

    zeros = {row.name: True for row in rule.hypers if rule.value(row.name) == 0}
    return reader.read(getattr(load(text, identifier(rule)), title(identifier(rule))), zeros, shape=rule.shape)


def load(text: str, name: str, names: Mapping[str, object] | None = None) -> ModuleType:
    """A text as a module, in which some names are there already; ValidationError when it cannot be run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"symcat_export_{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        vars(module).update(names or {})
        sys.modules[path.stem] = module
        try:
            spec.loader.exec_module(module)
        except SymcatError:
            raise
        except Exception as error:
            raise ValidationError(f"the exported text cannot be run: {type(error).__name__}: {error}") from error
        finally:
            del sys.modules[path.stem]
    return module
