"""Which optimisers are natural under which linear changes of coordinates: our verdicts, derived here.

One claim for each cell: one step, its states moved by S(phi) as the claim says, for all sizes unless a rule has a fixed shape.
Columns: T translation, U uniform scaling, D scaling of each coordinate, B sign flips and permutations, O rotations, GL transvections
and scalings, S the scale of the loss; for matrices L and R are linear maps of rows and of columns.  Y natural, n not; p not, but
parallel: another rate makes up for it; x not parallel either; a dot leaves a cell out that another implies or that takes long.
Naturality of optimisers: Goodbrake 2023, arXiv 2312.04739, whose own table was not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import _rules as printed

from symcat.laws.claim import Claim
from symcat.laws.naturality import card_laws
from symcat.learn import optimisers as zoo
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.adam import adahessian, adam, adamw, amsgrad, sophia
from symcat.learn.optimisers.adaptive import adagrad, rmsprop
from symcat.learn.optimisers.descent import (
    clipped_descent,
    descent_decoupled,
    heavy_ball,
    nesterov,
    normalised_descent,
    polyak_step,
)
from symcat.learn.optimisers.matrix import (
    adafactor_absolute,
    adagrad_full,
    kfac_damped,
    muon_exact,
    shampoo,
    shampoo_inverse,
    soap,
)
from symcat.learn.optimisers.parameter_free import dog
from symcat.learn.optimisers.second_order import (
    bfgs,
    damped_natural_gradient,
    damped_newton,
    gauss_newton,
    marquardt,
    natural_gradient,
    newton,
    online_newton,
)
from symcat.learn.optimisers.signs import lion, sign_descent

COLUMNS = {"T": ("translation",), "U": ("uniform_scaling",), "D": ("diagonal_scaling",), "B": ("sign_flips", "permutation"),
           "O": ("rotation",), "G": ("linear",), "S": ("loss_scale",)}
MATRIX = {"T": ("translation",), "U": ("uniform_scaling",), "S": ("loss_scale",), "O": ("left_rotation", "right_rotation"),
          "L": ("left_linear",), "R": ("right_linear",)}
ANSWERS = {"Y": "proved", "n": "refuted", "p": "refuted", "x": "refuted"}


@dataclass(frozen=True)
class Row:
    """A rule and its cells, one letter for each column."""

    name: str
    rule: Optimiser
    cells: str

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        return MATRIX if len(self.rule.shape) == 2 else COLUMNS


ROWS = (
    #                                                        TUDBOGS
    Row("gradient descent", zoo.gradient_descent,           "YpnYYnp"),
    Row("descent with decay", descent_decoupled,            "nnnYYnn"),
    Row("heavy ball", heavy_ball,                           "YnnYYnn"),
    Row("Nesterov", nesterov,                               "YpnYYnp"),
    Row("normalised descent", normalised_descent,           "YpnYYnY"),
    Row("clipped by norm", clipped_descent,                 "YnnYYnn"),
    Row("Polyak step", polyak_step,                         "YYnYYnY"),
    Row("sign descent", sign_descent,                       "YpnYnnY"),
    Row("RMSProp", rmsprop.at(eps=0),                       "YpnYnnY"),
    Row("AdaGrad", adagrad.at(eps=0),                       "YnnYnnY"),
    Row("Adam", adam.at(eps=0),                             "YnnYnnY"),
    Row("AMSGrad", amsgrad.at(eps=0),                       "Ynn.nn."),
    Row("Adam, eps > 0", adam,                              "Yxn.nnx"),
    Row("AdamW", adamw.at(eps=0),                           "nnn.nn."),
    Row("Lion with decay", lion,                            "nnnYnnY"),
    Row("Lion", lion.at(wd=0),                              "YpnYnnY"),
    Row("Adam without root", printed.adam_without_root,     "YYYYnnp"),
    Row("diagonal Newton", printed.diagonal_newton,         "YYYYnnY"),
    Row("AdaHessian", adahessian.at(eps=0),                 "Y.YYnnY"),
    Row("AdaHessian, blocks", printed.adahessian_blocks,    "Y.n.nn."),
    Row("Sophia", sophia.at(eps=0, wd=0),                   "YnnYnnY"),
    Row("LARS", printed.lars_printed,                       "nYnYYnY"),
    Row("LAMB", printed.lamb_printed,                       "nYnYnnY"),
    Row("Prodigy", printed.prodigy_printed,                 ".Yn.nn."),
    Row("DoG", dog.at(eps=0),                               "YYnYYnY"),
    Row("schedule-free", printed.schedule_free_averages,    "YnnYYnn"),
    Row("full-matrix AdaGrad", adagrad_full,                ".nn.Yn."),
    Row("online Newton", online_newton,                     "Y....Yn"),
    Row("Newton", newton,                                   "YYYYYYY"),
    Row("damped Newton", damped_newton,                     "YnnYYnn"),
    Row("damped natural gradient", damped_natural_gradient, "YnnYYnn"),
    Row("Marquardt", marquardt,                             "YYYYnnY"),
    Row("BFGS", bfgs,                                       "YY....."),
    Row("natural gradient", natural_gradient,               "YYYYYYp"),
    Row("Gauss-Newton", gauss_newton,                       "YYYYYYp"),
    #                                                        TUSOLR
    Row("Muon", muon_exact,                                 "Yn.Ynn"),
    Row("Shampoo", shampoo,                                 "Yn..nn"),
    Row("one-sided, exponent -1", shampoo_inverse,          "Y.n.Yn"),
    Row("SOAP", soap.at(eps=0),                             ".n...."),
    Row("K-FAC", printed.kfac_summed,                       "Y.n.Y."),
    Row("K-FAC, damped", kfac_damped,                       "Yn...."),
    Row("Adafactor", adafactor_absolute.at(eps1=0),         "YnYnnn"),
)


def _cells(row: Row) -> Iterator[Claim]:
    for names, letter in zip(row.columns.values(), row.cells, strict=True):
        for name in names if letter != "." else ():
            yield _claim(row, name, "step", ANSWERS[letter])
            if letter in "px":
                yield _claim(row, name, "rate", "proved" if letter == "p" else "refuted")


def _claim(row: Row, name: str, which: str, expected: str) -> Claim:
    """The claim of a card, which is made when it is decided: its transports are inferred by running the rule."""
    def made() -> Claim:
        (law,) = card_laws(row.rule, [name])
        return law.step if which == "step" else law.levels[which]
    words = f"one step of {row.name} commutes with {name.replace('_', ' ')}" + (", with another rate" if which == "rate" else "")
    return Claim(f"{row.name}: {name}" + (", parallel" if which == "rate" else ""), words, "derived here", lambda: made().goal(), expected,
                 "as functions")


CLAIMS = tuple(claim for row in ROWS for claim in _cells(row))
