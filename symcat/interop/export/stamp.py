"""The claim behind an export, read back it is the rule, and the header that carries its certificate."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from symcat import __version__
from symcat.errors import SymcatError, UsageError, ValidationError
from symcat.interop.export import readback
from symcat.interop.export.arrays import arrays
from symcat.interop.export.numba import numba
from symcat.interop.export.optax import optax
from symcat.interop.export.torch import torch
from symcat.learn.optimisers import Optimiser
from symcat.prove.decide import decide
from symcat.verdict import Verdict, unknown

TRACED = "traced"
STAND_IN = "traced with NumPy's functions in place of JAX's of the same names"
Reader = Callable[[str, Optimiser], Optimiser]


@dataclass(frozen=True)
class Target:
    """How a rule is written for a target, and the ways in which the text is read back, with a word on each."""

    write: Callable[[Optimiser], str]
    readers: tuple[tuple[str, Reader], ...]


@dataclass(frozen=True)
class Exported:
    """A module's text, and the verdict on the claim that it is the rule; `identical`: as the very same program."""

    text: str
    verdict: Verdict
    identical: bool


TARGETS: dict[str, Target] = {
    "numpy": Target(lambda rule: arrays(rule, "numpy"), ((TRACED, readback.function),)),
    "jax": Target(lambda rule: arrays(rule, "jax"), ((STAND_IN, readback.function),)),
    "numba": Target(numba, ((TRACED, readback.function),)),
    "optax": Target(optax, (("through its jaxpr", readback.transformation), (f"on one leaf, {STAND_IN}", readback.one_leaf))),
    "torch": Target(torch, (("by its step on symbolic tensors", readback.torch_class),)),
}


def export(rule: Optimiser, to: str) -> str:
    """The module of a rule for a target: numpy, jax, numba, optax or torch.

    ValidationError when the text, read back, is not proved to be the rule; UsageError for what a target cannot express.

    >>> from symcat.learn.optimisers import OPTIMISERS
    >>> print(export(OPTIMISERS["sign_descent"], "numpy").partition("import numpy as np")[2].strip().splitlines()[-2])
        p = p - lr * np.sign(g)
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
    text, mine = target.write(rule), rule.step()
    for k, (way, reader) in enumerate(target.readers):
        try:
            theirs = reader(text, rule).step(rule.wire)
        except SymcatError:
            if k + 1 < len(target.readers):
                continue
            raise
        if not (mine.dom.fits(theirs.dom) and mine.cod.fits(theirs.cod)):
            verdict = unknown(f"read back {way}, it has the type {theirs.dom} -> {theirs.cod}, not {mine.dom} -> {mine.cod}")
            continue
        verdict = decide(mine, theirs)
        if verdict.refuted:
            raise ValidationError(f"the export of {rule.name} to {to}, read back {way}, is not the rule: {verdict}")
        if verdict.proved:
            break
    identical = mine.digest == theirs.digest
    header = f"{_header(rule, to, verdict, identical, way)}\ntext {_digest(text)}"
    return Exported(f'"""{header}\n"""\n\n{text}', verdict, identical)


STAMP = re.compile(r'"""(?P<name>.+), exported to (?P<to>\w+) by symcat [^"]*\ntext (?P<digest>[0-9a-f]{64})\n"""\n\n')


def stamped(path: Path) -> bool:
    """Whether a file begins as an export does."""
    return ", exported to " in path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]


def intact(path: Path) -> str:
    """What the stamp of an exported file says, when the text is still the one that was stamped; ValidationError when it is not."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = STAMP.match(text)
    if found is None:
        raise ValidationError("the stamp of the export is damaged or without a digest of the text; export the rule again")
    if _digest(text[found.end():]) != found["digest"]:
        raise ValidationError(f"the text is not the one that was exported: it was edited after it was stamped; symcat diff {path}:name "
                              f"{found['name']} tells whether it still is the rule")
    certificate = re.search(r"\ncertificate ([0-9a-f]{64})\n", found[0])
    return f"{found['name']} as it was exported to {found['to']}; " \
        + (f"certificate {certificate[1]}" if certificate else "NOT PROVED to be the rule")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _header(rule: Optimiser, to: str, verdict: Verdict, identical: bool, way: str) -> str:
    how = "the same program" if identical else f"equal, by {verdict.method}"
    claim = f"read back {way}, this text is the rule: {how}\ncertificate {verdict.certificate['digest']}" if verdict.proved \
        else f"NOT PROVED to be the rule: {verdict.reason:.200}"
    return f"{rule.name}, exported to {to} by symcat {__version__}\n\nrule {rule.step().digest}\n{claim}".replace("\\", "/")
