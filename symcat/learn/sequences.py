"""Layers on a sequence x[t, n] of t vectors of width n, as plain functions of parameters and one sample."""

from __future__ import annotations

import numpy as np

from symcat.category.elementwise import detach

VARIANCE_FLOOR = 1e-5      # under the root of layer norm, as in PyTorch


def softmax_rows(x):
    """The softmax of each row of x[t, n], shifted by the row's maximum, on which the value does not depend."""
    e = np.exp(x - detach(np.max(x, axis=-1, keepdims=True)))
    return e / np.sum(e, axis=-1, keepdims=True)


def layer_norm(gain, shift, x):
    """(1 + gain) (x - mean) / sqrt(variance + 1e-5) + shift along the last axis.  Ba, Kiros and Hinton 2016, equation 4.

    The gain is kept as its difference from 1, so that it starts at 0 as all vectors do.
    """
    centred = x - np.mean(x, axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + VARIANCE_FLOOR) * (1 + gain) + shift


def self_attention(W_q, W_k, W_v, W_o, x):
    """x + softmax(Q K^T / sqrt(d)) V W_o with Q, K, V = x W_q, x W_k, x W_v of width d: one head and a residual connection.

    Vaswani et al. 2017, section 3.2.1.
    """
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    return x + (softmax_rows(q @ k.T / np.sqrt(W_q.shape[1])) @ v) @ W_o


def mean_over_time(x):
    """y[n] = mean over t of x[t, n]."""
    return np.mean(x, axis=0)
