"""Every function's declared derivative is its true derivative off its kinks; what is detached does not matter."""

from symcat.laws.detachment import detach_claim
from symcat.laws.instances import generators
from symcat.laws.kinks import declared_derivatives

MADE = generators()

CLAIMS = (
    *declared_derivatives(),
    *(detach_claim(name, MADE[name]()) for name in ("softmax", "log_softmax", "cross_entropy")),
)
