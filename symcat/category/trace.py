"""Reading a Python function over arrays as a morphism.

The function is called once, with a traced array for each wire of the domain and a symbol for each hyperparameter.
Operators and NumPy functions append comprehensions; what the function returns are the outputs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Real as RealNumber
from typing import Any, TypeAlias

import numpy as np
import sympy as sp

from symcat.category.elementwise import windows
from symcat.category.hyper import Hyper, infer
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Base, Real, Space, Wire
from symcat.category.tracing.array import Traced, unwrap, wrap
from symcat.category.tracing.value import ACTIVE, Tape, Value, lift, materialise
from symcat.errors import TraceError

__all__ = ["apply", "hypers_of", "morphism", "trace", "windows"]

Given: TypeAlias = Hyper | sp.Expr | int | float | bool | str | None


def hypers_of(function: Callable, given: Mapping[str, Given] | None = None) -> dict[str, Given]:
    """What the keyword-only arguments of a function get: a `Hyper`, or as it is what is no number (a flag, a name).

    A number among the defaults becomes a `Hyper` with the range that its name suggests; a number in `given` stays a number.

    >>> hypers_of(lambda p, g, *, lr=0.1, nesterov=False: p)["lr"].range
    '(0, oo)'
    """
    given = dict(given or {})
    found: dict[str, Given] = {}
    for parameter in _parameters(function):
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        name, default = parameter.name, parameter.default
        if name in given:
            value = given.pop(name)
            found[name] = value.named(value.name or name) if isinstance(value, Hyper) else value
        elif isinstance(default, Hyper):
            found[name] = default.named(default.name or name)
        elif default is parameter.empty:
            found[name] = infer(name)
        else:
            number = isinstance(default, RealNumber) and not isinstance(default, bool)
            found[name] = infer(name, default) if number else default
    if given:
        names = ", ".join(found) or "none"
        raise TraceError(f"hyperparameter {', '.join(given)} is not a keyword-only argument of {_title(function)}, whose are: {names}")
    return found


def trace(function: Callable, dom: Space, *, hypers: Mapping[str, Given] | None = None, names: Sequence[str] | None = None) -> Morphism:
    """The morphism from `dom` that a function of as many positional arguments computes.

    >>> from symcat.category.space import Real, space
    >>> print(trace(lambda x, W: x @ W, space(x=Real["b", "n"], W=Real["n", "m"])))
    x: Real[b, n] * W: Real[n, m] -> y: Real[b, m]
      matmul[i, j] = sum over k < n of W[k, j]*x[i, k]
      return matmul
    """
    keywords = hypers_of(function, hypers)
    _check_arity(function, dom)
    _check_names(dom, keywords, function)
    declared = {value.symbol: value for value in keywords.values() if isinstance(value, Hyper)}
    tape = Tape(Builder(), declared)
    arrays = [wrap(tape.array(name)) for name in tape.build.inputs(dom)]
    token = ACTIVE.set(tape)
    try:
        passed = {name: _keyword(tape, value) for name, value in keywords.items() if isinstance(value, Hyper) or name in (hypers or {})}
        result = _called(function, arrays, passed)
        outs = [_output(tape, item, dom, function) for item in (result if isinstance(result, (tuple, list)) else (result,))]
    finally:
        ACTIVE.reset(token)
    labels = _labels(names, len(outs))
    used = tape.build.build(outs, labels).symbols
    for symbol, value in declared.items():
        if symbol in used:
            for fact in value.facts:
                tape.build.fact(fact.expr, fact.relation)
    return tape.build.build(outs, labels)


def morphism(function: Callable | None = None, /, **wires: Any) -> Any:
    """The morphism of a function whose arguments have these wires; without a function, a decorator.

    Keywords that are no wires are hyperparameters.

    >>> from symcat.category.space import Real
    >>> morphism(lambda x, y: x * y, x=Real["n"], y=Real["n"])
    <Morphism x: Real[n] * y: Real[n] -> y: Real[n], 1 comprehensions>
    """
    if function is None:
        return lambda decorated: morphism(decorated, **wires)
    given = {name: value for name, value in wires.items() if not isinstance(value, (Wire, Base))}
    typed = {name: Wire(value, ()) if isinstance(value, Base) else value for name, value in wires.items() if name not in given}
    positional = [p.name for p in _parameters(function) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if positional and set(positional) != set(typed):
        raise TraceError(f"{_title(function)} takes {', '.join(positional)} but the wires given are {', '.join(typed) or 'none'}: "
                         "give one wire for each positional argument, e.g. x=Real['n']")
    dom = Space(tuple((name, typed[name]) for name in positional or typed))
    return trace(function, dom, hypers=given)


def apply(f: Morphism, *arrays: object) -> object:
    """A morphism applied to traced arrays, in a function that is being traced: its program is appended.

    >>> from symcat.category.space import Real
    >>> double = morphism(lambda x: x + x, x=Real["n"])
    >>> morphism(lambda x: apply(double, apply(double, x)), x=Real["n"]) == double >> double
    True
    """
    values = [unwrap(item) for item in arrays]
    tapes = [value.tape for value in values if isinstance(value, Value)]
    if not tapes:
        raise TraceError(f"apply of a morphism from {f.dom} to {len(arrays)} arguments, none of them traced: use symcat.category.evaluate")
    placed = [materialise(lift(tapes[0], value)) for value in values]
    outs = tuple(wrap(tapes[0].array(name)) for name in tapes[0].build.call(f, [value.name for value in placed]))
    return outs[0] if len(outs) == 1 else outs


def _parameters(function: Callable) -> tuple[inspect.Parameter, ...]:
    """The parameters of a function; none when it has no signature, or NumPy's for options that are no hyperparameters."""
    try:
        return () if isinstance(function, np.ufunc) else tuple(inspect.signature(function).parameters.values())
    except ValueError:
        return ()


