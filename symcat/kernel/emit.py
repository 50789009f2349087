"""Emission: a schedule and its layout as the text of one Python module.

The module has two parts.  The first is the source of the primitives (`elementary`); the second, after `MARK`, is the program:
literals, addresses, and `epoch`, which runs all steps.  Everything in the program is an operation of a ring or a primitive,
so that the second part means something over symbols and over a finite field too: that is how it is validated.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import Argmax, At
from symcat.kernel.elementary import source as elementary
from symcat.kernel.nest import Nest
from symcat.kernel.place import Layout
from symcat.kernel.scalar import Writer, letter
from symcat.kernel.schedule import Schedule

MARK = "# ---- program"


@dataclass(frozen=True)
class Text:
    """The emitted program, and for each nest the line of its loops within it."""

    program: str
    lines: tuple[int, ...]

    def module(self, header: str, dtype: str) -> str:
        """The whole module: header, primitives at a dtype, program."""
        return f'"""{header}\n"""\n{primitives(dtype)}\n\n{MARK}\n{self.program}'


def primitives(dtype: str) -> str:
    """The source of the primitives, with `real` bound to the dtype."""
    source = inspect.getsource(elementary)
    body = source[source.index("import math"):]
    return body.replace("from numpy import float64 as real", f"from numpy import {dtype} as real")


def emit(plan: Schedule, layout: Layout) -> Text:
    """The program of a schedule: the same text for the same schedule under every hash seed."""
    blocks, constants = [], {"F_0": sp.S.Zero}
    for nest in plan.nests:
        block = Block(nest, plan, layout)
        blocks.append(block.lines())
        constants.update(block.writer.constants)
    head = [f"{name} = rational({value.p}, {value.q})" for name, value in sorted(constants.items(), key=lambda item: (item[1], item[0]))]
    head.append("F_ninf = infimum()")
    head += [f"o_{name} = {buffer.offset}  # {_shown(plan.shapes[name])}" for name, buffer in layout.arrays.items()]
    head += [f"p_{name}_{k} = {buffer.offset}  # position {k} of {name}" for (name, k), buffer in layout.positions.items()]
    text = [*head, "", "", f"def epoch(S, I, losses{''.join(f', B_{name}' for name in plan.data)}):",
            "    for s in range(losses.shape[0]):"]
    text += [f"        b_{name} = B_{name}[s]" for name in plan.data]
    starts = []
    for block in blocks:
        starts.append(len(text) + 1)
        text += ["        " + line for line in block]
    text.append(f"        losses[s] = S[o_{plan.home(plan.loss)}]")
    return Text("\n".join(text) + "\n", tuple(starts))


def _shown(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "number"


def _indented(lines: Iterable[str], depth: int) -> list[str]:
    return ["    " * depth + line for line in lines]


class Block:
    """The text of one nest."""

    def __init__(self, nest: Nest, plan: Schedule, layout: Layout) -> None:
        self.nest, self.plan, self.layout = nest, plan, layout
        self.first = nest.inner if nest.mode in ("reduce", "row", "max") else 0
        conditions = (*nest.guards, *nest.zeros)
        floor = max([self._depth(e) for e in conditions], default=0)
        self.writer = Writer(len(nest.loops), [store.body for store in nest.stores], self.entry, self.position, floor)

    def lines(self) -> list[str]:
        title = [f"# {self.nest.mode}: {', '.join(self.nest.targets) or self.nest.label}"]
        fill = self._fill(self.nest.label, self.nest.fill) if self.nest.fill else []
        if not self.nest.stores:
            return title + fill
        statements = {"assign": self._assign, "reduce": self._reduce, "row": self._add, "scatter": self._add, "max": self._maximum}
        return title + fill + self._loops(0, statements[self.nest.mode]())

    # ---- entries
    def entry(self, name: str, address: sp.Expr) -> str:
        """The text of an array's entry."""
        where = self.writer.address(address)
        if name in self.plan.data:
            return f"b_{name}[{where}]"
        home = f"o_{self.plan.home(name)}"
        return f"S[{home}]" if address == 0 else f"S[{where} + {home}]"

    def position(self, call: Argmax) -> str:
        where = self.writer.address(call.indices[0])
        home = f"p_{call.name}_{call.component}"
        return f"I[{home}]" if call.indices[0] == 0 else f"I[{where} + {home}]"

    def _fill(self, name: str, size: int) -> list[str]:
        return [f"for i in range({size}):", f"    S[i + o_{self.plan.home(name)}] = F_0"]

    # ---- the innermost statements of each mode
    def _assign(self) -> list[str]:
        lines = self.writer.levels[-1]
        for number, store in enumerate(self.nest.stores):
            value = self.writer.value(store.body)
            name = f"v{number}"
            lines.append(f"{name} = {value}")
            self.writer.name(At(store.target, store.address), name)
            if store.target not in self.plan.local:
                lines.append(f"{self.entry(store.target, store.address)} = {name}")
        return []

    def _reduce(self) -> list[str]:
        return [f"a += {self.writer.value(self.nest.stores[0].body)}"]

    def _add(self) -> list[str]:
        store = self.nest.stores[0]
        return [f"{self.entry(store.target, store.address)} += {self.writer.value(store.body)}"]

    def _maximum(self) -> list[str]:
        value = self.writer.value(self.nest.stores[0].body)
        steps = [f"    q{k} = {self.writer.address(e)}" for k, e in self._components()]
        return [f"v = {value}", "if f_greater(v, a):", "    a = v", *steps]

    def _components(self) -> list[tuple[int, sp.Expr]]:
        name = self.nest.stores[0].target
        return [(k, e) for k, e in self.nest.components if (name, k) in self.plan.selected]

    # ---- what stands before and after the accumulating loops
    def _opening(self) -> list[str]:
        store = self.nest.stores[0]
        if self.nest.mode == "reduce":
            return ["a = F_0"]
        if self.nest.mode == "max":
            return ["a = F_ninf", *(f"q{k} = 0" for k, _ in self._components())]
        if self.nest.mode == "row" and not self.nest.continues:
            symbol, extent = self.nest.loops[-1]
            return [f"for {letter(symbol)} in range({extent}):", f"    {self.entry(store.target, store.address)} = F_0"]
        return []

    def _closing(self) -> list[str]:
        store = self.nest.stores[0]
        if self.nest.mode not in ("reduce", "max"):
            return []
        stores = [f"{self.position(Argmax(store.target, k, store.address))} = q{k}" for k, _ in self._components()]
        return [f"{self.entry(store.target, store.address)} = a", *stores]

    # ---- loops
    def _loops(self, depth: int, innermost: list[str]) -> list[str]:
        """The body of the loop at a depth: conditions, assignments, the next loop."""
        accumulates = depth == self.first and self.nest.mode in ("reduce", "row", "max")
        before = self._opening() if accumulates else []
        after = self._closing() if accumulates else []
        tests = self._tests(depth)
        inside = [*self.writer.levels[depth]]
        if depth == len(self.nest.loops):
            inside += innermost
        else:
            symbol, extent = self.nest.loops[depth]
            inside += [f"for {letter(symbol)} in range({self._range(symbol, extent, depth)}):",
                       *_indented(self._loops(depth + 1, innermost), 1)]
        if tests:
            inside = [f"if {' and '.join(tests)}:", *_indented(inside, 1)]
        return [*before, *inside, *after]

    def _depth(self, condition: sp.Expr) -> int:
        """The number of loops after whose start a condition is known, at least the accumulating level."""
        return max([self.first, *(int(s.name[1:]) + 1 for s in condition.free_symbols)])

    def _bounds(self, guard: sp.Expr) -> tuple[int, sp.Expr] | None:
        """(depth of the loop, bound) when a guard can be a bound of a loop: its index has coefficient 1 or -1."""
        depth = self._depth(guard)
        if depth <= self.first:
            return None
        symbol = self.nest.loops[depth - 1][0]
        if guard.coeff(symbol) not in (1, -1) or any(symbol in call.free_symbols for call in guard.atoms(Argmax)):
            return None
        return depth - 1, sp.expand(guard - guard.coeff(symbol) * symbol)

    def _tests(self, depth: int) -> list[str]:
        tests = [f"{self.writer.address(e)} == 0" for e in self.nest.zeros if self._depth(e) == depth]
        return tests + [f"{self.writer.address(e)} >= 0" for e in self.nest.guards if self._depth(e) == depth and self._bounds(e) is None]

    def _range(self, symbol: sp.Symbol, extent: int, depth: int) -> str:
        low, high, least, most = [], [], 0, extent
        for guard in self.nest.guards:
            bound = self._bounds(guard)
            if bound is None or bound[0] != depth:
                continue
            if guard.coeff(symbol) == 1:
                low.append(sp.expand(-bound[1]))
            else:
                high.append(sp.expand(bound[1] + 1))
        first = self._extreme("max", low, least, not any(self._least(e) >= least for e in low))
        last = self._extreme("min", high, most, not any(-self._least(-e) <= most for e in high))
        return last if first == "0" else f"{first}, {last}"

    def _extreme(self, word: str, bounds: list[sp.Expr], default: int, needed: bool) -> str:
        """The text of a bound: the default, or the stricter of the default and what the guards say."""
        texts = [self.writer.address(e) for e in bounds]
        if needed or not texts:
            texts = [str(default), *texts]
        return texts[0] if len(texts) == 1 else f"{word}({', '.join(texts)})"

    def _least(self, e: sp.Expr) -> int | float:
        """The least value of a bound over the loops; minus infinity when a selector is in it."""
        if e.has(Argmax):
            return -sp.oo
        extents = dict(self.nest.loops)
        return int(e.xreplace({s: (extents[s] - 1 if e.coeff(s) < 0 else 0) * sp.S.One for s in e.free_symbols}))
