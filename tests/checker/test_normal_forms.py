"""Normal forms of random programs have the values of the programs, also where ranges are empty and denominators would vanish."""

import random
from fractions import Fraction
from itertools import product

import pytest

from symcat.checker import Refused
from symcat.prove.advice.record import Recorder
from tests.checker.oracle import Direct, Normal, Outside
from tests.checker.test_attacks import I, J, M, N, at, node, program, require

DOM = [["x", 0, [N]], ["w", 0, [M]]]
SIZES = [{"n": 1, "m": 1}, {"n": 2, "m": 1}, {"n": 1, "m": 3}, {"n": 3, "m": 2}]
PARTS, ROUNDS = 6, 120


def minus(e):
    return ["*", -1, e]


class Draft:
    """A random program: reciprocals, partial sums and maxima, read at random places that guards keep in range, or others imply."""

    def __init__(self, seed):
        self.dice, self.nodes, self.required, self.pairs = random.Random(seed), [], [], []
        for _ in range(self.dice.choice((1, 2))):
            self.reciprocal()

    def add(self, *args, **options):
        self.nodes.append(node(f"z{len(self.nodes)}", *args, **options))
        return self.nodes[-1]["name"]

    def reciprocal(self):
        name, extent = self.dice.choice((("x", N), ("w", M)))
        kind = self.dice.choice(("index", "read", "shifted", "partial", "greatest"))
        if kind == "partial":
            guard = self.dice.choice((["+", I, minus(J)], ["+", J, minus(I)]))
            body = at(self.add(at(name, J), [extent, extent], [extent], guards=[guard]), I)
        elif kind == "greatest":
            scaled = ["*", self.dice.choice((1, -2)), at(name, J), ["Bracket", ["+", J, -1, minus(I)]]]
            top = self.add(scaled, [extent, extent], [extent], op="max")
            chosen = ["argmax", top, 0, I]
            body = ["+", 1, chosen, at(name, chosen)]
        else:
            body = {"index": ["+", 1, I], "read": at(name, I), "shifted": ["+", at(name, I), self.dice.choice((1, I))]}[kind]
        whole = self.add(body, [extent], [extent])
        self.required.append(require(at(whole, I), [extent]))
        self.pairs.append((whole, self.add(["^", at(whole, I), -1], [extent], [extent]), extent))

    def place(self, count):
        i, j = (["index", self.dice.randrange(count)] for _ in range(2))
        shift = self.dice.choice((-1, 1))
        return self.dice.choice((i, ["+", i, shift], ["+", i, minus(j)], ["+", i, minus(j), -1], ["+", N, -1, minus(i)], ["*", 2, i]))

    def kept(self, e, extent):
        return [g for g in (e, ["+", extent, -1, minus(e)]) if self.dice.random() < 0.3]

    def finish(self):
        loops = [self.dice.choice((N, N, M, ["+", N, 1], ["+", N, 1], 2)) for _ in range(self.dice.choice((2, 2, 2, 3)))]
        i, j = self.dice.sample(range(len(loops)), 2)
        guards, factors = [["+", ["index", i], self.dice.choice((0, -1, -1, 1)), minus(["index", j])]], []
        for _ in range(self.dice.choice((1, 2))):
            whole, inverse, extent = self.dice.choice(self.pairs)
            e = self.dice.choice((["index", i], ["+", ["index", i], -1], ["index", j], self.place(len(loops))))
            factors += [at(inverse, e)] + [at(whole, e)] * (self.dice.random() < 0.3)
            guards += self.kept(e, extent)
        shape = self.dice.choice(([], [N], [["+", N, 1]]))
        out = [self.place(len(loops)) for _ in shape]
        guards += [g for e, extent in zip(out, shape, strict=True) for g in self.kept(e, extent)]
        self.add(["*", 1, *factors], loops, shape, out, guards)
        return program(*self.nodes, dom=DOM, shape=shape, requirements=self.required)


def arrays(stated, sizes, dice):
    lengths = [sizes[extent[1]] for _, _, (extent,) in stated["dom"]]
    return [{(k,): Fraction(dice.randint(-3, 3), dice.choice((1, 2))) for k in range(length)} for length in lengths]


@pytest.mark.parametrize("part", range(PARTS))
def test_normal_forms_have_the_values_of_programs(part):
    compared = 0
    for seed in range(part * ROUNDS, (part + 1) * ROUNDS):
        stated = Draft(seed).finish()
        run = Recorder(0, (), random.Random(seed).choice(("none", "arguments", "cut")), [set(), set()])
        try:
            run.early(stated)
            value, = run.side(stated, 0)
        except Refused:         # a read that is not shown to be in range
            continue
        formals = run.indices([run.affine(d, ()) for d in stated["cod"][0][2]])
        for sizes in SIZES:
            given = arrays(stated, sizes, random.Random(seed))
            try:
                direct = Direct(stated, sizes, given)
            except Outside:
                continue
            normal = Normal(run, sizes, given)
            for place in product(*map(range, direct.shapes[stated["outs"][0]])):
                assert normal.value(value, dict(zip(formals, place, strict=True))) == direct.out.get(place, 0), (seed, sizes, place)
                compared += 1
    assert compared > ROUNDS
