"""Units as vectors of exponents, and the linear equations between them.

A unit is a product of powers of base units ([L] of the loss, [p] of the parameter) and of units that are not known yet; a program
gives one linear equation for each sum, comparison and exponent in it.  They are solved as they come, so that the first one that
contradicts those before it can be named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

LOSS, PARAMETER = "L", "p"
BASE = (LOSS, PARAMETER)


@dataclass(frozen=True)
class Unit:
    """A product of powers, as pairs of a unit's name and its exponent.

    >>> print(Unit.of({LOSS: 1, PARAMETER: -2}))
    [L]/[p]^2
    >>> print(Unit.of({}))
    1
    """

    powers: tuple[tuple[str, sp.Rational], ...] = ()

    @classmethod
    def of(cls, powers: Mapping[str, object]) -> Unit:
        """A unit from exponents by name; those that are 0 vanish."""
        return cls(tuple(sorted((name, sp.Rational(power)) for name, power in powers.items() if power)))

    def power(self, name: str) -> sp.Rational:
        return dict(self.powers).get(name, sp.S.Zero)

    @property
    def dimensionless(self) -> bool:
        return not self.powers

    def __mul__(self, other: Unit) -> Unit:
        found = dict(self.powers)
        for name, power in other.powers:
            found[name] = found.get(name, sp.S.Zero) + power
        return Unit.of(found)

    def __pow__(self, exponent: object) -> Unit:
        return Unit.of({name: power * sp.Rational(exponent) for name, power in self.powers})

    def __truediv__(self, other: Unit) -> Unit:
        return self * other**-1

    def __str__(self) -> str:
        above = [_factor(name, power) for name, power in self.powers if power > 0]
        below = [_factor(name, -power) for name, power in self.powers if power < 0]
        if not below:
            return " ".join(above) or "1"
        denominator = below[0] if len(below) == 1 else f"({' '.join(below)})"
        return f"{' '.join(above) or '1'}/{denominator}"


ONE = Unit()
GRADIENT = Unit.of({LOSS: 1, PARAMETER: -1})


def _factor(name: str, power: sp.Rational) -> str:
    return f"[{name}]" if power == 1 else f"[{name}]^{power}" if power.is_Integer else f"[{name}]^({power})"


@dataclass
class Equations:
    """The equations between units that came so far, as what is known of units that were not.

    >>> known = Equations()
    >>> known.equal(Unit.of({"lr": 1}) * GRADIENT, Unit.of({PARAMETER: 1}))
    True
    >>> print(known(Unit.of({"lr": 1})))
    [p]^2/[L]
    >>> known.equal(Unit.of({"lr": 1}), ONE)
    False
    """

    fixed: frozenset[str] = frozenset(BASE)
    solved: dict[str, Unit] = field(default_factory=dict)

    def __call__(self, unit: Unit) -> Unit:
        """The unit in terms of base units, and of those that are free."""
        result = ONE
        for name, power in unit.powers:
            result = result * (self.solved[name] if name in self.solved else Unit.of({name: 1})) ** power
        return result

    def equal(self, left: Unit, right: Unit) -> bool:
        """Add an equation; False, and nothing is added, when it contradicts those before it."""
        gap = self(left / right)
        free = [(name, power) for name, power in gap.powers if name not in self.fixed]
        if not free:
            return gap.dimensionless
        name, power = free[-1]
        value = (Unit.of({name: 1}) / gap ** (1 / power))
        self.solved = {known: _replaced(unit, name, value) for known, unit in self.solved.items()} | {name: value}
        return True

    def free(self, names: Iterable[str]) -> tuple[str, ...]:
        """The units among those named that no equation fixes."""
        return tuple(name for name in names if name not in self.fixed and name not in self.solved)


def _replaced(unit: Unit, name: str, value: Unit) -> Unit:
    power = unit.power(name)
    return unit / Unit.of({name: power}) * value**power if power else unit
