"""Learners: the composite lens steps as the formula of supervised learning says, for every optimiser and loss."""

from symcat.category.space import dim
from symcat.laws.claim import Claim, Equation
from symcat.laws.instances import conv_net
from symcat.laws.obligations import LEARNER, obligations
from symcat.learn.layers import mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import LOSSES, loss
from symcat.learn.optimisers import OPTIMISERS, gradient_descent
from symcat.learn.rates import RATES, Rate

CONSTANT = Rate()


def net(optimiser, name: str = "cross_entropy", rate: Rate = CONSTANT) -> Learner:
    model = mlp("n", "h", "m")
    return Learner(model, loss(name, model.cod), optimiser, rate)


def conv_learner() -> Learner:
    model = conv_net()
    return Learner(model, loss("cross_entropy", model.cod), gradient_descent)


def steps(learner: Learner) -> tuple[Equation, ...]:
    return (Equation(learner.step, learner.formula()),)


# For layers of any shape: without data beside the gradient, and not in closed forms of small matrices.
TRAINS = {name: rule for name, rule in OPTIMISERS.items() if not rule.data and rule.shape == (dim("n"),)}
STATEMENT = "put(t, s, p, x) = U*(s, p, gradient of the loss at U(s, p))"
CLAIMS = (
    *(Claim(f"learning step {name}", STATEMENT, LEARNER, lambda rule=rule: steps(net(rule))) for name, rule in TRAINS.items()),
    *(Claim(f"learning step {name}", STATEMENT, LEARNER, lambda name=name: steps(net(gradient_descent, name))) for name in LOSSES),
    *(Claim(f"learning step {name} rate", STATEMENT, LEARNER, lambda name=name: steps(net(gradient_descent, rate=Rate(name))))
      for name in RATES),
    Claim("learning step conv net", STATEMENT, LEARNER, lambda: steps(conv_learner())),
    *obligations(net(gradient_descent)),
)
