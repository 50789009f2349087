"""The rows of the bug zoo: two rules, where they met as one, the relation that a comparison must find, and the size of the difference.

A size is |x_A - x_B| over the displacement of A after five steps from 1 with the gradients 0.3, -0.2, 0.05, 0.4, -0.01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symcat.bench.zoo import rules as r
from symcat.learn.optimisers import Optimiser


@dataclass(frozen=True)
class Case:
    """One row: `premises` and `first_step` are what a comparison must report, `translation` what it must find when asked to.

    `size` is the documented size, at the values `at` of hyperparameters, with the rate times `drop` from the third step on;
    `over_b` says that it is relative to the displacement of b.
    """

    name: str
    where: str
    a: Optimiser
    b: Optimiser
    relation: str
    premises: tuple[str, ...] = ()
    first_step: int | None = None
    state_map: bool = False
    translation: Mapping[str, str] = field(default_factory=dict)
    size: float | None = None
    at: Mapping[str, float] = field(default_factory=dict)
    drop: float = 1.0
    over_b: bool = False


PREMISED, MAPPED, CONSTANT = "equal-under-premises", "equal-under-state-map", "constant lr"
ROWS: tuple[Case, ...] = (
    Case("1 Adam's eps", "pytorch 22628, tensorflow 9047, optax 571", r.adam, r.adam_eps_hat, "different", ("eps = 0",), 1,
         size=0.07, at={"eps": 1e-3}),
    Case("2 MLPerf's Adam", "mlcommons/training_policies 266", r.adam, r.adam_eps_hat, "different", ("eps = 0",), 1, size=8e-7),
    Case("3 RMSprop's eps", "chainer 4754, pytorch 23796, jax 1427, keras 435", r.rmsprop, r.rmsprop_inside, "different", ("eps = 0",), 1,
         size=0.21, at={"eps": 1e-3}),
    Case("4 RMSprop's first average", "optax 49", r.rmsprop, r.rmsprop_from_one, "different", (), 1, size=0.96),
    Case("5 AMSGrad's order", "optax 1389, pytorch 142323, river 185", r.amsgrad_corrected, r.amsgrad, "ordered", (), 2, size=0.10),
    Case("6 AMSGrad's state", "pytorch 78807", r.amsgrad, r.amsgrad_forgetful, "different", (), 2),
    Case("7 eps not used", "pytorch 92551", r.adam, r.adam_without_eps, "different", ("eps = 0",), 1, size=0.004, at={"eps": 1e-3}),
    Case("8 Lion's decay", "bitsandbytes 1992", r.lion, r.lion_coupled, PREMISED, ("wd = 0",), 1, size=0.14),
    Case("9 AdamW's decay", "pytorch 38853, apex 1849", r.adamw, r.adamw_plain, PREMISED, ("wd = 0",), 1, translation={"wd": "lr*wd"},
         size=20),
    Case("10 Adam with L2", "pytorch 41679", r.adamw, r.adam_l2, PREMISED, ("wd = 0",), 1, size=0.04),
    Case("11 Adafactor's momentum", "transformers 34506, fairseq 5561", r.adafactor_momentum, r.adafactor_momentum_of_updates,
         "different", (), 2),
    Case("12 Adafactor's clipping", "optax 408", r.adafactor_clip_update, r.adafactor_clip_gradient, "different", (), 1),
    Case("13 a counter for each tensor", "DiffSharp 292", r.adam, r.adam_counting_tensors, "different", ("b1 = 0", "b2 = 0"), 1, size=0.17),
    Case("14 Adam's first step", "PennyLane 1928", r.adam, r.adam_first_step_whole, "different", ("b1 = 0", "b2 = 0"), 1, size=0.59),
    Case("15 Adafactor's means", "pytorch 154862", r.adafactor_sums, r.adafactor_means, "equal"),
    Case("16 no correction", "mlx 1640, mlx-rs 301", r.adam, r.adam_uncorrected, "different", ("b1 = 0", "b2 = 0"), 1, size=3.4),
    Case("17 a dead decay", "kozistr 517", r.sign_descent, r.sign_descent_without_decay, PREMISED, ("wd = 0",), 1, size=0.0,
         at={"wd": 0.0}),
    Case("18 momentum and the rate", "jax 1528, pytorch 1099", r.momentum, r.momentum_inside, MAPPED, (CONSTANT,), 2, True, size=0.32,
         at={"lr": 1e-2}, drop=0.1),
    Case("19 Nesterov's forms", "pytorch 14465, keras 966, mlx 87", r.nesterov, r.nesterov_substituted, MAPPED, (CONSTANT,), 2, True,
         size=0.24, at={"lr": 1e-2}, drop=0.1, over_b=True),
    Case("20 a root too many", "Flux.jl 119, swift-apis 313", r.adam, r.adam_root_twice, "different", (), 1),
    Case("21 a sign squared away", "SlopDotCash/asi 2349", r.descent, r.descent_of_magnitude, "different", (), 1),
)
