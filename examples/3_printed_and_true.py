"""The softmax cross-entropy as it is sometimes printed, against the one that trains."""

import numpy as np

import symcat as sc


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z)))


def printed(t, z):
    return np.sum(t * (z - log_softmax(z)))


def true(t, z):
    return -np.sum(t * log_softmax(z))


wires = {"t": sc.Real["n"], "z": sc.Real["n"]}
print("printed = true?         ", sc.decide(sc.morphism(printed, **wires), sc.morphism(true, **wires)))
flat = sc.morphism(lambda t, z: np.sum(t) * np.log(np.sum(np.exp(z))), **wires)
print("printed = sum t * lse z?", sc.decide(sc.morphism(printed, **wires), flat))
