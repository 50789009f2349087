"""Optax transformations as optimisers, read through their jaxpr: hyperparameters and sizes stay symbols.

`read("rmsprop(eps_in_sqrt=False)")` reads a transformation by its call, from `optax` or `optax.contrib`; `read(optax.chain(...))`
one that is made already, whose numbers are then constants.  What the library decides on its own is told in `notes`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symcat.category.morphism import Builder
from symcat.category.space import Dim, dim
from symcat.category.tracing.array import unwrap, wrap
from symcat.category.tracing.value import Tape, Value, lift, operands
from symcat.errors import SymcatError, TraceError, UsageError
from symcat.interop.calls import parse
from symcat.interop.jaxpr import Run
from symcat.interop.program import Constant, Operation, Program, flatten
from symcat.interop.recipe import Kitchen, Recipe, makes, titled
from symcat.interop.sizes import Pattern, Premise, number
from symcat.learn.optimisers import Optimiser, optimiser
from symcat.learn.optimisers.state import state

CLOSURES = ("value_fn", "obj_fn", "grad_fn", "'grad'")
VECTOR, MATRIX, SMALL = ("n",), ("m", "n"), (3,)


@dataclass(frozen=True)
class Libraries:
    """JAX and optax, imported when a rule is read."""

    jax: Any
    optax: Any
    symbolic_shape: Callable[..., tuple]

    @contextmanager
    def exact(self) -> Iterator[None]:
        """Traces in double precision, without the libraries' warnings."""
        precision = self.jax.enable_x64 if hasattr(self.jax, "enable_x64") else self.jax.experimental.enable_x64
        with warnings.catch_warnings(), precision(True):
            warnings.simplefilter("ignore")
            yield


def libraries() -> Libraries:
    """JAX and optax; UsageError that names the extra when they are not installed."""
    try:
        import jax
        import optax
        import optax.contrib
        from jax.export import symbolic_shape
    except ImportError as error:
        raise UsageError(f"optax transformations are read through JAX, which is not installed ({error}): "
                         "pip install 'symcat[jax]'") from error
    return Libraries(jax, optax, symbolic_shape)


def read(given: object, arguments: Mapping[str, object] | None = None, *, shape: Sequence[str | int] | None = None,
         symbolic: Sequence[str] = ()) -> Optimiser:
    """The optimiser that an optax call in text, a function of optax or a transformation stands for.

    `arguments` are further keywords of the call.  Numbers that are not given become hyperparameters, except those whose default
    is 0, which select what a rule is made of: `symbolic` names those to keep open.  `shape` is the parameter's shape in laws,
    Real[n] unless the rule treats a matrix otherwise than its entries.  UsageError for what cannot be read: it names the
    primitive and the transformation.
    """
    found = libraries()
    extra = {name: _item(value) for name, value in (arguments or {}).items()}
    if isinstance(given, str):
        subject = f"optax:{given}"
        recipe = _kitchen(found, subject, symbolic).recipe(parse(given), extra)
    elif callable(getattr(given, "init", None)) and callable(getattr(given, "update", None)):
        subject = f"optax:{_qualified(given)}"
        if extra or symbolic:
            raise UsageError(f"{subject} is made already: {', '.join([*extra, *symbolic])} cannot be given; use the call in text instead")
        recipe = Recipe(given)
    elif callable(given) and makes(given):
        subject = f"optax:{titled(given)}"
        kitchen = _kitchen(found, subject, symbolic)
        recipe = kitchen.done(kitchen.call(given, (), extra))
    else:
        raise UsageError(f"{given!r:.60} is neither a call of optax in text nor a transformation with init and update")
    if extra and isinstance(given, str):
        subject += "".join(f", {name}={value}" for name, value in extra.items())
    return Reading(found, subject, recipe).optimiser(shape)


def _kitchen(found: Libraries, subject: str, symbolic: Sequence[str]) -> Kitchen:
    return Kitchen((found.optax, found.optax.contrib), subject, symbolic)


