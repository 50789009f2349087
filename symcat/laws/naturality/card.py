"""The laws of naturality of an optimiser, each judged in two ways: one step with its states moved along, and the whole path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import sympy as sp

from symcat.category.expression import At
from symcat.laws.claim import Claim, Equation
from symcat.laws.naturality import families as rows
from symcat.laws.naturality.actions import Sparse
from symcat.laws.naturality.combined import together
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.flow import flow_of, flow_square, words
from symcat.laws.naturality.inference import Found, inferred
from symcat.laws.naturality.levels import LEVELS, level
from symcat.laws.naturality.path import path
from symcat.laws.naturality.projection import projected, projected_path
from symcat.laws.naturality.spelling import REMARKS, functors
from symcat.laws.naturality.squares import LOOK, square
from symcat.laws.naturality.whole import group_of
from symcat.laws.naturality.zero import stays, stays_for_ever
from symcat.learn.optimisers import Optimiser, elementwise

SOURCE = "our verdict, derived here; naturality of optimisers: Goodbrake 2023, arXiv 2312.04739"
FACTORS = ("uniform_scaling", "loss_scale")      # laws for which the levels below an exact square make sense


@dataclass(frozen=True)
class CardLaw:
    """One row of a law card.

    `step` is about one step from any state, with S(phi) as `functors` says; `path` about the parameter at every step from the
    initial states (None where it cannot be stated); `levels` are weaker claims, by name: F (the flow), Fc, rate, O.  `legs` names the
    equations of `step` in order; the witness of a refutation has the number of one as `equation` and its leg as `output`: p, a state, look.
    `guessed` are the states for which S is a guess: to refute the square with it leaves open whether another S makes it commute.
    """

    name: str
    statement: str
    source: str
    step: Claim
    path: Claim | None
    levels: Mapping[str, Claim] = field(default_factory=dict)
    legs: tuple[str, ...] = ()
    functors: str = ""
    guessed: tuple[str, ...] = ()


def card_laws(rule: Optimiser, laws: Iterable[str] | None = None) -> tuple[CardLaw, ...]:
    """The rows of the card of a rule, or those that are named; what is asked of matrices is asked of rows and columns apart.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> print(*(law.name for law in card_laws(gradient_descent)))
    zero_gradient loss_scale translation uniform_scaling diagonal_scaling sign_flips permutation rotation linear diffeomorphism projection
    """
    table = law_table(rule)
    wanted = list(table) if laws is None else [name for name in table if name in set(laws)]
    return tuple(table[name]() for name in wanted)


def law_table(rule: Optimiser) -> dict[str, Callable[[], CardLaw]]:
    """What makes each row, by its name."""
    wire, alike = rule.wire, elementwise(rule)
    table: dict[str, Callable[[], CardLaw]] = {"zero_gradient": partial(_zero_gradient, rule)}
    families = {"loss_scale": rows.loss_scale(wire), "translation": rows.translation(wire), "uniform_scaling": rows.uniform_scaling(wire),
                "diagonal_scaling": rows.diagonal_scaling(wire)}
    if len(wire.shape) == 1:
        bent = _bent(rule)
        families |= {"sign_flips": rows.sign_flips(wire, 0, alike, bent), "permutation": rows.permutation(wire, 0, alike, bent),
                     "rotation": rows.rotation(wire), "linear": rows.linear(wire)}
    elif len(wire.shape) == 2:
        for axis, (side, hand) in enumerate((("row", "left"), ("column", "right"))):
            families |= {f"{side}_scaling": rows.diagonal_scaling(wire, (axis,)), f"{side}_sign_flips": rows.sign_flips(wire, axis),
                         f"{side}_permutation": rows.permutation(wire, axis), f"{hand}_rotation": rows.rotation(wire, axis),
                         f"{hand}_linear": rows.linear(wire, axis)}
    families["diffeomorphism"] = rows.diffeomorphism(wire)
    for name, found in families.items():
        if found:
            table[name] = partial(_row, rule, name, found)
    if len(wire.shape) == 1 and not wire.shape[0].is_Integer:
        table["projection"] = partial(_projection, rule)
    return table


def _row(rule: Optimiser, name: str, families: tuple[Family, ...]) -> CardLaw:
    families, found, apart = _known(rule, families)
    moved = [{state: one.transport for state, one in each.items()} for each in found]
    maps = "; ".join(dict.fromkeys(family.words for family in families))
    said = "; ".join(dict.fromkeys(functors(family, each) for family, each in zip(families, found, strict=True)))
    statement = f"one step commutes with {maps}" + (f"; S: {said}" if said else "")
    pairs = list(zip(families, moved, strict=True))
    group = partial(group_of, rule, name, families[0], moved[0])
    step = _claim(name, statement, lambda: group(False) or tuple(leg for family, each in pairs for leg in square(rule, family, each)))
    followed = pairs[:1] if families[0].kind == "chart" and apart else pairs      # the first has exact values: a witness against all charts
    maps_followed = "; ".join(dict.fromkeys(family.words for family, _ in followed))
    along = _claim(f"{name} path", f"from the initial states, the parameter at every step goes with {maps_followed}",
                   lambda: group(True) or together([path(rule, family, each) for family, each in followed]))
    levels = {key: _claim(f"{name} {key}", f"along {maps}: {text}", partial(level, key, rule, families[0], moved[0]))
              for key, text in LEVELS.items() if name in FACTORS}
    if name == "diffeomorphism" and (flow := flow_of(rule)):
        levels["F"] = _claim(f"{name} F", words(flow), partial(flow_square, flow))
    legs = ("p", *rule.state_names, *((LOOK,) if rule.look else ())) * len(families)
    bent = any(family.kind == "chart" for family in families) and _given_at_start(rule)
    guessed = tuple(dict.fromkeys(state for each in found for state, one in each.items() if one.how in REMARKS))
    return CardLaw(name, statement, SOURCE, step, None if bent else along, levels, legs, said, guessed)


def _known(rule: Optimiser, families: tuple[Family, ...]) -> tuple[tuple[Family, ...], list[Mapping[str, Found]], bool]:
    """The families with their transports, and whether runs along the first one come apart.

    Rotations have a root for the sine where a proof is to be expected.
    """
    found = [inferred(rule, family) for family in families]
    if all(one.together for one in found) and all(isinstance(family.action, Sparse) and family.action.provable for family in families):
        families = tuple(replace(family, words=family.action.provable[0], action=family.action.provable[1]) for family in families)
        found = [inferred(rule, family) for family in families]
    return families, [one.found for one in found], found[0].apart


def _bent(rule: Optimiser) -> bool:
    """Whether a function, a root or a reciprocal is applied to entries of arrays that have axes."""
    step = rule.step()
    axes = {name for name, wire in step.wires.items() if wire.shape}
    calls = [call for node in step.nodes for call in node.body.atoms(sp.Function, sp.Pow)
             if not (call.is_Pow and call.exp.is_Integer and call.exp > 0)]
    return any(read.name in axes for call in calls for read in call.atoms(At))


def _given_at_start(rule: Optimiser) -> bool:
    return any(row.kind in ("cometric", "christoffel") for row in rule.data)


def _zero_gradient(rule: Optimiser) -> CardLaw:
    statement = "where the gradient is zero one step leaves the parameter where it is, whatever the states"
    step = _claim("zero_gradient", statement, lambda: stays(rule))
    along = _claim("zero_gradient path", "from the initial states, without gradient, the parameter never moves",
                   lambda: stays_for_ever(rule))
    return CardLaw("zero_gradient", statement, "a critical point is a fixed point", step, along, legs=("p",))


def _projection(rule: Optimiser) -> CardLaw:
    statement = "one step commutes with dropping coordinates that the loss ignores"
    step = _claim("projection", statement, lambda: projected(rule))
    along = _claim("projection path", "from the initial states, every step commutes with dropping coordinates that the loss ignores",
                   lambda: projected_path(rule))
    return CardLaw("projection", statement, SOURCE, step, along, legs=("p", *rule.state_names, *((LOOK,) if rule.look else ())))


def _claim(name: str, statement: str, goal: Callable[[], tuple[Equation, ...]]) -> Claim:
    return Claim(name, statement, SOURCE, goal, "either", "as functions")
