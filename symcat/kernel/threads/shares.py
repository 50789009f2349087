"""Which loops of a schedule threads may share, which nests are worth it, and where they must wait for each other.

A loop may be shared when its turns write to different memory; then every entry is computed as by one thread, by the same operations in
the same order, and results do not depend on the number of threads.  Nests that are too small for that are left to thread 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby

import sympy as sp

from symcat.category.expression import Argmax, At
from symcat.kernel.block import fill_lines
from symcat.kernel.nest import Nest
from symcat.kernel.order import stride
from symcat.kernel.place import Buffer, Layout
from symcat.kernel.scalar import letter
from symcat.kernel.schedule import Schedule
from symcat.kernel.threads.rewriting import OWN, alone, shared

WORTH = 3000.0      # nanoseconds of work from which a nest is shared
PRODUCT, ENTRY, CALL = 0.02, 0.1, 1.0      # of a point of a product, of an operation on a point, of a function call, in vectors
SCALAR = 8.0        # how much longer points take without vectors
MEETING = 500.0     # nanoseconds of a barrier and of what threads fetch from each other after it
LARGE = 100_000.0   # nanoseconds of a step from which threads are used: to wake them takes as long as a few small steps
GAIN = 1.15         # how much faster threads must be, by this estimate, to be used
BARRIER = "barrier(W, n)"

Range = tuple[int, int]


@dataclass(frozen=True)
class Phase:
    """Lines that threads run without waiting for each other, in shares or thread 0 alone; `nest` is the position of their nest."""

    lines: tuple[str, ...]
    together: bool
    reads: tuple[Range, ...]
    writes: tuple[Range, ...]
    nest: int

    def clashes(self, later: Phase) -> bool:
        """Whether the later phase must wait until this one has ended."""
        if not self.together and not later.together:
            return False
        return _meet(self.writes, later.reads) or _meet(self.writes, later.writes) or _meet(self.reads, later.writes)


def _meet(left: Iterable[Range], right: Sequence[Range]) -> bool:
    return any(a < d and c < b for a, b in left for c, d in right)


def parallel(nest: Nest, local: Iterable[str]) -> frozenset[sp.Symbol]:
    """The loops whose turns write to different memory."""
    stores = [store for store in nest.stores if store.target not in local]
    return frozenset(symbol for symbol, _ in nest.loops if stores and all(_apart(nest, store.address, symbol) for store in stores))


def _apart(nest: Nest, address: sp.Expr, symbol: sp.Symbol) -> bool:
    """Whether the addresses for two values of a loop index never coincide, whatever the other indices are.

    The index steps over all that smaller steps can reach; and steps that are not smaller go beyond all that it can reach itself.
    """
    if address.atoms(Argmax):
        return False
    own, below, above = abs(stride(address, symbol) or 0), 0, []
    extents = dict(nest.loops)
    for other in address.free_symbols - {symbol}:
        step = abs(stride(address, other) or 0)
        if other not in extents or (step >= own and step > 0):
            above.append((step, other))
        else:
            below += step * (extents[other] - 1)
    reach = own * (extents[symbol] - 1) + below
    return own > below and all(other not in extents or step > reach for step, other in above)


def nanoseconds(nest: Nest) -> float:
    """What a nest takes one thread, roughly."""
    if nest.mode == "product":
        return PRODUCT * nest.points
    functions = sum(len(store.body.atoms(sp.Function) - store.body.atoms(At, Argmax)) for store in nest.stores)
    operations = sum(len(store.accesses) + 1 + int(sp.count_ops(_plain(store.body))) for store in nest.stores)
    time = nest.points * (ENTRY * operations + CALL * functions) + ENTRY * nest.fill
    return time * (1 if nest.lanes is not None or not nest.loops else SCALAR)


def _plain(body: sp.Expr) -> sp.Expr:
    return body.xreplace({access: sp.Dummy() for access in body.atoms(At, Argmax)})


def widened(layout: Layout, threads: int) -> Layout:
    """The layout with a panel for each thread, at the end of the arena."""
    size = layout.panel.size
    if not size or threads == 1:
        return layout
    whole = (size * threads,)
    return replace(layout, panel=replace(layout.panel, meant=whole, held=whole), reals=layout.reals + size * (threads - 1))


def pays(plan: Schedule, threads: int, worth: float = WORTH) -> bool:
    """Whether threads are estimated to be faster than one."""
    alone_time = shared_time = 0.0
    for nest in plan.nests:
        time = nanoseconds(nest) * plan.times(nest)
        if nanoseconds(nest) >= worth and parallel(nest, plan.local):
            shared_time += time
            alone_time += MEETING * plan.times(nest)
        else:
            alone_time += time
    single = sum(nanoseconds(nest) * plan.times(nest) for nest in plan.nests)
    return threads > 1 and single >= LARGE and single > GAIN * (alone_time + shared_time / threads)


@dataclass(frozen=True)
class Shares:
    """The shares of a schedule for a number of threads; nests of less than `worth` nanoseconds are left to thread 0."""

    plan: Schedule
    layout: Layout
    threads: int
    worth: float = WORTH

    def step(self, blocks: Sequence[Sequence[str]], loops: Mapping[int, str], final: str) -> list[tuple[str, int | None]]:
        """The lines of one step, each with the position of the nest that begins there.

        `blocks` are the lines of the nests, `loops` the headers of the loops around groups of nests, `final` the line that hands out
        the loss.
        """
        result: list[tuple[str, int | None]] = []
        running: list[Phase] = []
        for group, members in groupby(range(len(blocks)), key=lambda k: self.plan.nests[k].group):
            phases = [phase for k in members for phase in self._phases(k, blocks[k])]
            if group is None:
                running = self._run(phases, running, result)
            elif not any(phase.together for phase in phases):
                running = self._run([self._whole(phases, loops[group])], running, result)
            else:
                result += [(BARRIER, None)] * bool(running) + [(loops[group], None)]
                inside: list[tuple[str, int | None]] = []
                self._run(phases, [], inside)
                result += [("    " + line, nest) for line, nest in [*inside, (BARRIER, None)]]
                running = []
        loss = Phase((final,), False, self._of({self.plan.loss}), (), -1)
        running = self._run([loss], running, result)
        if any(line.strip() == BARRIER for line, _ in result) or any(phase.together for phase in running):
            result.append((BARRIER, None))
        return result

    @staticmethod
    def _run(phases: Sequence[Phase], running: Sequence[Phase], result: list[tuple[str, int | None]]) -> list[Phase]:
        """Append phases, with a barrier before one that clashes with what may still be running; what may be running afterwards."""
        running = list(running)
        for phase in phases:
            if any(earlier.clashes(phase) for earlier in running):
                result.append((BARRIER, None))
                running = []
            lines = list(phase.lines if phase.together else alone(phase.lines))
            if not phase.together and running and not running[-1].together:
                lines = lines[1:]       # goes on in the branch of thread 0
            result += [(line, phase.nest if k == 0 and phase.nest >= 0 else None) for k, line in enumerate(lines)]
            running.append(phase)
        return running

    @staticmethod
    def _whole(phases: Sequence[Phase], header: str) -> Phase:
        """A loop that thread 0 runs."""
        lines = tuple("    " + line for phase in phases for line in phase.lines)
        return Phase((header, *lines), False, tuple(r for phase in phases for r in phase.reads),
                     tuple(r for phase in phases for r in phase.writes), phases[0].nest)

    def _phases(self, position: int, lines: Sequence[str]) -> list[Phase]:
        """The phases of one nest: the loops that clear its target, and all others."""
        nest = self.plan.nests[position]
        count = 1 + (len(fill_lines(self.plan, nest.label, nest.fill)) if nest.fill else 0)
        large = nanoseconds(nest) >= self.worth
        letters = {letter(symbol) for symbol in parallel(nest, self.plan.local)} if large else set()
        reads, writes = self._reads(nest), self._writes(nest)
        found = []
        if nest.fill:
            found.append(self._phase(lines[:count], {"i"} if large else set(), (), writes, position))
        if nest.stores:
            rest = lines[count:] if nest.fill else lines
            found.append(self._phase(rest, letters, reads, writes, position))
        return found

    def _phase(self, lines: Sequence[str], letters: Set[str], reads: tuple[Range, ...], writes: tuple[Range, ...], position: int) -> Phase:
        title = [line for line in lines[:1] if line.startswith("#")]
        parts = shared(lines[len(title):], letters, self.threads) if letters else None
        if parts is None:
            return Phase(tuple(lines), False, reads, writes, position)
        size = self.layout.panel.size // self.threads
        own = [line.replace(OWN, f"{size}*me + {OWN}") for line in parts]
        return Phase((*title, *own), True, reads, writes, position)

    def _reads(self, nest: Nest) -> tuple[Range, ...]:
        arrays = {read.name for store in nest.stores for read in store.accesses}
        if nest.mode == "scatter" or nest.group is not None:
            arrays |= set(nest.targets)
        selectors = sorted({(call.name, call.component) for call in nest.selectors})
        return (*self._of(arrays), *(_range(self.layout.positions[selector]) for selector in selectors))

    def _writes(self, nest: Nest) -> tuple[Range, ...]:
        targets = set(nest.targets) or {nest.label}
        positions = [buffer for (name, _), buffer in self.layout.positions.items() if name in targets]
        return (*self._of(targets), *map(_range, positions))

    def _of(self, names: Iterable[str]) -> tuple[Range, ...]:
        homes = {self.plan.home(name) for name in set(names) - self.plan.local} - set(self.plan.data)
        return tuple(_range(self.layout.arrays[home]) for home in sorted(homes))


def _range(buffer: Buffer) -> Range:
    return buffer.offset, buffer.offset + buffer.size