def _item(value: object) -> Any:
    """An argument in Python as one in text: numbers exact."""
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    return Fraction(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else value


def _qualified(transformation: Any) -> str:
    return getattr(transformation.update, "__qualname__", type(transformation).__name__).partition(".<locals>")[0]


@dataclass(frozen=True)
class Traced:
    """A transformation at a pattern of sizes: its programs, and where the leaves of its state lie."""

    init: Program
    step: Program
    leaves: tuple[tuple[str, ...], ...]
    kept: tuple[int, ...]
    premises: tuple[Premise, ...]

    @classmethod
    def of(cls, init: Program, step: Program, leaves: Sequence[tuple[str, ...]], premises: tuple[Premise, ...]) -> Traced:
        """The programs, with leaves known that every step returns as they came and that start at the same for all parameters."""
        kept = [k for k in range(len(leaves)) if step.outs[k + 1] is step.ins[3 + k] and init.ins[0] not in init.reads([k])]
        known = {step.ins[3 + k]: out for k in kept if isinstance(out := init.outs[k], Constant)}
        return cls(init, step.bound(known), tuple(leaves), tuple(kept), premises)


@dataclass
class Reading:
    """A transformation that is being read."""

    found: Libraries
    subject: str
    recipe: Recipe
    closed: set[int] = field(default_factory=set)          # slots that JAX could not leave open
    notes: dict[str, None] = field(default_factory=dict)
    traces: dict[Pattern, Traced] = field(default_factory=dict)

    def optimiser(self, shape: Sequence[str | int] | None) -> Optimiser:
        """The optimiser, at the shape given or the one that suits the rule."""
        shape = tuple(shape) if shape is not None else self._shape()
        traced = self.traced(tuple(map(dim, shape)))
        rule = Rule(self, traced, *self.parts(traced, self.notes))
        data = {"loss": "loss"} if rule.valued else None
        made = optimiser(rule.function(), name=self.subject, data=data, shape=shape)
        try:
            made.step()
            made.start()
        except TraceError as error:
            raise UsageError(f"{self.subject} cannot be read: {error}") from error
        fixed = [f"{slot.name}={float(slot.number)!r} is a constant: optax computes with it before it is traced"
                 for k, slot in enumerate(self.recipe.slots) if k in self.closed]
        named = Pattern.of(made.shape).sizes(made.shape)
        if any("float32" in var.dtype or "float16" in var.dtype for operation in traced.step.operations for var in operation.outs):
            self.notes.setdefault("optax rounds to fewer digits on the way (float32): read as exact numbers")
        premises = [f"for sizes with {number(row.left, named)} {row.relation} {number(row.right, named)}" for row in traced.premises]
        return replace(made, notes=(*dict.fromkeys((*premises, *fixed, *self.notes, *self.recipe.notes)),))

    # ---- tracing
    def traced(self, shape: Sequence[Dim]) -> Traced:
        """The programs at a shape."""
        pattern = Pattern.of(shape)
        if pattern not in self.traces:
            with self.found.exact():
                self._probe()
                self.traces[pattern] = self._trace(pattern)
        return self.traces[pattern]

    def _probe(self) -> None:
        """Find the slots that cannot stay open, once: optax branches on them or computes with them in Python."""
        if self.traces or not self.recipe.slots:
            return
        jax = self.found.jax
        everything = set(range(len(self.recipe.slots)))
        if self._makes(jax, set()):
            return
        alone = {k for k in everything if not self._makes(jax, everything - {k})}
        self.closed = alone if self._makes(jax, alone) else everything

    def _makes(self, jax: Any, closed: set[int]) -> bool:
        self.closed = closed
        for shape in ((4,), (4, 4)):
            try:
                leaf = jax.ShapeDtypeStruct(shape, float)
                jax.eval_shape(self._initial, leaf, *self._samples())
                self._stepped(leaf)
                return True
            except Exception:      # any failure says that this way is closed; the trace itself tells why
                continue
        return False

    def _samples(self) -> list[float]:
        return [slot.sample for k, slot in enumerate(self.recipe.slots) if k not in self.closed]

    def _transformation(self, values: Sequence[object]) -> Any:
        """The transformation with values for the open slots."""
        left = iter(values)
        return self.recipe.make([slot.sample if k in self.closed else next(left) for k, slot in enumerate(self.recipe.slots)])

    def _params(self, p: Any, transformation: Any) -> Any:
        """The parameters as the transformation wants them: p, or the fast and slow copies of a lookahead."""
        if _qualified(transformation) == "lookahead":
            return self.found.optax.LookaheadParams.init_synced(p)
        return p

    def _initial(self, p: Any, *values: Any) -> Any:
        transformation = self._transformation(values)
        params = self._params(p, transformation)
        return params, transformation.init(params)

    def _stepped(self, leaf: Any) -> tuple[Any, list[tuple[str, ...]]]:
        """The jaxpr of a step, and the words on the path to each leaf of the state."""
        jax, optax = self.found.jax, self.found.optax
        start = jax.eval_shape(self._initial, leaf, *self._samples())
        flat, tree = jax.tree_util.tree_flatten_with_path(start)

        def step(p: Any, g: Any, value: Any, leaves: Sequence[Any], *values: Any) -> Any:
            params, old = jax.tree_util.tree_unflatten(tree, [p, *leaves])
            transformation = self._transformation(values)
            try:
                updates, new = optax.with_extra_args_support(transformation).update(g, old, params, value=value)
            except TypeError as error:
                if "unexpected keyword argument 'value'" not in str(error):
                    raise
                updates, new = transformation.update(g, old, params)
            after = jax.tree_util.tree_structure((params, new))
            if after != tree:
                raise UsageError(f"{self.subject} returns a state of another structure than it was given")
            return jax.tree_util.tree_leaves((optax.apply_updates(params, updates), new))

        value = jax.ShapeDtypeStruct((), float)
        jaxpr = jax.make_jaxpr(step)(leaf, leaf, value, [entry for _, entry in flat[1:]], *self._samples())
        return jaxpr, [tuple(word for key in path if (word := _word(key))) for path, _ in flat[1:]]

    def _trace(self, pattern: Pattern) -> Traced:
        jax = self.found.jax

        def both(shape: tuple) -> tuple[Any, Any, list[tuple[str, ...]]]:
            leaf = jax.ShapeDtypeStruct(shape, float)
            stepped, names = self._stepped(leaf)
            started = jax.make_jaxpr(lambda p, *values: jax.tree_util.tree_leaves(self._initial(p, *values))[1:])(leaf, *self._samples())
            return started, stepped, names

        try:
            (started, stepped, names), premises = pattern.premised(both, self.found.symbolic_shape)
        except SymcatError:
            raise
        except Exception as error:
            raise UsageError(self._failed(error, pattern)) from error
        return Traced.of(flatten(started, self.subject), flatten(stepped, self.subject), names, premises)

    def _failed(self, error: Exception, pattern: Pattern) -> str:
        text = str(error).partition("\n")[0][:200]
        if any(word in str(error) for word in CLOSURES):
            return (f"{self.subject} needs a function that evaluates the loss ({text}): line searches and Hessian estimates are no "
                    "function of parameter, gradient and state")
        return f"{self.subject} cannot be traced at the shape ({', '.join(map(str, pattern.entries))}): {type(error).__name__}: {text}"

    @property
    def taken(self) -> list[str]:
        """Names that no state can have."""
        return ["p", "g", "loss", *(slot.name for slot in self.recipe.slots if slot.hyper)]

    # ---- what a rule is made of
    def _shape(self) -> tuple[str | int, ...]:
        """Real[m, n] for a rule that adds up or multiplies along single axes of a matrix, else Real[n].

        Sizes are numbers where optax cannot be traced with sizes that are symbols.
        """
        try:
            if any(map(_along_axes, self.traced(tuple(map(dim, MATRIX))).step.operations)):
                return MATRIX
        except UsageError:
            pass
        try:
            self.traced(tuple(map(dim, VECTOR)))
        except UsageError as error:
            if "shape polymorphism" not in str(error):
                raise
            self.notes.setdefault(f"read at the shape {SMALL}: optax cannot be traced with a size that is a symbol")
            return SMALL
        return VECTOR

    def parts(self, traced: Traced, notes: dict[str, None] | None = None) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
        """The leaves that are states, those that keep an initial value free of the parameter, and whether a loss is read."""
        notes, count, start = {} if notes is None else notes, len(traced.leaves), 3
        needed, reached = {0}, traced.step.reads([0])
        while (wider := needed | {k + 1 for k in range(count) if traced.step.ins[start + k] in reached}) != needed:
            needed, reached = wider, traced.step.reads(sorted(wider))
        for k in range(count):
            if k in traced.kept:
                notes.setdefault(f"the state {'.'.join(traced.leaves[k][1:])} keeps its initial value and is read as a constant")
            elif k + 1 not in needed:
                notes.setdefault(f"the state {'.'.join(traced.leaves[k][1:])} never reaches the parameter and is left out")
        states = tuple(k for k in range(count) if k + 1 in needed and k not in traced.kept)
        return states, tuple(k for k in traced.kept if k + 1 in needed), traced.step.ins[2] in reached


@dataclass(frozen=True)
class Rule:
    """The rule of a transformation as a function of traced arrays.

    `states` and `kept` number the leaves of its state that are states, and those that keep their initial value.
    """

    reading: Reading
    main: Traced
    states: tuple[int, ...]
    kept: tuple[int, ...]
    valued: bool

    def function(self) -> Callable:
        """The rule with a signature: parameter, gradient, data, states with initial values, hyperparameters."""
        def rule(p: Any, g: Any, *rest: Any, **hypers: Any) -> tuple:
            return self.step(p, g, rest, hypers)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in ("p", "g", *(("loss",) if self.valued else ()))]
        names = _names([self.main.leaves[k] for k in self.states], self.reading.taken)
        parameters += [inspect.Parameter(name, kind, default=state(self._initial(k))) for name, k in zip(names, self.states, strict=True)]
        return self._signed(rule, parameters)

    def _signed(self, function: Callable, parameters: Sequence[inspect.Parameter]) -> Callable:
        keywords = [inspect.Parameter(slot.name, inspect.Parameter.KEYWORD_ONLY, default=slot.hyper)
                    for k, slot in enumerate(self.reading.recipe.slots) if slot.hyper and k not in self.reading.closed]
        function.__signature__ = inspect.Signature([*parameters, *keywords])  # type: ignore[attr-defined]
        return function

    def step(self, p: Any, g: Any, rest: Sequence[Any], hypers: Mapping[str, Any]) -> tuple:
        """The new parameter and states."""
        traced, run, slots = self._run(unwrap(p), hypers, "step")
        given = iter(operands(unwrap(p), *map(unwrap, rest))[1:])
        zero = run.tape.scalar(sp.S.Zero)
        value = next(given) if self.valued else zero
        leaves = [zero] * len(traced.leaves)
        if self.kept:
            _, start, _ = self._run(unwrap(p), hypers, "init")
            initial = start.outputs([unwrap(p), *slots])
            leaves = [initial[k] if k in self.kept else zero for k in range(len(leaves))]
        for k in self.states:
            leaves[k] = next(given)
        outs = run.outputs([unwrap(p), *operands(unwrap(g)), value, *leaves, *slots])
        return tuple(wrap(out) for out in (outs[0], *(outs[k + 1] for k in self.states)))

    def _initial(self, k: int) -> sp.Rational | Callable:
        """The initial value of a leaf: a number, or a function of the parameter."""
        if not self.main.init.reads([k]):
            sizes = {f"d{axis}": dim(f"d{axis}") for axis in range(len(self.main.init.ins[0].shape))}
            scratch = Run(self.main.init, Tape(Builder()), sizes, self.reading.subject)
            try:
                value = scratch.outcome(k)
                if value.array is None and value.scalar.is_Rational:
                    return value.scalar
            except UsageError:
                pass

        def start(p: Any, **hypers: Any) -> Any:
            _, run, slots = self._run(unwrap(p), hypers, "init")
            return wrap(run.outputs([unwrap(p), *slots])[k])

        return self._signed(start, [inspect.Parameter("p", inspect.Parameter.POSITIONAL_OR_KEYWORD)])

    def _run(self, p: Value, hypers: Mapping[str, Any], which: str) -> tuple[Traced, Run, list[Value]]:
        """A run of the step or of the initial states at the shape of p, and the values of the open slots."""
        traced, reading = self.reading.traced(p.shape), self.reading
        if traced is not self.main:
            self._check(traced, p.shape)
        sizes = Pattern.of(p.shape).sizes(p.shape)
        for premise in traced.premises:
            difference = sp.expand(number(premise.left, sizes) - number(premise.right, sizes))
            p.tape.build.fact(difference, ">=0")
            if premise.relation == "==":
                p.tape.build.fact(-difference, ">=0")
        run = Run(traced.step if which == "step" else traced.init, p.tape, sizes, reading.subject, reading.notes)
        slots = [lift(p.tape, unwrap(hypers[slot.name]) if slot.hyper else slot.number)
                 for k, slot in enumerate(reading.recipe.slots) if k not in reading.closed]
        return traced, run, slots

    def _check(self, traced: Traced, shape: Sequence[Dim]) -> None:
        """That a rule at another shape has the states that it has at its own."""
        states, kept, valued = self.reading.parts(traced) if traced.leaves == self.main.leaves else ((), (), None)
        if valued is None or not set(states) <= {*self.states} or not {*self.kept} <= {*kept} or (valued and not self.valued):
            shown = ", ".join(map(str, shape))
            raise TraceError(f"{self.reading.subject} has other states for a parameter of shape [{shown}] than for its own: "
                             f"read it with shape=({shown},)")


