"""GetPut, PutGet, PutPut and the action laws: which lenses obey them, and the smallest input where the others fail."""


from symcat.category.elementwise import generic
from symcat.category.morphism import Builder
from symcat.category.space import Real, Space, dims, space
from symcat.category.structure import copy, identity, project
from symcat.category.trace import trace
from symcat.laws.lenses import ACTION_LAWS, WELL_BEHAVED
from symcat.learn.optimisers import OPTIMISERS
from symcat.lens.lens import Lens, identity_lens, lens

n, m = dims("n m")
A, B = space(x=Real[n]), space(y=Real[m])
YES, NO = "proved", "refuted"


def classical_projection() -> Lens:
    """get(x, y) = x, put((x, y), c) = (c, y)."""
    build = Builder()
    _, y, c = build.inputs(A * B * A)
    return Lens(project(A, B, 0), build.build((c, y), (A * B).names))


def gradient_update() -> Lens:
    """get p, put p + u."""
    return Lens(identity(A), trace(lambda p, u: p + u, space(p=Real[n], u=Real[n])))


LENSES = {
    "projection": (classical_projection, (YES, YES, YES)),
    "overwrite": (lambda: identity_lens(A), (YES, YES, YES)),
    "R(transpose)": (lambda: lens(trace(lambda x: x.T, space(x=Real[n, m]))), (YES, YES, YES)),
    "R(pi0)": (lambda: lens(project(A, B, 0)), (NO, YES, YES)),
    "R(copy)": (lambda: lens(copy(A)), (NO, NO, YES)),
    "R(square)": (lambda: lens(trace(lambda x: x * x, A)), (NO, NO, NO)),
    "R(generic)": (lambda: lens(trace(lambda x: generic("phi")(x), A)), (NO, NO, NO)),
    "R(linear)": (lambda: lens(trace(lambda W, x: x @ W, space(W=Real[n, m], x=Real[n]))), (NO, NO, NO)),
    "gradient update": (gradient_update, (NO, NO, NO)),
}
# Those that stay where they are at gradient 0, their states too; of two nothing is known: normalised descent is not defined there,
# and that clip(0, -c, c) is 0 rests on c > 0, which no engine for arrays uses.
STILL = ("gradient_descent", "clipped_descent", "sign_descent", "adagrad", "adagrad_full", "shampoo", "shampoo_half", "shampoo_one_sided",
         "shampoo_inverse")
OPEN = ("normalised_descent", "value_clipped_descent")
# zero_gradient, additive_action, own_parameter; those that read data beside the gradient have no lens
ACTIONS = {name: (YES if name in STILL else "unknown" if name in OPEN else NO, YES if name == "gradient_descent" else NO,
                  NO if rule.look else YES) for name, rule in OPTIMISERS.items() if not rule.data}


def optimiser_lens(name: str) -> Lens:
    return OPTIMISERS[name].lens(Space((("p", OPTIMISERS[name].wire),)))


CLAIMS = (
    *(law.claim(name, lambda make=make: (make(),), expected)
      for name, (make, expectations) in LENSES.items() for law, expected in zip(WELL_BEHAVED, expectations, strict=True)),
    *(law.claim(name, lambda name=name: (optimiser_lens(name),), NO)
      for name in ACTIONS for law in WELL_BEHAVED),
    *(law.claim(name, lambda name=name: (optimiser_lens(name),), expected)
      for name, expectations in ACTIONS.items() for law, expected in zip(ACTION_LAWS, expectations, strict=True)),
)
