"""The optimisers, one function each, and the table that faces every one of them with every law."""

from symcat.learn.optimisers.adam import (
    adabelief,
    adahessian,
    adam,
    adam_eps_hat,
    adam_l2,
    adamax,
    adamw,
    amsgrad,
    amsgrad_correction_first,
    amsgrad_max_first,
    nadam,
    nadam_scheduled,
    radam,
    sophia,
    yogi,
    yogi_corrected,
)
from symcat.learn.optimisers.adaptive import adadelta, adagrad, rmsprop, rmsprop_centred, rmsprop_inside
from symcat.learn.optimisers.averaging import ema_averaging, lookahead, polyak_averaging, schedule_free, schedule_free_training
from symcat.learn.optimisers.composites import (
    adam_clipped,
    adam_lookahead,
    adam_warmup,
    descent_cosine,
    descent_drop,
    descent_exponential,
)
from symcat.learn.optimisers.descent import (
    clipped_descent,
    descent_decoupled,
    descent_l2,
    gradient_descent,
    heavy_ball,
    momentum,
    momentum_ema,
    momentum_torch,
    nesterov,
    nesterov_substituted,
    nesterov_torch,
    normalised_descent,
    polyak_step,
    value_clipped_descent,
)
from symcat.learn.optimisers.entry import Entry, elementwise, entry
from symcat.learn.optimisers.layerwise import lamb, lars
from symcat.learn.optimisers.matrix import (
    adafactor,
    adafactor_absolute,
    adafactor_momentum,
    adagrad_full,
    kfac,
    kfac_damped,
    muon,
    muon_exact,
    shampoo,
    shampoo_half,
    shampoo_inverse,
    shampoo_one_sided,
    soap,
)
from symcat.learn.optimisers.natural import nat_adam, nat_gd, nat_heavy_ball
from symcat.learn.optimisers.optimiser import Optimiser, optimiser
from symcat.learn.optimisers.parameter_free import dog, prodigy
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
from symcat.learn.optimisers.signs import lion, sign_descent, signum
from symcat.learn.optimisers.state import Datum, State, state

OPTIMISERS: dict[str, Optimiser] = {rule.name: rule for rule in (
    gradient_descent, momentum, heavy_ball, momentum_torch, momentum_ema, nesterov, nesterov_substituted, nesterov_torch,
    normalised_descent, clipped_descent, value_clipped_descent, descent_l2, descent_decoupled, polyak_step,
    sign_descent, signum, lion,
    adagrad, rmsprop, rmsprop_inside, rmsprop_centred, adadelta,
    adam, adam_eps_hat, adamw, adam_l2, amsgrad, amsgrad_max_first, amsgrad_correction_first, adamax, nadam, nadam_scheduled, radam,
    yogi, yogi_corrected, adabelief, adahessian, sophia,
    lars, lamb, dog, prodigy,
    polyak_averaging, ema_averaging, schedule_free, schedule_free_training, lookahead,
    descent_cosine, descent_exponential, descent_drop, adam_warmup, adam_clipped, adam_lookahead,
    nat_gd, nat_heavy_ball, nat_adam,
    newton, damped_newton, marquardt, gauss_newton, natural_gradient, damped_natural_gradient, online_newton, bfgs,
    adagrad_full, shampoo, shampoo_half, shampoo_one_sided, shampoo_inverse, soap, kfac, kfac_damped,
    muon, muon_exact, adafactor, adafactor_absolute, adafactor_momentum,
)}

__all__ = ["OPTIMISERS", "Datum", "Entry", "Optimiser", "State", "elementwise", "entry", "optimiser", "state", *sorted(OPTIMISERS)]
