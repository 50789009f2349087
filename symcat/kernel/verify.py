"""A stamped kernel file, checked again: its proofs, and that its text is what the proved step compiles to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from symcat.category.morphism import Morphism
from symcat.errors import DataError
from symcat.kernel.cache import digest
from symcat.kernel.compiler import lower
from symcat.kernel.program import TrainingStep
from symcat.laws.obligations import ALWAYS
from symcat.prove.record import load_goal, read

STEP = "learning step"
NAME = re.compile(r"(kernel|unproved)[-_]([0-9a-f]{16})\.py\Z")


@dataclass(frozen=True)
class Stamped:
    """What the docstring of a kernel file says."""

    text: str
    docstring: str
    status: str
    morphism: str
    dtype: str
    values: Mapping[str, Fraction]
    certificates: tuple[tuple[str, str], ...]


def recheck_kernel(path: Path, recheck: Callable[[Path], object]) -> str:
    """Why a kernel file holds; DataError with what is wrong with it otherwise.

    Its name must carry the digest of its text; its header must name a certificate for each obligation that every learner has;
    each must lie beside it, in `certificates/` or the same folder, be of that claim, and hold by `recheck`; the step of the
    "learning step" certificate must be the morphism of the header, and more than equal to itself; and compiling that step at
    the header's values must give this very text.  What the step was proved equal to is in the certificate: its digest is in the
    answer, for comparison with `learner.formula().digest`.
    """
    stamp = read_stamp(path)
    if stamp.status != "PROVED":
        raise DataError(f"{path} is stamped {stamp.status}: nothing is proved about it")
    found = dict(stamp.certificates)
    if missing := [name for name in ALWAYS if name not in found]:
        raise DataError(f"{path} carries no certificate for {', '.join(missing)}: it has {', '.join(found) or 'none'}")
    for name, certificate in stamp.certificates:
        outcome = recheck(beside(path, certificate))
        if not outcome.ok:
            raise DataError(f"the certificate of {name} does not hold: {outcome.why}")
        claimed = read(beside(path, certificate))["claim"].get("name")
        if claimed != name:
            raise DataError(f"the header calls {certificate[:16]} the certificate of {name}, but it is that of {claimed}")
    step, formula = proved_step(beside(path, found[STEP]))
    if step == formula:
        raise DataError(f"the certificate of the {STEP} says that a program equals itself, which holds of any program")
    if step.digest != stamp.morphism:
        raise DataError(f"the {STEP} that was proved is morphism {step.digest[:16]}, the kernel is of {stamp.morphism[:16]}")
    training = TrainingStep(step, len(step.cod) - 1)
    work = lower(training, training.values(stamp.values, None))
    if work.text.module(stamp.docstring, stamp.dtype) != stamp.text:
        raise DataError(f"{path} is not what the proved step compiles to with this version of symcat")
    return (f"{len(found)} certificates hold; the step equals the formula {formula.digest[:16]}; "
            f"the text is what the proved step compiles to at {shown(stamp.values)}")


def read_stamp(path: Path) -> Stamped:
    """The header of a kernel file whose name carries the digest of its text."""
    named = NAME.match(path.name)
    if not named:
        raise DataError(f"{path} is not named like a kernel, kernel-<digest>.py")
    try:
        text = path.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(text), clean=False) or ""
    except (OSError, ValueError, SyntaxError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as a kernel: {error}") from None
    if digest(text)[:16] != named.group(2):
        raise DataError(f"{path} was changed after it was written: its text has digest {digest(text)[:16]}")
    lines = [line.partition(": ") for line in docstring.splitlines()]
    single = {key: value for key, _, value in lines if key in ("status", "morphism", "dtype", "values")}
    if len(single) != 4:
        raise DataError(f"{path} has no kernel's header: expected the lines status, morphism, dtype and values")
    certificates = tuple(tuple(value.rsplit(": ", 1)) for key, _, value in lines if key == "certificate")
    if any(len(item) != 2 for item in certificates):
        raise DataError(f"{path} has a certificate line without a digest")
    values = _values(single["values"], path)
    return Stamped(text, docstring.removesuffix("\n"), single["status"], single["morphism"], single["dtype"], values, certificates)


def beside(path: Path, certificate: str) -> Path:
    """The file of a certificate near a kernel."""
    if not re.fullmatch(r"[0-9a-f]{64}", certificate):
        raise DataError(f"{path} names the certificate {certificate!r}: expected a digest of 64 hexadecimal digits")
    for folder in (path.parent / "certificates", path.parent):
        if (folder / f"{certificate}.json").is_file():
            return folder / f"{certificate}.json"
    raise DataError(f"the certificate {certificate[:16]}... is not beside {path}: keep the folder certificates/ with the kernel")


def proved_step(path: Path) -> tuple[Morphism, Morphism]:
    """The two sides of the equation that a certificate is about: a step, and the formula that it was proved equal to."""
    goal = load_goal(read(path)["goal"])
    if not isinstance(goal, tuple) or len(goal) != 1:
        raise DataError(f"{path} is not about a single equation, as a {STEP} is")
    return goal[0].lhs, goal[0].rhs


def shown(values: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _values(text: str, path: Path) -> dict[str, Fraction]:
    if text == "none":
        return {}
    try:
        return {name: Fraction(value) for name, value in (item.split(" = ") for item in text.split(", "))}
    except (ValueError, ZeroDivisionError):
        raise DataError(f"{path} has values that cannot be read: {text[:80]}") from None
