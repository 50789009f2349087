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
