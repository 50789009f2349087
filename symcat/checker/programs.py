"""Programs as certificates state them, read to normal forms of their outputs over the indices of their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from symcat.checker.expressions import ONE
from symcat.checker.forms import ZERO, Form, Refused, form, plus
from symcat.checker.structure import without_folds
from symcat.checker.sums import Sums
from symcat.checker.table import Expr

SCALARS = {"exp": 1, "log": 1, "tanh": 1, "sin": 1, "cos": 1, "sigmoid": 1, "softplus": 1, "relu": 1, "step": 1,
           "absolute": 1, "sign": 1, "detach": 1, "maximum": 2, "minimum": 2, "equal": 2, "where": 3}    # how many arguments each takes
RELATIONS = ("!=0", ">0", ">=0")


class Programs(Sums):
    """The values of programs."""

    def early(self, program: Mapping[str, Any]) -> None:
        """Requirements on the inputs alone hold from the start, on both sides."""
        if not self.modulus:
            self.enter(program)
            self.require()

    def enter(self, program: Mapping[str, Any]) -> None:
        """Begin a program: its inputs."""
        without_folds(program)
        self.values, self.shapes, self.waiting = {}, {}, [] if self.modulus else list(program["requirements"])
        self.selectors, self.nodes = {}, {}
        for k, (name, modulus, shape) in enumerate(program["dom"]):
            if name in self.shapes:
                raise Refused(f"two arrays are called {name}")
            self.shapes[name] = [self.affine(d, ()) for d in shape]
            if modulus == self.modulus:
                self.values[name] = self.atom("read", k, tuple(form(v) for v in self.indices(self.shapes[name])))

    def side(self, program: Mapping[str, Any], which: int) -> list[Expr | None]:
        """Read a program: the values of its arrays over the indices of their shapes, its requirements as hypotheses."""
        self.enter(program)
        self.require()
        for node in program["nodes"]:
            if node["name"] in self.shapes:
                raise Refused(f"two arrays are called {node['name']}")
            self.shapes[node["name"]] = [self.affine(d, ()) for d in node["shape"]]
            if node["modulus"] == self.modulus:
                value = self.node(node)
                self.values[node["name"]] = self.cut(value, self.indices(self.shapes[node["name"]]))
                self.require()
        return [self.output(out, shape) if modulus == self.modulus else None
                for out, (_, modulus, shape) in zip(program["outs"], program["cod"], strict=True)]

    def output(self, name: str, shape: Sequence[Any]) -> Expr:
        if name not in self.values or self.shapes[name] != [self.affine(d, ()) for d in shape]:
            raise Refused(f"the output {name} is not an array of the base and shape that is stated")
        return self.values[name]

    def indices(self, extents: Sequence[Form], first: int = 0) -> list[int]:
        return [self.id("index", first + k, d) for k, d in enumerate(extents)]

    def require(self) -> None:
        """Requirements whose arrays are known become hypotheses: both sides are compared where both are defined."""
        left = []
        for r in self.waiting:
            if r["guards"]:
                continue
            if not all(name in self.values for name in arrays(r["expr"])):
                left.append(r)
                continue
            indices = self.indices([self.affine(d, ()) for d in r["extents"]])
            self.suppose(indices, self.convert(r["expr"], [form(v) for v in indices]), r["relation"])
        self.waiting = left

    def suppose(self, indices: Sequence[int], e: Expr, relation: str) -> None:
        if relation not in RELATIONS:
            raise Refused(f"{relation} is not a relation")
        if (indices, e, relation) in self.hypotheses:
            return
        self.hypotheses.append((indices, e, relation))
        if relation != ">=0" and len(e) == 1 and not next(iter(e))[0]:
            self.hypotheses += [(indices, {((), ((a, 1),)): 1}, "!=0") for a, _ in next(iter(e))[1]]

    def fact(self, fact: Mapping[str, Any]) -> None:
        """A premise: about dims alone as a guard, about hyperparameters as a hypothesis."""
        e, relation = fact["expr"], fact["relation"]
        if relation not in RELATIONS:
            raise Refused(f"{relation} is not a relation")
        if not symbols(e, "real") and relation != "!=0":
            with suppress(Refused):
                self.facts += (plus(self.affine(e, ()), (-(relation == ">0"), ())),)
        elif not self.modulus:
            self.suppose((), self.convert(e, ()), relation)

    def node(self, node: Mapping[str, Any]) -> Expr:
        """The value of a comprehension over the indices of its shape."""
        shape, extents = ([self.affine(d, ()) for d in node[key]] for key in ("shape", "extents"))
        rank, formals = len(shape), self.indices(shape)
        plain = not node["guards"] and node["out"] == [["index", k] for k in range(rank)] and extents[:rank] == shape
        if node["op"] == "max":
            if not plain or self.modulus:
                raise Refused("a maximum is one of reals, and is written to entries by their own indices")
            self.nodes[node["name"]] = node
            own = [form(v) for v in formals]
            return self.convert(node["body"], own + [self.argmax(node["name"], k, own) for k in range(len(extents) - rank)])
        if plain:
            inner = self.indices(extents[rank:], rank)
            return self.sum_over(self.convert(node["body"], [form(v) for v in formals + inner]), inner)
        inner = self.indices(extents, rank)
        where = [form(v) for v in inner]
        guards = [self.affine(g, where) for g in node["guards"]]
        targets = [self.affine(e, where) for e in node["out"]]
        for target, d in zip(targets, shape, strict=True):
            self.ranged(target, d, guards)
        parts = [self.guard(g) for g in guards] + [self.delta(plus(form(f), e, -1)) for f, e in zip(formals, targets, strict=True)]
        return self.sum_over(self.product(*parts, self.convert(node["body"], where, guards)), inner)

    def argmax(self, name: str, component: int, indices: Sequence[Form]) -> Form:
        """The selector of a maximum, at forms for its formal indices."""
        node = self.nodes[name]
        if not 0 <= component < len(node["extents"]) - len(node["shape"]):
            raise Refused(f"a maximum {name} with an index {component}")
        shape, extents = ([self.affine(d, ()) for d in node[key]] for key in ("shape", "extents"))
        formals = self.indices(shape)
        holes = self.indices(extents[len(shape):], len(shape))
        for d in extents[len(shape):]:
            if not self.implied((), plus(d, (-1, ()))):
                raise Refused("a maximum over a range that may be empty")
        if name not in self.selectors:
            self.selectors[name] = self.convert(node["body"], [form(v) for v in formals + holes])
        chosen = self.selector(component, tuple(extents[len(shape):]), holes, self.selectors[name])
        return self.moved(chosen, dict(zip(formals, indices, strict=True)))

    def cut(self, value: Expr, formals: Sequence[int]) -> Expr:
        """The value with its sums, and its part of several terms, as names for what they stand for, where the advice says so."""
        if not value or not self.ask("cut", value):
            return value
        named = lambda e: self.name(e, [v for v in formals if v in self.scope(e)])
        if len(value) == 1:
            ((guards, factors), q), = value.items()
            parts = [self.power(named({((), ((a, 1),)): 1}), k) if self.kind(a) == "sum" else {((), ((a, k),)): 1} for a, k in factors]
            return self.product({(guards, ()): q}, *parts)
        shared = self.common(value)
        rest = self.product(value, {((), tuple((a, -k) for a, k in shared)): 1})
        q = 1 if self.modulus else min(rest.items())[1]
        parts = [self.power(named({((), ((a, 1),)): 1}) if self.kind(a) == "sum" else {((), ((a, 1),)): 1}, k) for a, k in shared]
        return self.product({ONE: q}, named(self.scale(rest, Fraction(1) / q) if q != 1 else rest), *parts)

    def name(self, e: Expr, own: Sequence[int]) -> Expr:
        extents = tuple(self.things[v][-1] for v in own)
        moves = {v: form(w) for v, w in zip(own, self.indices(extents), strict=True)}
        body = self.substituted(e, {v: x for v, x in moves.items() if x != form(v)})
        return self.atom("cut", extents, self.freeze(body), tuple(map(form, own)))

    def ranged(self, e: Form, extent: Form, guards: Sequence[Form]) -> None:
        """Refused unless a form is shown to lie in a range."""
        if len(e[1]) == 1 and e[0] == 0 and e[1][0][1] == 1 and self.things[e[1][0][0]][-1] == extent:
            return
        if not (self.implied(guards, e) and self.implied(guards, plus(plus(extent, (-1, ())), e, -1))):
            raise Refused("a read or a write is not shown to be in range")

    def affine(self, e: Any, where: Sequence[Form]) -> Form:
        """An index expression as a form; `where` gives the loop indices."""
        if type(e) is int:
            return e, ()
        match e:
            case ["dim", str(name)]:
                return form(self.id("dim", name))
            case ["index", int(k)] if 0 <= k < len(where):
                return where[k]
            case ["+", *parts]:
                total = ZERO
                for part in parts:
                    total = plus(total, self.affine(part, where))
                return total
            case ["*", *parts]:
                forms = [self.affine(part, where) for part in parts]
                moving = [x for x in forms if x[1]]
                k = 1
                for x in forms:
                    k *= 1 if x[1] else x[0]
                if len(moving) < 2:
                    return plus(ZERO, moving[0], k) if moving else (k, ())
            case ["argmax", str(name), int(component), *indices] if name in self.nodes:
                forms = [self.affine(x, where) for x in indices]
                for x, d in zip(forms, self.shapes[name], strict=True):
                    self.ranged(x, d, ())
                return self.argmax(name, component, forms)
        raise Refused(f"{str(e)[:60]} is not an affine index")

    def convert(self, e: Any, where: Sequence[Form], guards: Sequence[Form] = ()) -> Expr:
        """A body as an expression."""
        if type(e) is int:
            return self.collect([(ONE, e)])
        more = lambda x: self.convert(x, where, guards)
        match e:
            case ["/", int(p), int(q)]:
                return self.collect([(ONE, Fraction(p, q) if not self.modulus else p * pow(q, -1, self.modulus))])
            case ["dim", _] | ["index", _] | ["argmax", *_]:
                return self.value(self.affine(e, where))
            case ["real", str(name)]:
                return self.atom("hyper", name)
            case ["+", *parts]:
                return self.add(*map(more, parts))
            case ["*", *parts]:
                return self.product(*map(more, parts))
            case ["^", base, exponent]:
                if type(exponent) is int and (exponent >= 0 or not self.modulus):
                    return self.exponentiated(more(base), Fraction(exponent))
                if not self.modulus:
                    q = Fraction(*exponent[1:]) if exponent[0] == "/" else None
                    return self.exponentiated(more(base), q) if q is not None else self.apply("pow", more(base), more(exponent))
            case ["at", str(name), *indices] if name in self.values and len(indices) == len(self.shapes[name]):
                forms = [self.affine(x, where) for x in indices]
                for x, d in zip(forms, self.shapes[name], strict=True):
                    self.ranged(x, d, guards)
                moves = {v: x for v, x in zip(self.indices(self.shapes[name]), forms, strict=True) if x != form(v)}
                return self.substituted(self.values[name], moves)
            case ["Bracket", x]:
                return self.guard(self.affine(x, where))
            case ["Delta", x]:
                return self.delta(self.affine(x, where))
            case ["Smooth", str(name), int(order), x] if not self.modulus:
                return self.call(f"smooth {name} {order}", more(x))
            case [str(function), *arguments] if len(arguments) == SCALARS.get(function) and (not self.modulus or function == "detach"):
                return self.apply(function, *map(more, arguments))
        raise Refused(f"{str(e)[:60]} is not an expression of the language, or belongs to another base")


def arrays(e: Any) -> set[str]:
    """The arrays that an expression reads."""
    if not isinstance(e, list):
        return set()
    return ({e[1]} if e[:1] in (["at"], ["argmax"]) else set()).union(*[arrays(x) for x in e])


def symbols(e: Any, kind: str) -> bool:
    return isinstance(e, list) and (e[:1] == [kind] or any(symbols(x, kind) for x in e))
