"""Small programs over symbolic dims, and the laws of the reverse derivative as pairs of programs."""

import sympy as sp

from symcat.category.expression import At, index
from symcat.category.functions import Smooth, maximum, relu, sigmoid
from symcat.category.morphism import Builder
from symcat.category.space import Real, dims, space
from symcat.category.structure import pair, zero
from symcat.derivative.forward import D
from symcat.derivative.reverse import R

b, n, m, h, k, l, c, o, p, q, u, v = dims("b n m h k l c o p q u v")
phi = Smooth.named("phi")
SIZES = {"b": 2, "n": 3, "m": 2, "h": 2, "k": 2, "l": 1, "c": 1, "o": 2, "p": 3, "q": 3, "u": 2, "v": 2}


def program(write, **wires):
    """The morphism that `write(builder, names)` writes over the given wires."""
    build = Builder()
    outs = write(build, *build.inputs(space(**wires)))
    return build.build([outs] if isinstance(outs, str) else list(outs))


def linear(rows=b, inputs=n, outputs=m):
    return program(lambda g, w, x: g.gather((rows, outputs), lambda i, j, r: At(x, i, r) * At(w, r, j), (inputs,)),
                   w=Real[inputs, outputs], x=Real[rows, inputs])


def bias(rows=b, outputs=m):
    return program(lambda g, c, x: g.gather((rows, outputs), lambda i, j: At(x, i, j) + At(c, j)), c=Real[outputs], x=Real[rows, outputs])


def pointwise(function, *shape):
    shape = shape or (b, m)
    return program(lambda g, x: g.gather(shape, lambda *i: function(At(x, *i))), x=Real[shape])


def binary(function):
    return program(lambda g, x, y: g.gather((b, m), lambda i, j: function(At(x, i, j), At(y, i, j))), x=Real[b, m], y=Real[b, m])


def softmax(shifted=False):
    def write(g, x):
        if shifted:
            top = g.gather((b,), lambda i, j: At(x, i, j), (m,), op="max")
            x = g.gather((b, m), lambda i, j: At(x, i, j) - At(top, i))
        e = g.gather((b, m), lambda i, j: sp.exp(At(x, i, j)))
        total = g.gather((b,), lambda i, j: At(e, i, j), (m,))
        g.require((b,), At(total, index(0)), "!=0")
        return g.gather((b, m), lambda i, j: At(e, i, j) / At(total, i))
    return program(write, x=Real[b, m])


def log_partition(g, x):
    e = g.gather((b, m), lambda i, j: sp.exp(At(x, i, j)))
    total = g.gather((b,), lambda i, j: At(e, i, j), (m,))
    g.require((b,), At(total, index(0)), ">0")
    return g.gather((b,), lambda i: sp.log(At(total, i)))


def log_softmax():
    def write(g, x):
        part = log_partition(g, x)
        return g.gather((b, m), lambda i, j: At(x, i, j) - At(part, i))
    return program(write, x=Real[b, m])


def cross_entropy():
    def write(g, y, x):
        part = log_partition(g, x)
        return g.gather((b,), lambda i, j: At(y, i, j) * (At(part, i) - At(x, i, j)), (m,))
    return program(write, y=Real[b, m], x=Real[b, m])


def correlate():
    return program(lambda g, w, x: g.gather((n - k + 1,), lambda i, j: At(x, i + j) * At(w, j), (k,)), w=Real[k], x=Real[n])


def correlate2(height=p, width=q):
    def write(g, w, x):
        return g.gather((b, o, height - u + 1, width - v + 1),
                        lambda i, j, y, z, r, s, t: At(x, i, r, y + s, z + t) * At(w, j, r, s, t), (c, u, v))
    return program(write, w=Real[o, c, u, v], x=Real[b, c, height, width])


def max_pool(channels=c, height=p, width=q):
    def write(g, x):
        return g.gather((b, channels, height, width), lambda i, j, y, z, s, t: At(x, i, j, 2 * y + s, 2 * z + t), (2, 2), op="max")
    return program(write, x=Real[b, channels, 2 * height, 2 * width])


def dense_of_images(channels=c, height=p, width=q):
    def write(g, w, x):
        return g.gather((b, m), lambda i, j, r, y, z: At(x, i, r, y, z) * At(w, r, y, z, j), (channels, height, width))
    return program(write, w=Real[channels, height, width, m], x=Real[b, channels, height, width])


def transpose():
    return program(lambda g, x: g.gather((m, n), lambda i, j: At(x, j, i)), x=Real[n, m])


def segment():
    """x[k : k + l]; needs n >= k + l."""
    return program(lambda g, x: g.gather((l,), lambda i: At(x, i + k)), x=Real[n])


def every_second():
    return program(lambda g, x: g.gather((n,), lambda i: At(x, 2 * i)), x=Real[2 * n])


def concatenation():
    def write(g, x, y):
        i = index(0)
        first = g.node((n + m,), [(i, n)], (i,), At(x, i))
        second = g.node((n + m,), [(i, m)], (i + n,), At(y, i))
        return g.add(first, second)
    return program(write, x=Real[n], y=Real[m])


def chain(*layers):
    """Layers with parameters before their last wire, one after the other; all parameters first."""
    build = Builder()
    parameters = [build.inputs(f.dom[:len(f.dom) - 1]) for f in layers]
    x = build.inputs(layers[0].dom[len(layers[0].dom) - 1:])
    for f, own in zip(layers, parameters, strict=True):
        x = build.call(f, (*own, *x))
    return build.build(x)


