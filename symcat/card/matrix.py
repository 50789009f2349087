"""The law matrix: many rules against the laws of naturality, each cell with the proof or the counterexample behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symcat.card.card import Plan
from symcat.card.findings import Questions
from symcat.card.rows import law_names, rows
from symcat.errors import SymcatError
from symcat.interop.rules import read
from symcat.learn.optimisers import OPTIMISERS

Record = Mapping[str, Any]
COLUMNS = ("zero_gradient", "loss_scale", "translation", "uniform_scaling", "diagonal_scaling", "sign_flips", "permutation", "rotation",
           "linear", "diffeomorphism", "projection")
SIDES = ("row", "column", "left", "right")
EDGES = ("adagrad(eps=0)", "rmsprop(eps=0)", "adam(eps=0)")     # as the literature idealises them
OPTAX = ("adabelief", "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamaxw", "adamw", "adan", "amsgrad", "fromage", "lamb",
         "lars", "lbfgs", "lion", "nadam", "nadamw", "noisy_sgd", "novograd", "optimistic_adam", "optimistic_adam_v2",
         "optimistic_gradient_descent", "polyak_sgd", "radam", "rmsprop", "rprop", "sgd", "sgd(momentum=0.9)",
         "sgd(momentum=0.9, nesterov=True)", "sign_sgd", "signum", "sm3", "yogi", "contrib.acprop", "contrib.ademamix", "contrib.adopt",
         "contrib.cocob", "contrib.dadapt_adamw", "contrib.dog", "contrib.dowg",
         "contrib.madgrad", "contrib.momo", "contrib.momo_adam", "contrib.muon", "contrib.prodigy", "contrib.schedule_free_adamw",
         "contrib.schedule_free_sgd", "contrib.simplified_ademamix", "contrib.sophia")
TORCH = ("Adadelta", "Adafactor", "Adagrad", "Adam", "Adam(amsgrad=True)", "AdamW", "Adamax", "ASGD", "LBFGS", "Muon", "NAdam", "RAdam",
         "RMSprop", "RMSprop(centered=True)", "Rprop", "SGD", "SGD(momentum=0.9)", "SGD(momentum=0.9, nesterov=True)", "SparseAdam")
ROSTER: dict[str, tuple[str, ...]] = {"ours": (*OPTIMISERS, *EDGES), "optax": tuple(f"optax:{name}" for name in OPTAX),
                                      "torch": tuple(f"torch:{name}" for name in TORCH)}


@dataclass(frozen=True)
class MatrixRow:
    """One rule: for each column its laws, one or those of rows, columns, left and right; or why it cannot be read."""

    target: str
    family: str
    cells: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    group: str = ""
    reason: str = ""

    def data(self) -> dict[str, Any]:
        """The row as JSON-able data."""
        laws = [dict(record) for cell in self.cells.values() for record in cell.values()]
        return {"target": self.target, "family": self.family, "group": self.group, "laws": laws, "reason": self.reason}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> MatrixRow:
        """The row that `data` wrote."""
        return cls(data["target"], data["family"], in_columns(data["laws"]), data["group"], data["reason"])


def matrix(families: Sequence[str] = tuple(ROSTER), timeout: float = 20.0, progress: Callable[[MatrixRow], None] | None = None,
           roster: Mapping[str, Sequence[str]] | None = None, known: Iterable[MatrixRow] = ()) -> tuple[MatrixRow, ...]:
    """The rows of the families that are named, in the order of the roster; `timeout` is in seconds for each claim.

    Rows that are `known` are not decided again.
    """
    found, before = [], {row.target: row for row in known}
    for family in families:
        for target in (roster or ROSTER)[family]:
            found.append(before.get(target) or matrix_row(target, family, timeout))
            if progress:
                progress(found[-1])
    return tuple(found)


def matrix_row(target: str, family: str = "ours", timeout: float = 20.0, jobs: int | None = None) -> MatrixRow:
    """The laws on one step of a rule, its states transported; on the path, too, where how a state moves is a guess.

    >>> row = matrix_row("gradient_descent")
    >>> row.group, row.cells["rotation"][""]["verdict"], row.cells["linear"][""]["verdict"]
    ('O(n)⋉Rⁿ', 'proved', 'refuted')
    """
    try:
        rule = read(target)
        names = [name for name in law_names(rule) if column_of(name)]
        found = [row for row in rows(rule, names) if column_of(row.name)]
        table = tuple(replace(row, path=row.path if row.guessed else None, levels={}) for row in found)
    except SymcatError as error:
        return MatrixRow(target, family, reason=str(error))
    card = Plan(target, table, Questions(rule, ()), whole=True).card(timeout, jobs=jobs)
    return MatrixRow(target, family, in_columns(card.laws), card.group)


def in_columns(laws: Iterable[Record]) -> dict[str, dict[str, Record]]:
    """Laws by their columns and sides."""
    cells: dict[str, dict[str, Record]] = {}
    for law in laws:
        place = column_of(law["name"])
        if place:
            cells.setdefault(place[0], {})[place[1]] = law
    return cells


def column_of(law: str) -> tuple[str, str] | None:
    """The column of a law, and its side; None for a law that stands in no column.

    >>> column_of("row_scaling"), column_of("left_rotation"), column_of("GetPut")
    (('diagonal_scaling', 'row'), ('rotation', 'left'), None)
    """
    side = next((side for side in SIDES if law.startswith(f"{side}_")), "")
    plain = law.removeprefix(f"{side}_") if side else law
    column = "diagonal_scaling" if side and plain == "scaling" else plain
    return (column, side) if column in COLUMNS else None
