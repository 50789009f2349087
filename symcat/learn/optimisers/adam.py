"""Adam and its relatives: a moving average of the gradient over the root of a moving average of its square.

In all of them t counts the steps, m is a first and v a second moment, c1 = 1 - b1^t and c2 = 1 - b2^t correct them for their
start at 0.
"""

from __future__ import annotations

import numpy as np

from symcat.learn.optimisers.optimiser import optimiser
from symcat.learn.optimisers.state import state


@optimiser
def adam(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """p <- p - lr (m / c1) / (sqrt(v / c2) + eps).  Kingma and Ba 2015, algorithm 1; as in PyTorch and optax."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adam_eps_hat(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """p <- p - lr sqrt(c2) / c1 m / (sqrt(v) + eps): eps is not corrected.  Kingma and Ba 2015, end of section 2; as in TensorFlow."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps), m, v, t


@optimiser
def adamw(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, wd=0.01):
    """p <- p - lr ((m / c1) / (sqrt(v / c2) + eps) + wd p).  Loshchilov and Hutter 2019, algorithm 2.

    The decay is multiplied by lr, as in PyTorch and optax; in the paper by a schedule that lr does not enter.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps) + wd * p), m, v, t


@optimiser
def adam_l2(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, wd=0.01):
    """Adam of g + wd p, which enters both moments.  Loshchilov and Hutter 2019, algorithm 2, line 6; torch.optim.Adam(weight_decay=wd)."""
    t, g = t + 1, g + wd * p
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def amsgrad(p, g, m=0, v=0, u=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """u <- max(u, v); p <- p - lr m / (sqrt(u) + eps), without corrections.  Reddi, Kale and Kumar 2018, algorithm 2."""
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    u = np.maximum(u, v)
    return p - lr * m / (np.sqrt(u) + eps), m, v, u


@optimiser
def amsgrad_max_first(p, g, m=0, v=0, u=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """u <- max(u, v), and u / c2 under the root: the maximum, then the correction.  torch.optim.Adam(amsgrad=True)."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    u = np.maximum(u, v)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(u / (1 - b2**t)) + eps), m, v, u, t


@optimiser
def amsgrad_correction_first(p, g, m=0, v=0, u=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """u <- max(u, v / c2), and u under the root: the correction, then the maximum.  optax.amsgrad."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    u = np.maximum(u, v / (1 - b2**t))
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(u) + eps), m, v, u, t


@optimiser
def adamax(p, g, m=0, u=0, t=0, *, lr=0.002, b1=0.9, b2=0.999, eps=1e-8):
    """u <- max(b2 u, |g| + eps); p <- p - lr (m / c1) / u.  Kingma and Ba 2015, algorithm 2.

    The paper has no eps, and divides by 0 where no gradient has come yet; PyTorch and optax add it to |g|, as here.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    u = np.maximum(b2 * u, np.abs(g) + eps)
    return p - lr * (m / (1 - b1**t)) / u, m, u, t


@optimiser
def nadam(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam with b1 m / (1 - b1^(t+1)) + (1 - b1) g / c1 for m / c1.  Dozat 2016, algorithm 2, at a constant mu.

    Without the factor b2 on v that one text has; as in optax.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    ahead = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
    return p - lr * ahead / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def nadam_scheduled(p, g, m=0, v=0, product=1, t=0, *, lr=0.002, b1=0.9, b2=0.999, eps=1e-8, psi=0.004):
    """NAdam with mu_t = b1 (1 - 0.96^(psi t) / 2) and their product in the corrections.  Dozat 2016, section 3; torch.optim.NAdam."""
    t = t + 1
    now, after = b1 * (1 - 0.96 ** (psi * t) / 2), b1 * (1 - 0.96 ** (psi * (t + 1)) / 2)
    product = product * now
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    ahead = after * m / (1 - product * after) + (1 - now) * g / (1 - product)
    return p - lr * ahead / (np.sqrt(v / (1 - b2**t)) + eps), m, v, product, t


@optimiser
def radam(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """p <- p - lr (m / c1) r / (sqrt(v / c2) + eps) once the variance is tractable, else p <- p - lr (m / c1).

    r^2 = (rho - 4)(rho - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho), rho_inf = 2 / (1 - b2) - 1 and
    rho = rho_inf - 2 t b2^t / c2.  Liu et al. 2020, algorithm 2, where tractable is rho > 4 and eps is 0; here rho > 5, as the
    authors' program, PyTorch and optax have it, and eps as in optax.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    most = 2 / (1 - b2) - 1
    rho = most - 2 * t * b2**t / (1 - b2**t)
    high, top = np.maximum(rho, 5), np.maximum(most, 5)     # the same numbers where rho > 5, and r is defined elsewhere too
    r = np.sqrt((high - 4) * (high - 2) * top / ((top - 4) * (top - 2) * high))
    mean = m / (1 - b1**t)
    return p - lr * mean * np.where(rho > 5, r / (np.sqrt(v / (1 - b2**t)) + eps), 1), m, v, t


@optimiser
def yogi(p, g, m=0, v=state(1e-6), *, lr=0.01, b1=0.9, b2=0.999, eps=1e-3):
    """v <- v - (1 - b2) sign(v - g^2) g^2; p <- p - lr m / (sqrt(v) + eps).  Zaheer et al. 2018, algorithm 2."""
    m = b1 * m + (1 - b1) * g
    v = v - (1 - b2) * np.sign(v - g**2) * g**2
    return p - lr * m / (np.sqrt(v) + eps), m, v


@optimiser
def yogi_corrected(p, g, m=state(1e-6), v=state(1e-6), t=0, *, lr=0.01, b1=0.9, b2=0.999, eps=1e-3):
    """Yogi with Adam's corrections, and with m, too, starting at 1e-6: optax.yogi."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = v - (1 - b2) * np.sign(v - g**2) * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adabelief(p, g, m=0, s=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-16):
    """s <- b2 s + (1 - b2)(g - m)^2 + eps, with the new m; p <- p - lr (m / c1) / (sqrt(s / c2) + eps).

    Zhuang et al. 2020, algorithm 2; eps adds up in s.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps), m, s, t


@optimiser(data={"h": "hessian_diagonal"})
def adahessian(p, g, h, m=0, v=0, t=0, *, lr=0.15, b1=0.9, b2=0.999, eps=1e-4):
    """Adam with the squares of the Hessian's diagonal h in v.  Yao et al. 2021, algorithm 1, with power k = 1.

    The diagonal is exact and not averaged over blocks; in the paper it is Hutchinson's estimate of it, averaged.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * h**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser(data={"h": "hessian_diagonal"})
def sophia(p, g, h, m=0, s=0, *, lr=0.001, b1=0.965, b2=0.99, gamma=0.01, eps=1e-12, wd=0):
    """s <- b2 s + (1 - b2) h; p <- p - lr (clip(m / max(gamma s, eps), -1, 1) + wd p).  Liu et al. 2023, algorithm 3.

    The diagonal of the Hessian is read at every step (k = 1 in the paper), and exactly.
    """
    m = b1 * m + (1 - b1) * g
    s = b2 * s + (1 - b2) * h
    return p - lr * (np.clip(m / np.maximum(gamma * s, eps), -1, 1) + wd * p), m, s
