"""Every pass keeps the meaning: proved on programs of each kind, computed exactly on many more; passes with a mistake are caught."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache

import pytest
import sympy as sp

import symcat as sc
from symcat.category.expression import Argmax, At, Delta, index
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.errors import SymcatError, UsageError
from symcat.kernel.passes import PASSES, absorb, checked, factor, fuse, lowered, orient, place_maxima, simplify, specialise, split, units
from symcat.kernel.passes.absorb import bijective
from symcat.kernel.passes.orient import copied, lay_out
from tests.category.programs import BY_NAME
from tests.kernel.passes.programs import SOURCES, agree, everything, pooled, source
from tests.kernel.steps import descent


@cache
def stages() -> dict[str, list[tuple]]:
    """For each program the passes that change it, with the program before and after."""
    found = {}
    for name, f in everything().items():
        rows = []
        for one in PASSES:
            g = one(f)
            if g.nodes != f.nodes:
                rows.append((one.name, f, g))
            f = g
        found[name] = rows
    return found


def test_every_pass_keeps_every_value():
    wrong = [(name, step) for name, rows in stages().items() for step, f, g in rows if not agree(f, g)]
    assert wrong == []


def test_every_pass_finds_work():
    assert {step for rows in stages().values() for step, _, _ in rows} == {one.name for one in PASSES}


def test_what_comes_out_is_a_program():
    for rows in stages().values():
        for _, f, g in rows:
            assert checked(g) is g and g.dom == f.dom and g.cod == f.cod


PROVED = [("pooled", ("place maxima", "absorb", "factor", "lay out", "orient")), ("convolutions", ("simplify", "absorb", "lay out")),
          ("channels first", ("absorb", "factor")), ("chain", ("factor", "lay out", "orient")), ("gated", ("factor", "fuse")),
          ("sum of products", ("factor",)), ("masked product", ("factor",)), ("shifted pairs", ("absorb",)), ("interleaved", ("absorb",)),
          ("attention block", ("units",))]


@pytest.mark.parametrize(("name", "step"), [(name, step) for name, steps in PROVED for step in steps])
def test_a_pass_is_proved(name, step):
    before, after = next((f, g) for found, f, g in stages()[name] if found == step)
    assert sc.decide(before, after).proved


@pytest.mark.parametrize("name", ["chain", "gated", "channels first", "sum of products"])
def test_all_passes_together_are_proved(name):
    f = source(name)
    assert sc.decide(f, lowered(f)).proved


# ---- passes with a mistake

def dropped_delta(f):
    """Places of maxima: a loop over the window without the delta."""
    g = place_maxima(f)
    return g if g.nodes == f.nodes else _bodies(g, lambda node: node.body.replace(
        lambda e: isinstance(e, Delta) and e.has(Argmax), lambda e: sp.S.One))


def in_module(function):
    return sys.modules[function.__module__]


def any_scatter(monkeypatch):
    monkeypatch.setattr(in_module(absorb), "bijective", lambda node: True)
    return absorb


def partly_read(monkeypatch):
    monkeypatch.setattr(in_module(absorb), "_covers", lambda node, read, source: True)
    return absorb


def unturned(monkeypatch):
    """A turned copy that is read as if it was not."""
    monkeypatch.setattr(in_module(orient), "copied", lambda product, read, wires: (read.indices, *copied(product, read, wires)[1:]))
    return orient


def misread_layout(monkeypatch):
    monkeypatch.setattr(in_module(orient), "_moved", lambda read, order: read)
    return lay_out


def forgotten_count(monkeypatch):
    """Factors that do not depend on what is summed, without the number of terms."""
    monkeypatch.setattr(in_module(factor), "_count", lambda node, symbols: sp.S.One)
    return factor


def merged_functions(monkeypatch):
    monkeypatch.setattr(in_module(fuse), "joined", lambda body, inner: body.xreplace(inner))
    return fuse


def wrong_component(monkeypatch):
    monkeypatch.setattr(in_module(place_maxima), "_flat", lambda parts, window: sp.Add(*parts))
    return place_maxima


MUTANTS = [any_scatter, partly_read, unturned, misread_layout, forgotten_count, merged_functions, wrong_component,
           lambda monkeypatch: dropped_delta]


def _bodies(f, change):
    return replace(f, nodes=tuple(replace(node, body=change(node)) for node in f.nodes))


@pytest.mark.parametrize("mutant", MUTANTS, ids=["any scatter", "partly read", "unturned", "misread layout", "forgotten count",
                                                 "merged functions", "wrong component", "dropped delta"])
def test_a_pass_with_a_mistake_is_caught(mutant, monkeypatch):
    change = mutant(monkeypatch)
    before = [f for name in SOURCES for f in (source(name), *(row[1] for row in stages()[name]))]
    assert not all(_keeps(change, f) for f in before)


def _keeps(change, f):
    try:
        g = checked(change(f))
    except (SymcatError, ValueError, KeyError):
        return False
    return agree(f, g)


# ---- the forms that passes reach

def test_no_address_depends_on_data():
    for name in SOURCES:
        for node in lowered(source(name)).nodes:
            assert not any(e.has(Argmax) for e in node.out)
            assert not any(read.has(Argmax) for read in node.body.atoms(At))


def test_arrays_between_have_no_axes_of_one_entry():
    f = lowered(source("attention block"))
    assert all(1 not in node.shape for node in f.nodes if node.name not in f.outs)
    assert all(extent != 1 for node in f.nodes for extent in node.extents if node.name not in f.outs)


def test_a_pool_is_undone_in_one_scatter_without_overlap():
    f = lowered(specialise(descent(pooled(2)).step, {}))
    (scatter,) = [node for node in f.nodes if not node.gather and node.body.has(Delta)]
    assert bijective(scatter) and len(scatter.body.atoms(Delta)) == 1


def test_products_are_products_of_two_reads():
    for name in ("chain", "gated", "sum of products", "masked product", "channels first", "attention block"):
        for node in lowered(source(name)).nodes:
            reads = {read for read in node.body.atoms(At) if read.free_symbols & {symbol for symbol, _ in node.reduced}}
            if node.op == "sum" and node.reduced and len(reads) > 2:
                raise AssertionError(f"{name}: {node}")


def test_equal_turned_copies_are_shared():
    b = Builder()
    x, y, W = b.inputs(space(x=Real[64, 64], y=Real[64, 64], W=Real[64, 64]))
    outs = [b.gather((64, 64), lambda i, j, k, a=a: At(a, i, k) * At(W, j, k), (64,)) for a in (x, y)]
    f = b.build(outs)
    g = orient(f)
    assert len(g.nodes) == 3 and g.nodes[0].body == At("W", index(1), index(0))


def test_a_copy_that_does_not_pay_is_not_made():
    b = Builder()
    x, W = b.inputs(space(x=Real[1, 64], W=Real[64, 64]))
    f = b.build([b.gather((1, 64), lambda i, j, k: At(x, i, k) * At(W, j, k), (64,))])
    assert orient(f).nodes == f.nodes


def test_folds_are_refused():
    cell = trace(lambda s, x: (s + x, s), space(s=Real[()], x=Real[()]))
    b = Builder()
    s, x = b.inputs(space(s=Real[()], x=Real[3]))
    f = b.build(b.fold(cell, [s], [x], [], 3))
    with pytest.raises(UsageError, match="unrolled"):
        units(f)


@pytest.mark.parametrize("change", [units, simplify, split, fuse, factor], ids=lambda change: change.__name__)
def test_a_pass_does_nothing_the_second_time(change):
    for name in SOURCES:
        f = change(source(name))
        assert change(f).nodes == f.nodes


SYMBOLIC = [("network", fuse), ("attention", simplify), ("attention", fuse), ("softmax", simplify), ("softmax", fuse),
            ("max pool", place_maxima), ("argmax row", place_maxima)]


@pytest.mark.parametrize(("name", "change"), SYMBOLIC, ids=lambda item: getattr(item, "__name__", item))
def test_a_pass_that_needs_no_sizes_is_proved_for_all(name, change):
    f = R(BY_NAME[name].f)
    g = change(f)
    assert g.nodes != f.nodes and f.dims and sc.decide(f, g).proved
