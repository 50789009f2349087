"""The claim behind an export, read back it is the rule, and the header that carries its certificate."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from symcat import __version__
from symcat.errors import SymcatError, UsageError, ValidationError
from symcat.interop.export.arrays import arrays
from symcat.interop.export.numba import numba
from symcat.interop.export.optax import optax
from symcat.interop.export.signature import identifier, title
from symcat.interop.export.torch import torch
from symcat.learn.optimisers import Optimiser, optimiser
from symcat.prove.decide import decide
from symcat.verdict import Verdict


@dataclass(frozen=True)
class Target:
    """How a rule is written for a target, and how the text is read back as an optimiser."""

    write: Callable[[Optimiser], str]
    read: Callable[[str, Optimiser], Optimiser]


@dataclass(frozen=True)
class Exported:
    """A module's text, and the verdict on the claim that it is the rule; `identical`: as the very same program."""

    text: str
    verdict: Verdict
    identical: bool


def export(rule: Optimiser, to: str) -> str:
    """The module of a rule for a target: numpy, jax, numba, optax or torch.

    ValidationError when the text, read back, is not proved to be the rule; UsageError for what a target cannot express.

    >>> from symcat.learn.optimisers import OPTIMISERS
    >>> print(export(OPTIMISERS["gradient_descent"], "numpy").partition("import")[2])
     numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def gradient_descent(p, g, *, lr=0.1):
        '''p <- p - lr g.  Cauchy 1847.
    <BLANKLINE>
        lr in (0, oo).
        '''
        p = p - lr * g
        return p
    <BLANKLINE>
    """
    found = exported(rule, to)
    if not found.verdict.proved:
        raise ValidationError(f"the export of {rule.name} to {to} is not proved to be the rule: {found.verdict}")
    return found.text


def exported(rule: Optimiser, to: str) -> Exported:
    """The module of a rule for a target, whatever the verdict; a text that is refuted is an error all the same."""
    if to not in TARGETS:
        raise UsageError(f"no target {to!r}: there are {', '.join(TARGETS)}")
    target = TARGETS[to]
    text = target.write(rule)
    back = target.read(text, rule)
    mine, theirs = rule.step(), back.step(rule.wire)
    verdict = decide(mine, theirs)
    if verdict.refuted:
        raise ValidationError(f"the export of {rule.name} to {to}, read back, is not the rule: {verdict}")
    identical = mine.digest == theirs.digest
    return Exported(f'"""{_header(rule, to, verdict, identical)}\n"""\n\n{text}', verdict, identical)


def _header(rule: Optimiser, to: str, verdict: Verdict, identical: bool) -> str:
    how = "the same program" if identical else f"equal, by {verdict.method}"
    claim = f"read back, this text is the rule: {how}\ncertificate {verdict.certificate['digest']}" if verdict.proved \
        else f"NOT PROVED to be the rule: {verdict}"
    return f"{rule.name}, exported to {to} by symcat {__version__}\n\nrule {rule.step().digest}\n{claim}"


def read_function(text: str, rule: Optimiser) -> Optimiser:
    """The function of a module's text as an optimiser, with the declared ranges of the rule."""
    module = load(text.replace("import jax.numpy as jnp", "import numpy as jnp"), identifier(rule))
    back = optimiser(getattr(module, identifier(rule)), data={row.name: row.kind for row in rule.data}, shape=rule.shape)
    return replace(back, hypers=tuple(replace(row) for row in rule.hypers))


def read_optax(text: str, rule: Optimiser) -> Optimiser:
    """The transformation of a module's text, through its jaxpr."""
    from symcat.interop import optax as reader

    module = load(text, identifier(rule))
    zeros = [row.name for row in rule.hypers if rule.value(row.name) == 0]
    return reader.read(getattr(module, identifier(rule)), shape=rule.shape, symbolic=zeros)


def read_torch(text: str, rule: Optimiser) -> Optimiser:
    """The optimizer of a module's text, by its own step on symbolic tensors."""
    from symcat.interop import torch as reader

    name = title(identifier(rule))
    zeros = {row.name: True for row in rule.hypers if rule.value(row.name) == 0}
    return reader.read(getattr(load(text, identifier(rule)), name), zeros, shape=rule.shape)


def load(text: str, name: str) -> ModuleType:
    """A text as a module; ValidationError when it cannot be run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"symcat_export_{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
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


TARGETS: dict[str, Target] = {
    "numpy": Target(lambda rule: arrays(rule, "numpy"), read_function),
    "jax": Target(lambda rule: arrays(rule, "jax"), read_function),
    "numba": Target(numba, read_function),
    "optax": Target(optax, read_optax),
    "torch": Target(torch, read_torch),
}
