"""The compiler: a training step with sizes and hyperparameters, and its proved obligations, to a validated kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import sympy as sp

from symcat.category.scalars import Undecided
from symcat.errors import UnprovedError, UsageError
from symcat.kernel import cache, jit
from symcat.kernel.accuracy import accuracy_check
from symcat.kernel.bounds import bounds_check
from symcat.kernel.emit import emit
from symcat.kernel.folds.lowering import looped
from symcat.kernel.kernel import Kernel, Stamp
from symcat.kernel.passes import lowered, specialise
from symcat.kernel.place import place
from symcat.kernel.program import DTYPES, TrainingStep
from symcat.kernel.schedule import Schedule, schedule
from symcat.kernel.threads.crew import processors
from symcat.kernel.threads.shares import BARRIER, WORTH, Shares, pays, widened
from symcat.kernel.tiles.host import PORTABLE, Host, host
from symcat.kernel.validate import Compiled, Equal, field_check, same, symbol_check

# Counts up when a pass, the emitter or a check changes what a stored validation means.
VERSION = 2
FIELD_POINTS = 600_000
SYMBOL_POINTS = 1000
SYMBOL_STEPS = 4    # of a fold: expressions grow with every step
# Small sizes for a validation, given to the dims in turn.
FIELD_SIZES = ((3, 5), (5, 3))
SYMBOL_SIZES = ((2, 3), (2, 1), (1, 1))


class Obligation(Protocol):
    """What must have been proved before a step is compiled: a name and a status, proved, refuted or unknown."""

    name: str
    status: str


@dataclass(frozen=True)
class Validation:
    """How a kernel was checked, in words: its text over the prime field, over symbols and for bounds, its machine code in ulps."""

    field: str
    symbols: str
    accuracy: str = ""
    bounds: str = ""


def compile(step: TrainingStep, dims: Mapping | None = None, hypers: Mapping | None = None, dtype: str = "float64", *,
            obligations: Sequence[Obligation] = (), unproved: bool = False, validate: bool = True, equal: Equal = same,
            threads: int | None = None) -> Kernel:
    """The kernel of a training step.

    UnprovedError unless there are obligations and all are proved, or `unproved` asks for an unproved kernel by name.
    `equal` decides equality of SymPy expressions in the validation over symbols.  `threads` is the number of threads, at most;
    None takes all processors where the work is large enough for them to pay.  The results are the same, bit for bit.
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype {dtype!r}: kernels are made for {' and '.join(DTYPES)}")
    stamp = stamped(step, obligations, unproved)
    values = step.values(dims, hypers)
    work = lower(step, values, dtype, threads=threads)
    key = cache.digest("\n".join([str(VERSION), work.f.digest, work.text.module("", dtype)]))
    validation = _remembered(key) if validate else None
    if validate and validation is None:
        validation = Validation(_field(step, values, work), _symbols(step, values, work, equal), bounds=_bounds(work))
    text = work.text.module(header(stamp, work, values, dtype, validation), dtype)
    digest = cache.digest(text)
    name = f"{'kernel' if stamp.proved else 'unproved'}_{digest[:16]}_{jit.build()[:8]}.py"
    path = cache.write(cache.cache_folder() / name, text)
    function = jit.compiled(path, text, len(step.data), dtype, work.threads)
    kernel = Kernel(step, work, dtype, text, digest, path, stamp, validation, function)
    if validation is None or validation.accuracy:
        return kernel
    return replace(kernel, validation=_remember(key, replace(validation, accuracy=accuracy_check(kernel))))


def lower(step: TrainingStep, values: Mapping[sp.Symbol, sp.Expr], dtype: str = "float64", processor: Host | None = None,
          threads: int | None = 1, worth: float = WORTH) -> Compiled:
    """All passes: from a step and exact values to the program's text, for a processor's vectors of a dtype.

    Nests of less than `worth` nanoseconds are not shared between threads; portable programs are for one thread, since they have no
    barrier.
    """
    f, processor = specialise(step.step, values), processor or host()
    plan = schedule(looped(f, lowered), step.states, processor.lanes(dtype), processor.registers)
    _check_positions(plan, dtype)
    layout = place(plan)
    if processor is PORTABLE:
        threads = 1
    if threads is None:
        threads = processors() if pays(plan, processors(), worth) else 1
    if threads > 1:
        layout = widened(layout, threads)
        text = emit(plan, layout, Shares(plan, layout, threads, worth))
        if BARRIER in text.program:
            return Compiled(f, plan, layout, text, dtype, threads)
        layout = place(plan)
    return Compiled(f, plan, layout, emit(plan, layout), dtype)


def _check_positions(plan: Schedule, dtype: str) -> None:
    """UsageError when the place of a maximum may be a number that the dtype has not: it is kept as a number of that dtype."""
    for nest in plan.nests:
        most = max((extent for _, extent in nest.loops[nest.inner:]), default=0) if nest.mode == "max" else 0
        if most > 1 << np.finfo(dtype).nmant and any(name in nest.targets for name, _ in plan.selected):
            raise UsageError(f"{nest.label} is a maximum over {most} entries whose place is used, and {dtype} cannot tell so many places "
                             "apart: use float64")


def stamped(step: TrainingStep, obligations: Sequence[Obligation], unproved: bool) -> Stamp:
    """What the kernel's header says about proofs; UnprovedError when something is missing and was not waived."""
    missing = [f"{o.name} ({o.status})" for o in obligations if o.status != "proved"]
    if not unproved and not obligations:
        raise UnprovedError("no obligations came with this step, so nothing is proved about it: pass obligations=[...], "
                            "or ask for an unproved kernel with unproved=True")
    if not unproved and missing:
        raise UnprovedError(f"not proved: {', '.join(missing)}; mend the step, or ask for an unproved kernel with unproved=True")
    certificates = tuple((o.name, _certificate(o)) for o in obligations if o.status == "proved")
    return Stamp(step.step.digest, certificates, bool(obligations) and not missing, tuple(missing))


