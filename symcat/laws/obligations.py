"""What a learner must satisfy before its kernel is compiled."""

from __future__ import annotations

from symcat.category.functions import FUNCTIONS
from symcat.laws.claim import Claim, Equation
from symcat.laws.detachment import detach_claim, detached
from symcat.laws.forward import FORWARD
from symcat.laws.kinks import declared_derivatives
from symcat.laws.lenses import CRUTTWELL
from symcat.laws.reverse import REVERSE
from symcat.learn.learner import Learner

ALWAYS = ("RD.2 objective", "RD.5 objective", "RD.6 objective", "R=D* objective", "back-propagation", "learning step")
LEARNER = "Cruttwell et al. 2022, section on supervised learning"


def obligations(learner: Learner) -> tuple[Claim, ...]:
    """The claims, each expected to be proved, for all batch sizes and all dims that are symbols:

    the reverse derivative of the objective is additive in its covector and linear (RD.2, RD.6) and is the dagger of the
    forward derivative; back-propagation through the layers is the composite of their lenses; the composite lens steps as
    the formula says; every `detach` is harmless; every function that occurs has its true derivative off its kinks.
    """
    objective = learner.objective.body
    laws = {law.name: law for law in (*REVERSE, *FORWARD)}
    claims = [laws[name].claim("objective", lambda: (objective,)) for name in ("RD.2", "RD.5", "RD.6", "R=D*")]
    claims.append(Claim("back-propagation", "lens(model ; loss) = lens(model) ; lens(loss)", CRUTTWELL, lambda: composite(learner)))
    claims.append(Claim("learning step", "the composite lens puts U*(s, p, gradient of the mean loss at U(s, p))", LEARNER,
                        lambda: (Equation(learner.step, learner.formula()),)))
    if detached(objective):
        claims.append(detach_claim("objective", objective))
    used = {function.__name__ for node in objective.comprehensions for function in map(type, node.body.atoms(*FUNCTIONS))}
    claims += [claim for claim in declared_derivatives() if claim.name.split()[2] in used]
    return tuple(claims)


def composite(learner: Learner) -> tuple[Equation, ...]:
    """R of the composite against the composite of the two lenses' backward parts."""
    whole = learner.objective.lens().lens
    parts = (learner.batched_model.lens() >> learner.batched_loss.lens()).lens
    return Equation(whole.get, parts.get), Equation(whole.put, parts.put)
