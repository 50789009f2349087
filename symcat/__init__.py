"""symcat: write a learning step once, prove its laws, and train with the kernel compiled from the expression that was proved.

    import symcat as sc

The names below are loaded on first use, so that `import symcat` stays light.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

NAMES = {
    "symcat.errors": ("SymcatError", "ShapeError", "TraceError", "DomainError", "DivergenceError", "DataError", "UsageError",
                      "UnprovedError", "ValidationError", "SoundnessError"),
    "symcat.verdict": ("Verdict",),
    "symcat.category.space": ("Real", "Z", "Z2", "Space", "Wire", "dims", "space"),
    "symcat.category.morphism": ("Morphism",),
    "symcat.category.structure": ("identity", "copy", "discard", "swap", "project", "inject", "pair", "zero", "add"),
    "symcat.category.trace": ("trace", "morphism"),
    "symcat.category.tracing.folding": ("fold",),
    "symcat.category.unroll": ("unrolled",),
    "symcat.category.hyper": ("Hyper", "hyper"),
    "symcat.category.elementwise": ("relu", "sigmoid", "softplus", "step", "sqrt", "absolute", "sign", "maximum", "minimum", "where",
                                    "equal", "detach", "exp", "log", "tanh", "sin", "cos", "generic", "iota", "windows"),
    "symcat.category.evaluate": ("evaluate",),
    "symcat.derivative.reverse": ("R",),
    "symcat.derivative.forward": ("D",),
    "symcat.lens.lens": ("Lens",),
    "symcat.lens.para": ("Para",),
    "symcat.learn.data": ("Dataset", "Split", "load", "split"),
    "symcat.learn.layers": ("layer", "dense", "mlp"),
    "symcat.learn.losses": ("loss",),
    "symcat.learn.rates": ("Rate",),
    "symcat.learn.optimisers": ("Optimiser", "optimiser", "state", "gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop",
                                 "adam"),
    "symcat.learn.learner": ("Learner",),
    "symcat.interop.rules": ("read",),
    "symcat.interop.export": ("export",),
    "symcat.laws.claim": ("Claim", "Equation", "Inequality", "Holds", "Order"),
    "symcat.laws.induction": ("Machine", "Induction", "Invariance", "Fold"),
    "symcat.laws.premises": ("suppose",),
    "symcat.laws.obligations": ("obligations",),
    "symcat.prove.decide": ("decide",),
    "symcat.prove.induction": ("induction", "always"),
    "symcat.show.latex": ("latex",),
}
# Packages that are called like the function they are named after: sc.lens(f), sc.prove(claim).
CALLABLE = {"lens": ("symcat.lens.lens", "lens"), "prove": ("symcat.prove.check", "prove"), "diff": ("symcat.diff.compare", "diff")}

RENAMED = {"prove_all": ("symcat.prove.campaign", "run"), "check": ("symcat.card.card", "card"),
           "compile": ("symcat.kernel.function", "compiled")}

_HOME = {name: (module, name) for module, names in NAMES.items() for name in names} | RENAMED
__all__ = sorted([*_HOME, *CALLABLE])


def __getattr__(name: str) -> object:
    if name in _HOME:
        module, own = _HOME[name]
        value = getattr(import_module(module), own)
        setattr(sys.modules[__name__], name, value)
        return value
    if name in CALLABLE:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"symcat has no name {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__


class _CallablePackage(ModuleType):
    """A subpackage that can be called: the call goes to the function of the same name in it."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        module, function = CALLABLE[self.__name__.rpartition(".")[2]]
        return getattr(import_module(module), function)(*args, **kwargs)


class _Facade(ModuleType):
    """This package: a subpackage that shares its name with a function becomes callable when it is bound here."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in CALLABLE and isinstance(value, ModuleType):
            value.__class__ = _CallablePackage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Facade
