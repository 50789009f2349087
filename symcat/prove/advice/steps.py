"""The search for steps that take a difference to 0: what is bound to help at once, and what may help tried out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice, permutations
from typing import Any

from symcat.checker.differences import ENTRIES, JOINED
from symcat.checker.equations import Replay
from symcat.checker.forms import Form, Refused, fails, form, plus
from symcat.checker.table import Expr

STEPS = 400          # of one attempt
TRIALS = 4           # trials inside one another
MODULI = 6
TRIED = 6            # guards of each kind that are tried
ORDERED = 3          # indices whose permutations are looked through


class Steps(Replay):
    """A replay that searches for steps; `planned` are answers that a trial has found already."""

    left = STEPS
    trials = 0
    mode = ""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.planned: deque[Any] = deque()

    def trial(self) -> AbstractContextManager[None]:
        """What is done inside is forgotten."""
        raise NotImplementedError

    def find_vanish(self, e: Expr) -> list | None:
        """What to do about a difference that is not 0 as it stands."""
        self.left -= 1
        if self.left < 0:
            return None
        sure = self._sure(e)
        if sure is not None:
            return sure
        if self.mode and (found := next(self._candidates(e, self.mode), None)) is not None:
            return found
        if self.trials >= TRIALS:
            return None
        for mode in ("at", "sign", "same", "refine", "inside", "join", "cells", "residues", "values", "entries"):
            for step in islice(self._candidates(e, mode), 1 if mode in ("refine", "join") else TRIED):
                if self._works(step, e, mode if mode in ("refine", "join", "cells", "residues", "values") else ""):
                    return step
        return None

    def _works(self, step: list, e: Expr, mode: str) -> bool:
        """Whether a step leads to 0; its answers are kept, so that they need not be found again."""
        before, self.mode, self.trials = self.mode, mode, self.trials + 1
        facts, tape = self.facts, len(self.tape)
        try:
            with self.trial():
                self.step(step, e)
                found = self.tape[tape:]
            self.planned = deque(found)
            return True
        except (Refused, ArithmeticError, ValueError, IndexError):
            self.planned.clear()
            return False
        finally:
            self.mode, self.trials, self.facts = before, self.trials - 1, facts

    # ---- what is bound to help
    def _sure(self, e: Expr) -> list | None:
        """Common factors divided out, denominators cleared, guards decided."""
        if not self.kinks and any(k > 0 for _, k in self.common(e)):     # where x = 0, x (s + t - 1) is 0 and s + t - 1 is not
            return ["common"]
        several = any(self.kind(a) == "several" for _, factors in e for a, _ in factors)
        if several and len(self.cases(e)) == 1:
            return ["clear"]
        names = sorted(self.scope(e))
        guards = sorted({g for guards, _ in e for g in guards}) or sorted({g for _, factors in e for g in self._inner_guards(factors)})
        for guard in guards:
            if all(v in names for v, _ in guard[1]):
                return ["split", _written(guard, names)]
        return ["clear"] if several else None

    def _inner_guards(self, factors: tuple) -> Iterator[Form]:
        """The guards inside the arguments of functions, not those of sums."""
        for a, _ in factors:
            thing = self.things[a]
            for body in thing[2] if thing[0] == "call" else thing[1:2] if thing[0] == "several" else ():
                for guards, inner in self.thaw(body):
                    yield from guards
                    yield from self._inner_guards(inner)

    def _at(self, e: Expr) -> Iterator[list]:
        """An equation between an index and the place of a maximum."""
        for k, a in enumerate(self.shared_equations(e)):
            found = [v for v in self.solvable(self.things[a][1]) if self.kind(v) in ("index", "point")]
            if found and any(self.kind(v) == "argmax" for v in self.free[a]):
                yield ["at", k]

    def _same(self, e: Expr) -> Iterator[list]:
        """Two atoms that may be one."""
        atoms = self.functions(e)
        for j, k in permutations(range(len(atoms)), 2):
            first, second = self.things[atoms[j]], self.things[atoms[k]]
            if first[0] == second[0] and (first[0] == "several" or (first[1] == second[1] and len(first[2]) == len(second[2]))) and j < k:
                yield ["same", j, k]

    def _signs(self, e: Expr) -> Iterator[list]:
        """A step whose argument's sign is to be divided by; where that is 0, each atom that it can be solved for."""
        for k, a in enumerate(self.steps(e) if self.kinks else ()):
            atoms = self.linear(self.thaw(self.things[a][2][0]))
            yield from (["sign", k, j] for j in range(len(atoms)))
            if not atoms:
                yield ["sign", k, -1]

    # ---- what may help
    def _candidates(self, e: Expr, mode: str) -> Iterator[list]:
        match mode:
            case "at":
                yield from self._at(e)
            case "same":
                yield from self._same(e)
            case "sign":
                yield from self._signs(e)
            case "refine":
                yield from self._refinements(e)
            case "join":
                yield from self._joins(e)
                yield from self._refinements(e)
                yield from self._inside(e)
            case "inside":
                yield from self._inside(e)
            case "cells":
                yield from self._cells(e)
                yield from self._refinements(e)
            case "residues":
                yield from self._residues(e)
                yield from self._refinements(e)
            case "values":
                yield from self._values(e)
                yield from self._entries(e)
            case "entries":
                yield from self._entries(e)

    def _refinements(self, e: Expr) -> Iterator[list]:
        """A guard of one sum by which another over the same factors may be divided, or its image under a permutation of indices."""
        numbers = self.sums(e)
        for k, a in enumerate(numbers):
            _, depth, count, guards, factors = self.things[a]
            own = [self.id("bound", depth, j) for j in range(count)]
            names = [*own, *sorted(self.scope(e))]
            for b in numbers:
                if self.things[b][1:3] != (depth, count) or self.things[b][4] != factors:
                    continue
                for guard in self._images(self.things[b][3], factors, own):
                    if all(v in names for v, _ in guard[1]) and self._undecided(guards, guard):
                        yield ["sum", k, "guard", _written(guard, names)]

    def _images(self, guards: tuple, factors: tuple, own: list[int]) -> list[Form]:
        """Guards with their images under the permutations of the indices that leave the summand as it is."""
        found, summand = dict.fromkeys(guards), {((), factors): 1}
        for order in permutations(own) if 1 < len(own) <= ORDERED else ():
            moves = {v: form(w) for v, w in zip(own, order, strict=True)}
            with self.trial():
                symmetric = self.substituted(summand, moves) == summand
            if symmetric:
                found |= dict.fromkeys(self.moved(g, moves) for g in guards)
        return list(found)

    def _undecided(self, guards: tuple, guard: Form) -> bool:
        with self.trial():
            return not self.implied(guards, guard) and not self.implied(guards, fails(guard))

    def _joins(self, e: Expr) -> Iterator[list]:
        """A term with several sums that can be one."""
        for k, (_, factors) in enumerate(sorted(e)):
            chosen = [(a, n) for a, n in factors if self.kind(a) == "sum" and n > 0]
            if sum(n for _, n in chosen) > 1 and sum(self.things[a][2] * n for a, n in chosen) <= min(JOINED, 4):
                yield ["join", k]

    def _inside(self, e: Expr) -> Iterator[list]:
        """Sums over one range whose summands may cancel; what stands outside of sums is spread where all of these have one range."""
        numbers = self.sums(e)
        ranges: dict[tuple, list[int]] = {}
        for k, a in enumerate(numbers):
            if any(dict(factors).get(a, 0) > 0 for _, factors in e):
                ranges.setdefault((self.things[a][2], self.range(a)), []).append(k)
        for chosen in sorted(ranges.values(), key=lambda some: -self.things[numbers[some[0]]][2]):
            atoms = {numbers[k] for k in chosen}
            if not all([n for a, n in factors if a in atoms] in ([], [1]) for _, factors in e):
                continue
            outside = any(not any(a in atoms for a, _ in factors) for _, factors in e)
            with self.trial():
                box = self.inhabited(self.things[numbers[chosen[0]]][3])
            if outside and box:
                yield ["inside", chosen, True]
            yield ["inside", chosen, False]

    def _cells(self, e: Expr) -> Iterator[list]:
        """A sum divided where a piece of its summand ends."""
        for k, a in enumerate(self.sums(e)):
            _, depth, count, _, factors = self.things[a]
            names = [*[self.id("bound", depth, j) for j in range(count)], *sorted(self.scope(e))]
            for guard in dict.fromkeys(self._inner_guards(factors)):
                if all(v in names for v, _ in guard[1]) and set(names[:count]) & {v for v, _ in guard[1]}:
                    yield ["sum", k, "cells", _written(guard, names)]

    def _residues(self, e: Expr) -> Iterator[list]:
        """An index that does not step by a stride of the difference, bound or free."""
        for modulus in self._strides(e):
            for k, v in enumerate(self.free_indices(e)):
                zeros = [self.things[a][1] for _, factors in e for a in self._inner_atoms(factors) if self.kind(a) == "zero"]
                if any(dict(z[1]).get(v, 0) % modulus and any(q % modulus == 0 for w, q in z[1] if self.kind(w) != "dim") for z in zeros):
                    yield ["residue", k, modulus]
            for k, a in enumerate(self.sums(e)):
                _, depth, count, _, factors = self.things[a]
                stepping = [b for b in self._inner_atoms(factors) if self.kind(b) in ("read", "cut", "zero")]
                forms = [x for b in stepping for x in self.anatomy(self.things[b])[0]]
                for j in range(count):
                    if any(dict(x[1]).get(self.id("bound", depth, j), 0) % modulus for x in forms):
                        yield ["sum", k, "residues", j, modulus]

    def _strides(self, e: Expr) -> list[int]:
        found = {abs(q) for _, factors in e for a in self._inner_atoms(factors) for x in self.anatomy(self.things[a])[0]
                 for v, q in x[1] if self.kind(v) != "dim"}
        return sorted(q for q in found if 2 <= q <= MODULI)

    def _inner_atoms(self, factors: tuple) -> Iterator[int]:
        """The atoms of a monomial, those inside functions and sums too."""
        for a, _ in factors:
            yield a
            thing = self.things[a]
            if thing[0] == "sum":
                yield from self._inner_atoms(thing[4])
            for body in thing[2] if thing[0] == "call" else thing[1:2] if thing[0] == "several" else ():
                for _, inner in self.thaw(body):
                    yield from self._inner_atoms(inner)

    def _values(self, e: Expr) -> Iterator[list]:
        """An index of a sum that lies between two numbers not far apart."""
        for k, a in enumerate(self.sums(e)):
            _, depth, count, guards, _ = self.things[a]
            for j in range(count):
                v = self.id("bound", depth, j)
                low = self._least(guards, form(v))
                high = self._least(guards, plus((0, ()), form(v), -1))
                if low is not None and high is not None and -high - low <= ENTRIES:
                    yield ["sum", k, "values", j, low, -high]

    def _least(self, guards: tuple, e: Form) -> int | None:
        """The greatest number near 0 that a form is shown to reach everywhere."""
        with self.trial():
            if not self.implied(guards, plus(e, (ENTRIES, ()))):
                return None
            found = -ENTRIES
            for step in (64, 32, 16, 8, 4, 2, 1):
                if self.implied(guards, plus(e, (-found - step, ()))):
                    found += step
            return found

    def _entries(self, e: Expr) -> Iterator[list]:
        """An index of few values, to be replaced by each."""
        for k, v in enumerate(self.indices_of(e)):
            count, moving = self.things[v][-1]
            if not moving and 0 < count <= ENTRIES:
                yield ["entries", k]


def _written(guard: Form, names: list[int]) -> list:
    """A form as advice states it."""
    return [guard[0], *[[names.index(v), q] for v, q in guard[1]]]