def perceptron(loss=True):
    layers = [linear(b, n, h), bias(b, h), pointwise(sp.tanh, b, h), linear(b, h, m), bias(b, m)]
    return chain(*layers, *([cross_entropy()] if loss else []))


def conv_net():
    return chain(correlate2(2 * p + u - 1, 2 * q + v - 1), pointwise(relu, b, o, 2 * p, 2 * q), max_pool(o), dense_of_images(o))


def attention():
    def write(g, query, key, value):
        score = g.gather((l, n), lambda i, j, r: At(query, i, r) * At(key, j, r), (k,))
        scaled = g.gather((l, n), lambda i, j: At(score, i, j) / sp.sqrt(k))
        e = g.gather((l, n), lambda i, j: sp.exp(At(scaled, i, j)))
        total = g.gather((l,), lambda i, j: At(e, i, j), (n,))
        g.require((l,), At(total, index(0)), "!=0")
        weight = g.gather((l, n), lambda i, j: At(e, i, j) / At(total, i))
        return g.gather((l, h), lambda i, r, j: At(weight, i, j) * At(value, j, r), (n,))
    return program(write, query=Real[l, k], key=Real[n, k], value=Real[n, h])


GENERATORS = {
    "linear": linear, "bias": bias, "tanh": lambda: pointwise(sp.tanh), "sigmoid": lambda: pointwise(sigmoid),
    "relu": lambda: pointwise(relu), "maximum": lambda: binary(maximum), "phi": lambda: pointwise(phi), "softmax": softmax,
    "shifted_softmax": lambda: softmax(True), "log_softmax": log_softmax, "cross_entropy": cross_entropy, "correlate": correlate,
    "correlate2": correlate2, "max_pool": max_pool, "transpose": transpose, "segment": segment, "every_second": every_second,
    "concatenation": concatenation, "dense_of_images": dense_of_images,
}
COMPOSITES = {"perceptron": perceptron, "conv_net": conv_net, "attention": attention}


# ---- laws: functions of a morphism to pairs (left, right)
def wiring(*spaces):
    build = Builder()
    return build, [build.inputs(s) for s in spaces]


def rd1(f):
    g, (x, y) = wiring(f.dom, f.cod)
    return [(R(f + f), g.build(g.add_all(g.call(R(f), x + y), g.call(R(f), x + y))))]


def rd2(f):
    g, (x, y, z) = wiring(f.dom, f.cod, f.cod)
    left = g.build(g.call(R(f), x + g.add_all(y, z)))
    g, (x, y, z) = wiring(f.dom, f.cod, f.cod)
    right = g.build(g.add_all(g.call(R(f), x + y), g.call(R(f), x + z)))
    g, (x,) = wiring(f.dom)
    return [(left, right), (g.build(g.call(R(f), x + g.zeros(f.cod))), zero(f.dom, f.dom))]


def rd4(f):
    g, (x, y, z) = wiring(f.dom, f.cod, f.cod)
    return [(R(pair(f, f)), g.build(g.add_all(g.call(R(f), x + y), g.call(R(f), x + z))))]


def rd5(f):
    build = Builder()
    xs = build.inputs(f.cod)
    after = build.build([build.gather(w.shape, lambda *i, x=x: phi(At(x, *i))) for x, w in zip(xs, f.cod.types, strict=True)])
    g, (x, y) = wiring(f.dom, after.cod)
    return [(R(f >> after), g.build(g.call(R(f), x + g.call(R(after), g.call(f, x) + y))))]


def rd6(f):
    third, size = R(R(R(f))), len(f.dom) + len(f.cod)
    g, (x, z, y) = wiring(f.dom, f.dom, f.cod)
    left = g.build(g.call(third, x + g.zeros(f.cod) + z + g.zeros(f.dom) + y)[size:])
    g, (x, z, y) = wiring(f.dom, f.dom, f.cod)
    return [(left, g.build(g.call(R(f), x + y)))]


def rd7(f):
    second = D(D(f))
    g, (w, x, y, z) = wiring(*[f.dom] * 4)
    left = g.build(g.call(second, w + x + y + z))
    g, (w, x, y, z) = wiring(*[f.dom] * 4)
    return [(left, g.build(g.call(second, w + y + x + z)))]


def cd2(f):
    g, (x, y, z) = wiring(*[f.dom] * 3)
    left = g.build(g.call(D(f), x + g.add_all(y, z)))
    g, (x, y, z) = wiring(*[f.dom] * 3)
    return [(left, g.build(g.add_all(g.call(D(f), x + y), g.call(D(f), x + z))))]


def cd6(f):
    g, (x, y) = wiring(f.dom, f.dom)
    return [(g.build(g.call(D(D(f)), x + g.zeros(f.dom) + g.zeros(f.dom) + y)), D(f))]


def dagger_law(f):
    g, (x, y) = wiring(f.dom, f.cod)
    return [(g.build(g.call(R(D(f)), x + g.zeros(f.dom) + y)[len(f.dom):]), R(f))]


LAWS = {"RD.1": rd1, "RD.2": rd2, "RD.4": rd4, "RD.5": rd5, "RD.6": rd6, "RD.7": rd7, "CD.2": cd2, "CD.6": cd6, "dagger": dagger_law}
