"""Two evaluators at concrete sizes, in exact fractions: of programs as certificates state them, and of the checker's normal forms.

Functions are total, as the checker takes them: 1/0 is 0.
"""

from fractions import Fraction
from itertools import product
from math import prod

REACH = {1: 60, 2: 20, 3: 12}


class Outside(Exception):
    """A requirement does not hold at this point."""


def power(base, exponent):
    return Fraction(0) if base == 0 and exponent < 0 else Fraction(base) ** exponent


class Direct:
    """A program, straight from its comprehensions; `arrays` are the values of its inputs, as {indices: value}."""

    def __init__(self, program, sizes, arrays):
        self.sizes, self.values, self.shapes, self.first = sizes, {}, {}, {}
        for (name, _, shape), entries in zip(program["dom"], arrays, strict=True):
            self.values[name], self.shapes[name] = entries, [self.index(d) for d in shape]
        for node in program["nodes"]:
            self.node(node)
        for stated in program["requirements"]:
            for point in product(*[range(self.index(d)) for d in stated["extents"]]):
                if self.body(stated["expr"], point) == 0:
                    raise Outside
        self.out = self.values[program["outs"][0]]

    def node(self, node):
        shape, found = [self.index(d) for d in node["shape"]], {}
        for point in product(*[range(self.index(d)) for d in node["extents"]]):
            if all(self.index(g, point) >= 0 for g in node["guards"]):
                place = tuple(self.index(e, point) for e in node["out"])
                assert all(0 <= p < d for p, d in zip(place, shape, strict=True)), "a write out of range"
                value = self.body(node["body"], point)
                if node["op"] == "sum":
                    found[place] = found.get(place, 0) + value
                elif place not in found or value > found[place]:
                    found[place], self.first[node["name"], place] = value, point[len(shape):]
        self.values[node["name"]], self.shapes[node["name"]] = found, shape

    def index(self, e, point=()):
        match e:
            case int():
                return e
            case ["dim", name]:
                return self.sizes[name]
            case ["index", k]:
                return point[k]
            case ["argmax", name, component, *indices]:
                return self.first[name, tuple(self.index(x, point) for x in indices)][component]
        return {"+": sum, "*": prod}[e[0]]([self.index(x, point) for x in e[1:]])

    def body(self, e, point):
        match e:
            case ["+" | "*" as operation, *parts]:
                return {"+": sum, "*": prod}[operation]([self.body(x, point) for x in parts])
            case ["^", base, int(exponent)]:
                return power(self.body(base, point), exponent)
            case ["at", name, *indices]:
                place = tuple(self.index(x, point) for x in indices)
                assert all(0 <= p < d for p, d in zip(place, self.shapes[name], strict=True)), "a read out of range"
                return self.values[name].get(place, 0)
            case ["Bracket", x]:
                return int(self.index(x, point) >= 0)
            case ["Delta", x]:
                return int(self.index(x, point) == 0)
        return self.index(e, point)


class Normal:
    """Normal forms of a run of the checker."""

    def __init__(self, run, sizes, arrays):
        self.run, self.sizes, self.arrays = run, sizes, arrays

    def form(self, e, at):
        return e[0] + sum(k * self.variable(v, at) for v, k in e[1])

    def variable(self, v, at):
        thing = self.run.things[v]
        if v in at or thing[0] == "dim":
            return at[v] if v in at else self.sizes[thing[1]]
        assert thing[0] == "argmax", f"a free variable {thing}"
        _, component, extents, body = thing
        own = [self.run.id("dummy", self.run.depths[body] + 1, k, d) for k, d in enumerate(extents)]
        points = product(*[range(self.form(d, at)) for d in extents])
        return max(points, key=lambda p: (self.value(self.run.thaw(body), at | dict(zip(own, p, strict=True))), [-x for x in p]))[component]

    def value(self, e, at):
        return sum(q * self.product(factors, at) for (guards, factors), q in e.items() if all(self.form(g, at) >= 0 for g in guards))

    def product(self, factors, at):
        return prod(power(self.atom(self.run.things[a], at), k) for a, k in factors)

    def atom(self, thing, at):
        match thing:
            case ("read", array, forms):
                return self.arrays[array].get(tuple(self.form(e, at) for e in forms), 0)
            case ("cut", extents, body, forms):
                own = [self.run.id("index", k, d) for k, d in enumerate(extents)]
                return self.value(self.run.thaw(body), at | {v: self.form(e, at) for v, e in zip(own, forms, strict=True)})
            case ("value", v):
                return self.variable(v, at)
            case ("zero", e):
                return int(self.form(e, at) == 0)
            case ("several", body):
                return self.value(self.run.thaw(body), at)
            case ("call", "inverse", (body,)):
                return power(self.value(self.run.thaw(body), at), -1)
            case ("sum", depth, count, guards, factors):
                return self.total([self.run.id("bound", depth, k) for k in range(count)], guards, factors, at)
        raise AssertionError(f"{thing[:2]} is not evaluated here")

    def total(self, names, guards, factors, at):
        reach = REACH[len(names)]
        here = [(g, max([names.index(v) for v in self.run.within([g]) if v in names], default=-1)) for g in guards]

        def walk(k, at):
            if not all(self.form(g, at) >= 0 for g, last in here if last == k - 1):
                return 0
            if k == len(names):
                assert all(abs(at[v]) < reach for v in names), "a sum without bounds"
                return self.product(factors, at)
            return sum(walk(k + 1, at | {names[k]: value}) for value in range(-reach, reach + 1))
        return walk(0, at)
