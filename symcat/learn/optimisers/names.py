"""What hyperparameters are called elsewhere: names of one meaning, with the meanings of those that have several.

`meanings(name)` lists the canonical names that a name may stand for, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Each canonical name with the names that mean it and nothing else.
CANONICAL: dict[str, tuple[str, ...]] = {
    "lr": ("lr", "learning_rate", "step_size", "stepsize", "rate", "base_lr", "lr0", "init_lr"),
    "b1": ("b1", "beta1", "beta_1", "betas_0", "beta0"),
    "b2": ("b2", "beta2", "beta_2", "betas_1"),
    "b3": ("b3", "beta3", "beta_3", "betas_2"),
    "eps": ("eps", "epsilon", "delta", "eps1", "fuzz", "fuzz_factor"),
    "eps_root": ("eps_root", "epsilon_root", "eps2"),
    "rho": ("rho", "decay", "decay_rate", "discounting_factor", "smoothing_constant"),
    "gamma": ("gamma", "momentum", "mu", "mom", "momentum_factor"),
    "wd": ("wd", "weight_decay", "l2", "l2_regularization", "lambd", "weight_decay_rate", "l2_penalty"),
    "damping": ("damping", "dampening"),
}
# Names whose meaning depends on the company, likeliest first: alpha is the decay in torch's RMSprop and the rate in papers.
SEVERAL: dict[str, tuple[str, ...]] = {
    "alpha": ("rho", "lr"), "eta": ("lr", "wd"), "beta": ("gamma", "rho", "b1"), "lam": ("wd", "damping"), "lambda_": ("wd", "damping"),
    "gamma": ("gamma", "rho"), "rho": ("rho", "gamma", "b2"), "momentum": ("gamma", "b1"), "decay": ("rho", "wd"),
    "b": ("gamma", "rho"), "a": ("lr", "rho"), "b2": ("b2", "rho"), "b1": ("b1", "gamma"), "mu": ("gamma", "b1"), "e": ("eps",),
    "w": ("wd",),
    "beta1": ("b1", "gamma"), "beta2": ("b2", "rho"),
}
OFF = ("wd", "gamma", "damping")       # a feature that libraries switch off by 0


def meanings(name: str) -> tuple[str, ...]:
    """The canonical names that a hyperparameter's name may stand for, likeliest first; its own name when it is unknown.

    >>> meanings("learning_rate"), meanings("alpha"), meanings("warmth")
    (('lr',), ('rho', 'lr'), ('warmth',))
    """
    plain = name.lower().strip("_")
    certain = tuple(row for row, names in CANONICAL.items() if plain in names)
    return tuple(dict.fromkeys((*certain, *SEVERAL.get(plain, ())))) or (name,)


def canonical(names: Iterable[str]) -> dict[str, str]:
    """Names with their canonical ones, each of which is used once; names that mean one thing choose first.

    >>> canonical(["alpha", "beta1", "beta2"])
    {'alpha': 'rho', 'beta1': 'b1', 'beta2': 'b2'}
    >>> canonical(["alpha", "rho"])
    {'alpha': 'lr', 'rho': 'rho'}
    """
    given, taken = list(names), {}
    for depth in range(1 + max((len(meanings(name)) for name in given), default=0)):
        for name in sorted(given, key=lambda one: (one not in CANONICAL, len(meanings(one)), given.index(one))):
            options = [one for one in meanings(name)[depth: depth + 1] if one not in taken]
            if name not in taken.values() and options:
                taken[options[0]] = name
    found = {name: row for row, name in taken.items()}
    return {name: found.get(name, name) for name in given}


def matched(first: Iterable[str], second: Iterable[str]) -> dict[str, str]:
    """Names of `second` with those of `first` that mean the same: equal names, then equal first meanings, then any shared meaning.

    >>> matched(["lr", "b1", "eps"], ["learning_rate", "beta1", "eps"])
    {'eps': 'eps', 'learning_rate': 'lr', 'beta1': 'b1'}
    """
    own, other, found = list(first), list(second), {}

    def pair(same: Mapping[str, object], theirs: Mapping[str, object]) -> None:
        for name in other:
            free = [one for one in own if one not in found.values() and same[one] == theirs[name]]
            if name not in found and len(free) == 1:
                found[name] = free[0]
    pair({one: one for one in own}, {one: one for one in other})
    left, right = canonical(own), canonical(other)
    pair(left, right)
    for name in other:
        free = [one for one in own if one not in found.values() and set(meanings(one)) & set(meanings(name))]
        if name not in found and free:
            found[name] = free[0]
    return found
