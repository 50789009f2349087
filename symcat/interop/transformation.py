"""A transformation of optax as two programs, that of a step and that of the initial states, at any pattern of sizes.

JAX traces with hyperparameters and sizes that are symbols; where a hyperparameter cannot be one, because Python branches on it
or computes with it, it is a constant, and that is told.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from symcat.category.space import Dim, dim
from symcat.errors import SymcatError, UsageError
from symcat.interop.coincidence import excluded
from symcat.interop.program import Constant, Operation, Program, flatten
from symcat.interop.recipe import Recipe
from symcat.interop.sizes import Pattern, Premise

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


def qualified(transformation: Any) -> str:
    """The name of the function that made a transformation."""
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
    probed: bool = False
    notes: dict[str, None] = field(default_factory=dict)
    traces: dict[Pattern, Traced] = field(default_factory=dict)

    # ---- tracing
    def operations(self, shape: Sequence[Dim]) -> tuple[Operation, ...]:
        """The operations of a step at a shape."""
        with self.found.exact():
            self._probe()
            return flatten(self._jaxprs(Pattern.of(shape))[0][1], self.subject).operations

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
        if self.probed or not self.recipe.slots:
            return
        self.probed = True
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
        made = self.recipe.make([slot.sample if k in self.closed else next(left) for k, slot in enumerate(self.recipe.slots)])
        if not (hasattr(made, "init") and hasattr(made, "update")):
            raise UsageError(f"{self.subject} makes a {type(made).__name__}: expected a function that makes an optax transformation")
        return made

    def _params(self, p: Any, transformation: Any) -> Any:
        """The parameters as the transformation wants them: p, or the fast and slow copies of a lookahead."""
        if qualified(transformation) == "lookahead":
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
        """The programs at a pattern of sizes, with the premises under which they are the rule."""
        (started, stepped, leaves), premises = self._jaxprs(pattern)
        init, step = flatten(started, self.subject), flatten(stepped, self.subject)
        premises += excluded(step, pattern, premises, lambda at: flatten(self._jaxprs(at)[0][1], self.subject), self._samples())
        return Traced.of(init, step, leaves, premises)

    def _jaxprs(self, pattern: Pattern) -> tuple[tuple[Any, Any, list[tuple[str, ...]]], tuple[Premise, ...]]:
        jax = self.found.jax

        def both(shape: tuple) -> tuple[Any, Any, list[tuple[str, ...]]]:
            leaf = jax.ShapeDtypeStruct(shape, float)
            stepped, names = self._stepped(leaf)
            started = jax.make_jaxpr(lambda p, *values: jax.tree_util.tree_leaves(self._initial(p, *values))[1:])(leaf, *self._samples())
            return started, stepped, names

        try:
            return pattern.premised(both, self.found.symbolic_shape)
        except SymcatError:
            raise
        except Exception as error:
            raise UsageError(self._failed(error, pattern)) from error

    def _failed(self, error: Exception, pattern: Pattern) -> str:
        text = str(error).partition("\n")[0][:200]
        if any(word in str(error) for word in CLOSURES):
            return (f"{self.subject} needs a function that evaluates the loss ({text}): line searches and Hessian estimates are no "
                    "function of parameter, gradient and state")
        return f"{self.subject} cannot be traced at the shape ({', '.join(map(str, pattern.entries))}): {type(error).__name__}: {text}"

    def told(self, traced: Traced) -> list[str]:
        """What the reading decided on its own."""
        fixed = [f"{slot.name}={float(slot.number)!r} is a constant: optax computes with it before it is traced"
                 for k, slot in enumerate(self.recipe.slots) if k in self.closed]
        if any("float32" in var.dtype or "float16" in var.dtype for operation in traced.step.operations for var in operation.outs):
            fixed.append("optax rounds to fewer digits on the way (float32): read as exact numbers")
        return [*fixed, *self.notes, *self.recipe.notes]

    @property
    def taken(self) -> list[str]:
        """Names that no state can have."""
        return ["p", "g", "loss", *VECTOR, *(slot.name for slot in self.recipe.slots if slot.hyper)]

    # ---- what a rule is made of
    def shape(self) -> tuple[str | int, ...]:
        """Real[m, n] for a rule that adds up or multiplies along single axes of a matrix, else Real[n].

        Sizes are numbers where optax cannot be traced with sizes that are symbols.
        """
        try:
            if any(map(_along_axes, self.operations(tuple(map(dim, MATRIX))))):
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


def _along_axes(operation: Operation) -> bool:
    """Whether an operation treats the axes of a matrix apart: a sum or maximum along one of them, or a product of matrices."""
    rank = len(operation.ins[0].shape) if operation.ins else 0
    if operation.name == "dot_general":
        (left, _), (batch, _) = operation.params["dimension_numbers"]
        return rank - len(left) - len(batch) > 0
    gone = operation.params.get("axes", ())
    return operation.name.startswith("reduce_") and 0 < len(gone) < sum(extent != 1 for extent in operation.ins[0].shape)


def _word(key: Any) -> str:
    """A key of a path as part of a name."""
    for attribute in ("name", "key", "idx"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return ""