def _certificate(obligation: Obligation) -> str:
    """The digest of the certificate that an obligation carries, itself or in its verdict."""
    holder = getattr(obligation, "verdict", obligation)
    certificate = getattr(holder, "certificate", None) or {}
    return str(certificate.get("digest", "none")) if isinstance(certificate, Mapping) else str(certificate)


def header(stamp: Stamp, work: Compiled, values: Mapping[sp.Symbol, sp.Expr], dtype: str, validation: Validation | None) -> str:
    """The docstring of a generated module: what it computes, what is proved about it, how it was validated."""
    lines = ["A training step, generated from a morphism; edit the morphism, not this text.", ""]
    lines += [f"status: {'PROVED' if stamp.proved else 'UNPROVED'}", f"morphism: {stamp.morphism}", f"specialised: {work.f.digest}",
              f"dtype: {dtype}", "values: " + (", ".join(f"{symbol.name} = {value}" for symbol, value in values.items()) or "none")]
    lines += [f"certificate: {name}: {digest}" for name, digest in stamp.certificates]
    lines += [f"unproved: {name}" for name in stamp.missing]
    if validation is None:
        return "\n".join([*lines, "validation: none"])
    return "\n".join([*lines, f"validation: {validation.field}", f"validation: {validation.symbols}"])


# ---- validation at sizes that can be afforded

def _bounds(work: Compiled) -> str:
    found = bounds_check(work)
    return f"bounds: {found.inside} of {found.inside + len(found.unknown)} accesses shown to lie in their buffers, at its own sizes"


def _field(step: TrainingStep, values: Mapping[sp.Symbol, sp.Expr], work: Compiled) -> str:
    cases = [("at its own sizes", work)] if work.points <= FIELD_POINTS else []
    if work.points > FIELD_POINTS // 10:
        cases += [(f"at {_named(small)}", _small(step, small, work)) for small in _smaller(step, values, FIELD_SIZES)[:1]]
    cases = [(where, case) for where, case in cases if case.points <= FIELD_POINTS]
    if not cases:
        return "not run over the prime field: the step is too large and has no symbolic dims to make smaller"
    entries = [field_check(case, steps=1 if case.points > FIELD_POINTS // 10 else 2) for _, case in cases]
    found = [f"{count} entries agree {where}" for count, (where, _) in zip(entries, cases, strict=True) if count]
    return "prime field: " + ("; ".join(found) or "the step divides by 0 at random points, so nothing was compared")


def _symbols(step: TrainingStep, values: Mapping[sp.Symbol, sp.Expr], work: Compiled, equal: Equal) -> str:
    cases = [("at its own sizes", partial(_same_work, work))]
    cases += [(f"at {_named(small)}", partial(_small, step, small, work)) for small in _smaller(step, values, SYMBOL_SIZES)]
    for where, make in cases:
        case = make()
        if any(fold.length > SYMBOL_STEPS for fold in case.f.folds):
            return f"not run over symbols: a fold of more than {SYMBOL_STEPS} steps"
        if case.points <= SYMBOL_POINTS:
            try:
                proved, total = symbol_check(case, equal)
            except Undecided as error:
                return f"not run over symbols: {error}"
            return f"symbols: {proved} of {total} entries proved equal {where}"
    return "not run over symbols: the step is too large and has no symbolic dims to make smaller"


def _small(step: TrainingStep, values: Mapping[sp.Symbol, sp.Expr], work: Compiled) -> Compiled:
    """The program at small sizes; where threads share work in the large one, they share all that they can."""
    return lower(step, values, work.dtype, threads=work.threads, worth=0.0)


def _same_work(work: Compiled) -> Compiled:
    return work


def _named(values: Mapping[sp.Symbol, sp.Expr]) -> str:
    return ", ".join(f"{symbol.name} = {value}" for symbol, value in values.items() if symbol.is_integer)


def _smaller(step: TrainingStep, values: Mapping[sp.Symbol, sp.Expr], patterns: Sequence[Sequence[int]]) -> list[dict[sp.Symbol, sp.Expr]]:
    """The values with small sizes for the dims, one case for each pattern that the facts admit; none when no dim is a symbol."""
    dims = [symbol for symbol in step.step.dims if symbol in values]
    cases = []
    for pattern in patterns:
        chosen = {symbol: sp.Integer(min(int(values[symbol]), pattern[k % len(pattern)])) for k, symbol in enumerate(dims)}
        case = {**values, **chosen}
        if case != dict(values) and case not in cases and _admissible(step, case):
            cases.append(case)
    return cases


def _admissible(step: TrainingStep, values: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether the facts of the step hold at these values."""
    tests = {">=0": lambda v: v >= 0, ">0": lambda v: v > 0, "!=0": lambda v: v != 0}
    return all(bool(tests[fact.relation](fact.expr.xreplace(dict(values)))) for fact in step.step.facts)


# ---- validations are remembered beside the kernels

def _record(key: str) -> Path:
    return cache.cache_folder() / f"validation_{key[:32]}.json"


def _remembered(key: str) -> Validation | None:
    stored = cache.recall(_record(key))
    try:
        return Validation(**stored["validation"]) if stored and stored["key"] == key else None
    except (KeyError, TypeError):
        return None


def _remember(key: str, validation: Validation) -> Validation:
    cache.write(_record(key), json.dumps({"key": key, "validation": asdict(validation)}, indent=1) + "\n", named=False)
    return validation
