"""From the clauses that a solver learned to a proof with hints: only the steps that are needed, each with the clauses that fail it.

The learned clauses are added in order until unit propagation alone fails.  Then they are taken away again, last first; a clause
that a later step needs is denied, and the clauses that propagate to a conflict become its hints.
"""

from __future__ import annotations

from collections.abc import Sequence

from symcat.errors import SoundnessError

EFFORT = 60_000_000
Clause = Sequence[int]
Step = list[list[int]]


class TooLong(Exception):
    """The search for hints visits more clauses than it may."""


def hinted(clauses: Sequence[Clause], learned: Sequence[Clause], most: int = EFFORT) -> list[Step]:
    """Steps [clause, hints] that end in the empty clause; a hint is the position of a clause or, after these, of a step.

    TooLong after `most` visits to clauses; SoundnessError when what was learned does not lead to a contradiction.
    """
    if () in clauses:
        return [[[], [list(clauses).index(())]]]
    store = Propagation(max((abs(x) for clause in clauses for x in clause), default=0), most)
    for clause in (*clauses, *learned):
        if store.add(list(clause)):
            break
    else:
        raise SoundnessError("the solver's clauses end without a contradiction: its answer is not accepted")
    given, last = len(clauses), len(store.clauses)
    needed: dict[int, list[int]] = {last: store.reasons(store.conflict)}
    wanted = set(needed[last])
    for number in range(last - 1, given - 1, -1):
        store.remove_last()
        if number in wanted:
            needed[number] = store.deny(store.clauses[number])
            wanted.update(needed[number])
    order = sorted(needed)
    place = dict(zip(range(given), range(given))) | {number: given + k for k, number in enumerate(order)}
    return [[list(store.clauses[n]) if n < last else [], [place[hint] for hint in needed[n]]] for n in order]


class Propagation:
    """Clauses with two watched literals each, and the literals that follow from unit clauses: a stack with the reason of each.

    `values[x]` is 1 when the literal x is true, -1 when it is false; lists are indexed by literals, negative ones from the end.
    """

    def __init__(self, variables: int, most: int) -> None:
        size, self.left = 2 * variables + 1, most
        self.clauses: list[list[int]] = []
        self.limit = 0
        self.values = [0] * size
        self.watching: list[list[int]] = [[] for _ in range(size)]
        self.reason = [-1] * size
        self.depth = [0] * size
        self.stack: list[int] = []
        self.head = 0
        self.units: list[int] = []
        self.conflict = -1

    def add(self, clause: list[int]) -> bool:
        """Append a clause and propagate; whether that fails."""
        number = len(self.clauses)
        self.clauses.append(clause)
        self.limit = number + 1
        # open literals first, then the latest false ones: they are the first that removal makes open again
        clause.sort(key=lambda x: (self.values[x] < 0, -self.depth[-x] if self.values[x] < 0 else 0))
        if len(clause) > 1:
            self.watching[clause[0]].append(number)
            self.watching[clause[1]].append(number)
        elif clause:
            self.units.append(number)
        if not clause or self.values[clause[0]] < 0:
            self.conflict = number
            return True
        if self.values[clause[0]] == 0 and (len(clause) == 1 or self.values[clause[1]] < 0):
            self.assign(clause[0], number)
            return self.propagate()
        return False

    def remove_last(self) -> None:
        """Take the last clause away, and what followed from it."""
        self.limit -= 1
        if self.units and self.units[-1] == self.limit:
            self.units.pop()
        for position, literal in enumerate(self.stack):
            if self.reason[literal] >= self.limit:
                self.undo(position)
                self.head = 0
                for number in self.units:
                    if not self.values[self.clauses[number][0]]:
                        self.assign(self.clauses[number][0], number)
                self.propagate()
                break

    def deny(self, clause: Clause) -> list[int]:
        """The clauses, in order, that become unit and fail when all literals of a clause are false."""
        before, found = len(self.stack), None
        for literal in clause:
            if self.values[literal] > 0:
                found = self.reasons(self.reason[literal], clause)
                break
            if not self.values[literal]:
                self.assign(-literal, -1)
        if found is None:
            if not self.propagate():
                raise SoundnessError("a clause that the solver learned does not follow by propagation: its answer is not accepted")
            found = self.reasons(self.conflict, clause)
        self.undo(before)
        self.head = before
        return found

    def reasons(self, conflict: int, denied: Clause = ()) -> list[int]:
        """The clauses behind a conflict, in the order in which they became unit, and the conflict itself."""
        seen, left, found, given = set(), [conflict], [], set(denied)
        while left:
            for literal in self.clauses[left.pop()]:
                behind = self.reason[-literal]
                if self.values[literal] < 0 and behind >= 0 and behind not in seen and literal not in given:
                    seen.add(behind)
                    found.append((self.depth[-literal], behind))
                    left.append(behind)
        return [number for _, number in sorted(found)] + [conflict]

    def assign(self, literal: int, reason: int) -> None:
        self.values[literal], self.values[-literal] = 1, -1
        self.reason[literal], self.depth[literal] = reason, len(self.stack)
        self.stack.append(literal)

    def undo(self, length: int) -> None:
        for literal in self.stack[length:]:
            self.values[literal] = self.values[-literal] = 0
            self.reason[literal] = -1
        del self.stack[length:]

    def propagate(self) -> bool:
        """Make unit clauses true until none is left; whether one fails, which is then `conflict`."""
        values, clauses, stack = self.values, self.clauses, self.stack
        while self.head < len(stack):
            false = -stack[self.head]
            self.head += 1
            watching, kept = self.watching[false], []
            self.left -= len(watching)
            if self.left < 0:
                raise TooLong
            for place, number in enumerate(watching):
                if number >= self.limit:
                    continue
                clause = clauses[number]
                if clause[0] == false:
                    clause[0], clause[1] = clause[1], false
                first = clause[0]
                if values[first] > 0:
                    kept.append(number)
                    continue
                for k in range(2, len(clause)):
                    other = clause[k]
                    if values[other] >= 0:
                        clause[1], clause[k] = other, false
                        self.watching[other].append(number)
                        break
                else:
                    kept.append(number)
                    if values[first] < 0:
                        self.conflict = number
                        self.watching[false] = kept + watching[place + 1:]
                        return True
                    self.assign(first, number)
            self.watching[false] = kept
        return False