def _along_axes(operation: Operation) -> bool:
    """Whether an operation treats the axes of a matrix apart: a sum or maximum along one of them, or a product of matrices."""
    rank = len(operation.ins[0].shape) if operation.ins else 0
    if operation.name == "dot_general":
        (left, _), (batch, _) = operation.params["dimension_numbers"]
        return rank - len(left) - len(batch) > 0
    gone = operation.params.get("axes", ())
    return operation.name.startswith("reduce_") and 0 < len(gone) < sum(extent != 1 for extent in operation.ins[0].shape)


def _names(paths: Sequence[tuple[str, ...]], taken: Sequence[str]) -> tuple[str, ...]:
    """A name for each leaf: the last word on its path and what numbers follow it, with a word before where that is not enough."""
    found: list[str] = []
    for path in paths:
        words = [word for word in path if not word.isdigit()] or ["state"]
        behind = path[len(path) - next((k for k, word in enumerate(reversed(path)) if not word.isdigit()), len(path)):]
        short = "_".join([words[-1], *behind])
        alike = [other for other in paths if [word for word in other if not word.isdigit()][-1:] == words[-1:] and not behind]
        longer = [f"{word}_{short}" for word in reversed(words[:-1])] if len(alike) > 1 else []
        choices = [*longer, short] if longer and short in found else [short, *longer]
        choices += [f"{short}_{k}" for k in range(1, len(paths) + 2)]
        found.append(next(name for name in map(_legal, choices) if name not in (*found, *taken)))
    return tuple(found)


def _word(key: Any) -> str:
    """A key of a path as part of a name."""
    for attribute in ("name", "key", "idx"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return ""


def _legal(name: str) -> str:
    legal = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name).strip("_")
    return legal if legal[:1].isalpha() else f"state_{legal}".rstrip("_")
