"""The left-additive structure, the category of lenses, the functor into it, and parametric maps."""

from symcat.laws.additive import ADDITIVE, NOT_A_LAW
from symcat.laws.instances import B, generators
from symcat.laws.law import Law
from symcat.laws.lenses import FUNCTOR, LENS_CATEGORY
from symcat.laws.parametric import PARA, SOURCE, batching
from symcat.learn.layers import layer, mlp
from symcat.lens.lens import lens

MADE = generators()
SOME = ("linear", "tanh", "softmax", "max_pool", "correlate1d")
BATCHING = Law("batching", "R of a batch is the batch of R, summed over the samples for shared wires", SOURCE, batching(B))
PARAMETRIC = {"linear": lambda: layer("linear"), "bias": lambda: layer("bias"), "correlate2d": lambda: layer("correlate2d"),
              "net": lambda: mlp("n", "h", "m")}

CLAIMS = (
    *(law.claim(name, lambda name=name: (MADE[name](),)) for name in SOME for law in ADDITIVE),
    NOT_A_LAW.claim("tanh", lambda: (MADE["tanh"](),), expected="refuted"),
    NOT_A_LAW.claim("generic", lambda: (MADE["generic"](),), expected="refuted"),
    *(law.claim(name, lambda name=name: (lens(MADE[name]()),)) for name in SOME for law in LENS_CATEGORY),
    *(FUNCTOR.claim(name, lambda name=name: (MADE[name](),)) for name in (*SOME, "concatenation", "division", "cross_entropy")),
    *(law.claim(name, lambda make=make: (make(),)) for name, make in PARAMETRIC.items() for law in (*PARA, BATCHING)),
)