def _title(function: Callable) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "the function" if name == "<lambda>" else name


def _check_arity(function: Callable, dom: Space) -> None:
    parameters = _parameters(function)
    if not parameters or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return
    taken = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p.name for p in parameters if p.name in taken and p.default is p.empty]
    if not len(needed) <= len(dom) <= len(taken):
        raise TraceError(f"{_title(function)} takes {len(taken)} arrays ({', '.join(taken) or 'none'}) "
                         f"but the domain {dom} has {len(dom)} wires: there must be one wire for each")


def _called(function: Callable, arrays: Sequence[object], keywords: Mapping[str, object]) -> object:
    """The function's result; NumPy's own complaint about a SymPy symbol becomes one that says what to do."""
    try:
        return function(*arrays, **keywords)
    except TypeError as error:
        if "loop of ufunc does not support" not in str(error):
            raise
        raise TraceError(f"a NumPy function of a SymPy symbol ({error}): "
                         "take dims from x.shape, or use sc.sqrt, sc.exp, sc.log, ...") from error


def _check_names(dom: Space, keywords: Mapping[str, Given], function: Callable) -> None:
    dims = {symbol.name for symbol in dom.dims}
    for name, value in keywords.items():
        symbol = value.name if isinstance(value, Hyper) else name
        if isinstance(value, (Hyper, sp.Symbol)) and (symbol in dims or symbol in dom.names):
            raise TraceError(f"{symbol} is a hyperparameter of {_title(function)} and a dim or wire of {dom}: rename one of them")


def _keyword(tape: Tape, value: Given) -> object:
    """What the function receives for a keyword-only argument."""
    if isinstance(value, Hyper):
        return wrap(tape.scalar(value.symbol))
    return wrap(lift(tape, value)) if isinstance(value, sp.Expr) else value


def _output(tape: Tape, item: object, dom: Space, function: Callable) -> str:
    """The array of something returned."""
    if item is None:
        raise TraceError(f"{_title(function)} returned None: return an array, or a tuple of arrays")
    if isinstance(item, Traced) and unwrap(item).tape is not tape:
        raise TraceError(f"{_title(function)} returned an array of another trace: return what it computes from its arguments")
    bases = dict.fromkeys(wire.base for wire in dom.types)
    return materialise(lift(tape, unwrap(item)), base=next(iter(bases)) if len(bases) == 1 else Real).name


def _labels(names: Sequence[str] | None, count: int) -> list[str]:
    """The names of the outputs: those given, or y, y1, y2, ..."""
    if names is not None and len(names) != count:
        raise TraceError(f"{len(names)} names ({', '.join(names)}) for {count} outputs: give one for each")
    return list(names) if names is not None else ["y" if k == 0 else f"y{k}" for k in range(count)]
