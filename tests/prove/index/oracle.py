"""Two independent evaluators at concrete sizes: of programs, straight from their comprehensions, and of normal forms."""

import itertools
import math
import random

import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.prove.index import table as T
from symcat.prove.index.context import Context
from symcat.prove.index.domain import Domain
from symcat.prove.index.program import Cuts, Program
from symcat.prove.index.sums import Normaliser


def smooth(order, x):
    """Derivatives of sin(x) + 0.3 x^3."""
    return math.sin(x + order * math.pi / 2) + {0: 0.3 * x**3, 1: 0.9 * x * x, 2: 1.8 * x, 3: 1.8}.get(order, 0)


SCALAR = {
    "exp": math.exp, "log": math.log, "ln": math.log, "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "softplus": lambda x: math.log(1 + math.exp(x)),
    "relu": lambda x: max(x, 0.0), "step": lambda x: float(x > 0), "absolute": abs, "sign": lambda x: float((x > 0) - (x < 0)),
    "maximum": max, "minimum": min, "equal": lambda x, y: float(x == y), "detach": lambda x: x,
    "inverse": lambda x: 1 / x, "pow": lambda x, y: x**y,
}


class Run:
    """A program at concrete dims, arrays as {index tuple: value}; values less than `slack` apart are a tie."""

    def __init__(self, f, dims, arrays, hypers=None, scalar=SCALAR, slack=0):
        self.f, self.hypers, self.scalar, self.slack = f, hypers or {}, scalar, slack
        self.dims = {sp.Symbol(k, integer=True, positive=True): v for k, v in dims.items()}
        self.values = dict(zip(f.dom.names, arrays, strict=True))
        self.first = {}
        for node in f.nodes:
            self.node(node)

    def dim(self, extent):
        return int(sp.sympify(extent).subs(self.dims))

    def shape(self, wire):
        return [self.dim(extent) for extent in wire.shape]

    def node(self, node):
        out, best = {}, {}
        for point in itertools.product(*[range(self.dim(d)) for d in node.extents]):
            env = {index(k): p for k, p in enumerate(point)}
            if any(self.affine(g, env) < 0 for g in node.guards):
                continue
            place = tuple(self.affine(e, env) for e in node.out)
            value = self.body(node.body, env)
            if node.op == "max":
                if place not in best or value > best[place] + self.slack:
                    best[place] = value
                    self.first[node.name, place] = point[len(node.shape):]
            else:
                out[place] = out.get(place, 0) + value
        out = best if node.op == "max" else out
        modulus = node.base.modulus
        self.values[node.name] = {p: v % modulus if modulus else v for p, v in out.items()}
        for place in out:
            assert all(0 <= p < self.dim(d) for p, d in zip(place, node.shape, strict=True)), "write out of range"

    def affine(self, e, env):
        if isinstance(e, Argmax):
            return self.first[e.name, tuple(self.affine(i, env) for i in e.indices)][e.component]
        if e.is_Integer:
            return int(e)
        if e.is_Symbol:
            return env[e] if e in env else self.dims[e]
        parts = [self.affine(a, env) for a in e.args]
        return sum(parts) if e.is_Add else math.prod(parts)

    def body(self, e, env):
        if e.is_Rational:
            return int(e) if e.is_Integer else float(e)
        if e == sp.E:
            return self.scalar["exp"](1)
        if isinstance(e, At):
            place = tuple(self.affine(i, env) for i in e.indices)
            return self.values[e.name].get(place, 0)
        if isinstance(e, Argmax):
            return self.affine(e, env)
        if e.is_Symbol:
            return env[e] if e in env else self.dims[e] if e in self.dims else self.hypers[e.name]
        if isinstance(e, (Bracket, Delta)):
            value = self.affine(e.args[0], env)
            return int(value >= 0) if isinstance(e, Bracket) else int(value == 0)
        if e.is_Add:
            return sum(self.body(a, env) for a in e.args)
        if e.is_Mul:
            total = 1
            for a in sorted(e.args, key=lambda a: 0 if isinstance(a, (Bracket, Delta)) else 1):
                total *= self.body(a, env)
                if total == 0:
                    return 0
            return total
        if e.is_Pow:
            exponent = int(e.exp) if e.exp.is_Integer else self.body(e.exp, env)
            return self.body(e.base, env) ** exponent
        if type(e).__name__ == "Smooth":
            return smooth(int(e.args[1]), self.body(e.args[2], env))
        arguments = [self.body(a, env) for a in e.args]
        if type(e).__name__ == "where":
            return arguments[1] if arguments[0] != 0 else arguments[2]
        return self.scalar[type(e).__name__](*arguments)

    def outputs(self):
        """Dense lists of (index, value) per output."""
        return [{p: self.values[out].get(p, 0) for p in itertools.product(*map(range, self.shape(wire)))}
                for out, (_, wire) in zip(self.f.outs, self.f.cod, strict=True)]


