"""What is known of signs: by form, by the context, by facts about hyperparameters, by a requirement.

A sign is ">0", ">=0" or None for not shown.  Every rule is about the value of an expression wherever it is defined.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from symcat.prove.index.affine import make, number, plus
from symcat.prove.index.domain import Domain
from symcat.prove.index.substitution import Substituting
from symcat.prove.index.table import NONE, UNIT, Call, Expr, Factors, Hyper, Number, Read, Several, Sum, Value, Zero

POSITIVE = frozenset({"exp", "sigmoid", "softplus"})
NONNEGATIVE = frozenset({"relu", "absolute", "step", "equal", "where"})
UNIT_VALUED = {"sigmoid": True, "step": False, "equal": False, "where": False}    # values in [0, 1]; True: never 1


class Signs(Substituting):
    """Signs of expressions and atoms."""

    domain: Domain

    # ---- questions
    def known(self, e: Expr, relation: str) -> bool:
        """Whether `e relation` is shown: by its form, by the context, or by a requirement."""
        sign = self.sign(e)
        if sign == ">0" or sign == relation:
            return True
        if relation != "!=0":
            return False
        if self.sign(self.scale(e, -1)) == ">0" or self.domain.grants(self, e, "!=0"):
            return True
        if len(e) == 1:
            ((guards, factors),) = e
            return not guards and all(self._nonzero(a) for a, _ in factors)
        return False

    def sign(self, e: Expr) -> str | None:
        """">0", ">=0" or None for not shown."""
        best = self._affine_sign(e) or self._sum_of_signs(e)
        if best == ">0" or not e:
            return best or ">=0"
        for rule in (self._grouped_signs, self._bounded_terms):
            found = rule(e)
            if found == ">0":
                return found
            best = best or found
        for relation in (">0", ">=0") if best is None else (">0",):
            if self.domain.grants(self, e, relation):
                return relation
        return best

    # ---- sums of terms
    def _sum_of_signs(self, e: Expr) -> str | None:
        """Of terms that are all at least 0; a term without guards that is positive makes the sum positive."""
        best: str | None = ">=0"
        for (guards, factors), q in e.items():
            sign = self._monomial_sign(factors)
            if sign is None or (q > 0) != (sign[0] > 0):
                return None
            if not guards and sign[1]:
                best = ">0"
        return best

    def _monomial_sign(self, factors: Factors) -> tuple[int, bool] | None:
        """1 or -1 for a product that is at least 0 or at most 0, and whether it is never 0; None when neither is shown."""
        direction, strict = 1, True
        for a, k in factors:
            sign = self._definite(a)
            if k % 2 == 0:
                strict = strict and sign is not None and sign[1]
            elif sign is None:
                return None
            else:
                direction, strict = direction * sign[0], strict and sign[1]
        return direction, strict

    def _definite(self, a: int) -> tuple[int, bool] | None:
        sign = self.atom_sign(a)
        if sign is not None:
            return 1, sign == ">0"
        data = self.table.atoms[a]
        if isinstance(data, Several) and (sign := self.sign(self.scale(self.table.thaw(data.body), -1))) is not None:
            return -1, sign == ">0"
        return None

    def _grouped_signs(self, e: Expr) -> str | None:
        """Terms that differ in hyperparameters alone are one: (1 - b) x^2 from x^2 - b x^2, with the sign of 1 - b from facts."""
        groups: dict[tuple, Expr] = {}
        for (guards, factors), q in e.items():
            hypers = tuple([item for item in factors if isinstance(self.table.atoms[item[0]], Hyper)])
            rest = tuple([item for item in factors if item not in hypers])
            groups.setdefault((guards, rest), {})[NONE, hypers] = q
        if len(groups) == len(e) or groups.keys() <= {UNIT}:
            return None
        best = ">=0"
        for (guards, rest), coefficient in groups.items():
            monomial = self._monomial_sign(rest)
            sign = None if monomial is None else self.sign(self.scale(coefficient, monomial[0]))
            if sign is None:
                return None
            if not guards and monomial[1] and sign == ">0":
                best = ">0"
        self.count("grouped_signs")
        return best

    def _bounded_terms(self, e: Expr) -> str | None:
        """c - q m - ..., plus terms at least 0, where every such m lies in [0, 1] and the q add up to at most c; 1 - b^t is one."""
        left, strict = Fraction(e.get(UNIT, 0)), False
        if left <= 0:
            return None
        for (_, factors), q in e.items():
            if q > 0:
                sign = self._monomial_sign(factors)
                if sign is None or sign[0] < 0:
                    return None
                continue
            below = self._unit_interval(factors)
            if below is None:
                return None
            left, strict = left + q, strict or below
        if left < 0:
            return None
        self.count("bounded_terms")
        return ">0" if left > 0 or strict else ">=0"

    # ---- the interval from 0 to 1
    def _unit_interval(self, factors: Factors) -> bool | None:
        """Whether a product of numbers in [0, 1] is below 1; None when it is not shown to be such a product."""
        below = False
        for a, k in factors:
            found = self._unit_atom(a) if k > 0 else self._unit_reciprocal(a)
            if found is None:
                return None
            below |= found
        return below

    def _unit_atom(self, a: int) -> bool | None:
        match self.table.atoms[a]:
            case Hyper() | Read():
                return self._unit_expression({(NONE, ((a, 1),)): 1})
            case Call(function="pow", arguments=(base, exponent)):
                inner, sign = self._unit_expression(self.table.thaw(base)), self.sign(self.table.thaw(exponent))
                return None if inner is None or sign is None else inner and sign == ">0"
            case Call(function="exp", arguments=(argument,)):
                sign = self.sign(self.scale(self.table.thaw(argument), -1))
                return None if sign is None else sign == ">0"
            case Call(function=function) if function in UNIT_VALUED:
                return UNIT_VALUED[function]
        return None

    def _unit_reciprocal(self, a: int) -> bool | None:
        data = self.table.atoms[a]
        if isinstance(data, Call) and data.function == "exp":
            sign = self.sign(self.table.thaw(data.arguments[0]))
            return None if sign is None else sign == ">0"
        return False if isinstance(data, Value) and self.table.is_dim(data.variable) else None

    def _unit_expression(self, e: Expr) -> bool | None:
        """Of an expression with 0 <= e <= 1 known: whether e < 1."""
        if self.sign(e) is None:
            return None
        rest = self.subtract({UNIT: 1}, e)
        if rest.keys() <= {UNIT}:
            return rest.get(UNIT, 0) > 0 if rest.get(UNIT, 0) >= 0 else None
        return next((relation == ">0" for relation in (">0", ">=0") if self.domain.grants(self, rest, relation)), None)

    # ---- affine forms and atoms
    def _nonzero(self, a: int) -> bool:
        data = self.table.atoms[a]
        if isinstance(data, Zero):
            return False
        if isinstance(data, Call) and data.function.startswith("root"):
            return self.known(self.table.thaw(data.arguments[0]), "!=0")
        return self.atom_sign(a) == ">0" or self.domain.grants(self, {(NONE, ((a, 1),)): 1}, "!=0")

    def _affine_sign(self, e: Expr) -> str | None:
        """The sign of an expression in indices and dims alone, from the context."""
        coefficients: dict[int, Number] = {}
        for (guards, factors), q in e.items():
            if guards or len(factors) > 1 or (factors and factors[0][1] != 1):
                return None
            if factors:
                data = self.table.atoms[factors[0][0]]
                if not isinstance(data, Value):
                    return None
                coefficients[data.variable] = q
        denominator = lcm(*[Fraction(q).denominator for q in e.values()]) if e else 1
        form = make(int(e.get(UNIT, 0) * denominator), {v: int(q * denominator) for v, q in coefficients.items()})
        if self.context.holds(plus(form, number(-1))):
            return ">0"
        return ">=0" if self.context.holds(form) else None

    def atom_sign(self, a: int) -> str | None:
        """What is known of an atom's sign."""
        match self.table.atoms[a]:
            case Value(variable=v):
                return ">0" if self.table.is_dim(v) else self._affine_sign({(NONE, ((a, 1),)): 1})
            case Zero():
                return ">=0"
            case Several(body=body):
                return self.sign(self.table.thaw(body))
            case Sum() as data:
                return self._sum_sign(data)
            case Call(function=function, arguments=arguments):
                if function in POSITIVE:
                    return ">0"
                if function.startswith("root") or function == "pow":
                    inner = self.sign(self.table.thaw(arguments[0]))
                    return inner if function == "pow" else inner or ">=0"
                return ">=0" if function in NONNEGATIVE else None
            case Read(name=name) if name in self.domain.positive_names:
                return ">0"
            case Read() | Hyper():
                own = {(NONE, ((a, 1),)): 1}
                return next((r for r in (">0", ">=0") if self.domain.grants(self, own, r)), None)
        return None

    def _sum_sign(self, data: Sum) -> str | None:
        """A sum of terms that are at least 0; of positive ones over a box of at least one point it is positive."""
        sign = self._monomial_sign(data.factors)
        if sign is None or sign[0] < 0:
            return None
        return ">0" if sign[1] and self.context.box(data.guards) is not None else ">=0"
