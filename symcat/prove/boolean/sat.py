"""Satisfiability by Glucose, with the clauses that it learned.  The only file that imports pysat.

Nothing that it says is believed: a model is evaluated on the goal, and the learned clauses become a proof that is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pysat.solvers import Glucose4

Clause = Sequence[int]


def satisfy(clauses: Iterable[Clause], conflicts: int) -> tuple[str, list]:
    """("sat", the true literals), ("unsat", the clauses learned, in order) or ("unknown", []) after so many conflicts.

    >>> satisfy([(1, 2), (-1, 2), (1, -2)], 100)
    ('sat', [1, 2])
    >>> satisfy([(1,), (-1,)], 100)[0]
    'unsat'
    """
    clauses = list(clauses)
    if () in clauses:
        return "unsat", []
    with Glucose4(bootstrap_with=clauses, with_proof=True) as solver:
        solver.conf_budget(conflicts)
        answer = solver.solve_limited()
        if answer is None:
            return "unknown", []
        if answer:
            return "sat", solver.get_model()
        lines = [line.split() for line in solver.get_proof()]
    return "unsat", [[int(word) for word in line[:-1]] for line in lines if line[0] != "d"]


def compare(clauses: Iterable[Clause], one: int, other: int, conflicts: int) -> list[Clause] | None:
    """Clauses learned from which it follows by propagation that two literals are equal; None when that is not shown.

    >>> compare([(-1, 2), (1, -2)], 1, 2, 10)
    []
    >>> compare([(-1, 2)], 1, 2, 10)
    """
    names: dict[int, int] = {}
    local = lambda x: names.setdefault(abs(x), len(names) + 1) * (1 if x > 0 else -1)
    one, other = local(one), local(other)
    with Glucose4(bootstrap_with=[list(map(local, clause)) for clause in clauses], with_proof=True) as solver:
        for assumed in ([one, -other], [-one, other]):
            solver.conf_budget(conflicts)
            if solver.solve_limited(assumptions=assumed) is not False:
                return None
        lines = [[int(word) for word in line.split()[:-1]] for line in solver.get_proof() if not line.startswith("d")]
    known = {place: name for name, place in names.items()}
    # under assumptions the empty clause, which the solver writes, does not follow
    return [[known[abs(x)] * (1 if x > 0 else -1) for x in line] for line in lines if line]