class Value:
    """A normal form at concrete dims."""

    def __init__(self, table, dims, arrays, hypers=None):
        self.table, self.dims, self.arrays, self.hypers = table, dims, arrays, hypers or {}

    def form(self, form, env):
        return form[0] + sum(k * self.variable(v, env) for v, k in form[1])

    def variable(self, v, env):
        if v in env:
            return env[v]
        data = self.table.variables[v]
        if data.kind == "dim":
            return self.dims[data.label]
        assert data.kind == "selector", f"free variable {data}"
        depth, best = self.table.selector_depth_of(v), None
        for point in itertools.product(*[range(self.form(extent, env)) for extent in data.extents]):
            own = {self.table.dummy(depth, k, e): p for k, (e, p) in enumerate(zip(data.extents, point, strict=True))}
            value = self.expression(self.table.thaw(data.body), env | own)
            if best is None or value > best[0]:
                best = value, point
        return best[1][data.component]

    def expression(self, e, env):
        total = 0
        for (guards, factors), q in e.items():
            if all(self.form(g, env) >= 0 for g in guards):
                total += float(q) * self.product(factors, env)
        return total

    def product(self, factors, env):
        result = 1
        for a, k in sorted(factors, key=lambda item: not isinstance(self.table.atoms[item[0]], T.Zero)):
            result *= self.atom(self.table.atoms[a], env) ** k
            if result == 0:
                return 0
        return result

    def atom(self, data, env):
        match data:
            case T.Read(name=name, indices=indices):
                return self.arrays[name].get(tuple(self.form(e, env) for e in indices), 0)
            case T.Value(variable=v):
                return self.variable(v, env)
            case T.Hyper(name=name):
                return self.hypers[name]
            case T.Zero(form=form):
                return int(self.form(form, env) == 0)
            case T.Several(body=body):
                return self.expression(self.table.thaw(body), env)
            case T.Call(function=function, arguments=arguments):
                return self.call(function, [self.expression(self.table.thaw(e), env) for e in arguments])
            case T.Sum():
                return self.sum(data, env)

    def call(self, function, arguments):
        if function.startswith("smooth"):
            return smooth(int(function.split()[2]), arguments[0])
        if function.startswith("root"):
            return arguments[0] ** (1 / int(function[4:]))
        if function == "where":
            return int(arguments[0] != 0)
        return SCALAR[function](*arguments)

    def sum(self, data, env):
        names = [self.table.bound(data.depth, k) for k in range(data.count)]

        def walk(k, env):
            if k == len(names):
                return self.product(data.factors, env)
            low, high = -14, 14
            for constant, terms in data.guards:
                rest = (constant, tuple(t for t in terms if t[0] != names[k]))
                if self.table.form_free((constant, terms)) & set(names[k + 1:]) or names[k] in self.table.form_free(rest):
                    continue
                own = dict(terms).get(names[k], 0)
                if own:
                    rest = self.form(rest, env)
                    low, high = (max(low, -(rest // own)), high) if own > 0 else (low, min(high, rest // -own))
            return sum(walk(k + 1, env | {names[k]: value}) for value in range(low, high + 1)
                       if all(self.form(g, env | {names[k]: value}) >= 0 for g in data.guards
                              if not self.table.form_free(g) & set(names[k + 1:])))
        return walk(0, env)


def random_arrays(f, dims, rng, integers=False, low=None):
    """One random array for each input wire."""
    sizes = {sp.Symbol(k, integer=True, positive=True): v for k, v in dims.items()}
    span = (-1.5, 1.5) if low is None else (low, 2)
    draw = (lambda: rng.choice([-3, -2, -1, 1, 2, 3, 5])) if integers else (lambda: rng.uniform(*span))
    arrays = []
    for wire in f.dom.types:
        shape = [int(sp.sympify(d).subs(sizes)) for d in wire.shape]
        modulus = wire.base.modulus
        arrays.append({p: rng.randrange(modulus) if modulus else draw() for p in itertools.product(*map(range, shape))})
    return arrays


def normal_forms(f, level=0, facts=(), modulus=0, definitions=False):
    """The normal forms of a program's outputs, with their table and formal indices."""
    table = T.Table()
    domain = Domain(table)
    forms = []
    for fact in facts:
        constant = int(fact.as_coefficients_dict().get(sp.S.One, 0))
        pairs = sorted((table.dim(s.name), int(fact.coeff(s))) for s in sorted(fact.free_symbols, key=str))
        forms.append((constant, tuple(pairs)))
    algebra = Normaliser(table, Context(table, forms), domain, modulus, definitions=definitions)
    program = Program(f, algebra, Cuts(level))
    values = program.outputs()
    return table, values, [program.formals(wire.shape) for wire in f.cod.types]


def worst_difference(f, dims, seed=0, facts=(), hypers=None, low=None):
    """The greatest relative difference between program and normal form over all output entries, and how many there are."""
    rng = random.Random(seed)
    arrays = random_arrays(f, dims, rng, low=low)
    run = Run(f, dims, arrays, hypers)
    table, values, formals = normal_forms(f, facts=[x.expr for x in f.facts if x.relation == ">=0"] + list(facts))
    reader = Value(table, dims, {f"x{k}": array for k, array in enumerate(arrays)}, hypers)
    worst, count = 0.0, 0
    for output, value, names in zip(run.outputs(), values, formals, strict=True):
        for place, expected in output.items():
            found = reader.expression(value, dict(zip(names, place, strict=True)))
            worst = max(worst, abs(found - expected) / (1 + abs(expected)))
            count += 1
    return worst, count


def agree(f, g, dims, seed, integers=False, low=None, hypers=None):
    """Whether two programs have equal outputs on random inputs."""
    rng = random.Random(seed)
    arrays = random_arrays(f, dims, rng, integers, low)
    left, right = Run(f, dims, arrays, hypers).outputs(), Run(g, dims, arrays, hypers).outputs()
    return all(abs(a[p] - b[p]) <= 1e-7 * (1 + abs(a[p])) for a, b in zip(left, right, strict=True) for p in a)
