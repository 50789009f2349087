"""Kernels of earlier runs: the same kernel without deriving it again, and never that of something else."""

import json
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest

from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import CacheWarning, ValidationError
from symcat.kernel import remembered
from symcat.kernel.kernel import Kernel
from symcat.kernel.learner import Obligation
from symcat.kernel.remembered import Remembered
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import model
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.learn.rates import Rate
from symcat.lens.para import Para

X, Y = np.random.default_rng(0).normal(size=(12, 4)), np.eye(3)[np.arange(12) % 3]
CONSTANT = Rate()


def learner(rule=OPTIMISERS["momentum"], name="dense", criterion="cross_entropy", rate=CONSTANT, width=3):
    net = model(name, 4, width)
    return Learner(net.para, loss(criterion, net.para.cod), rule, rate=rate, sizes=net.sizes)


def compiled(made=None, **options):
    return (made or learner()).compile(**{"unproved": True, "batch": 4, **options})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMCAT_CACHE", str(tmp_path))
    return tmp_path


def refuse(self):
    raise AssertionError("derived again")


def test_a_second_run_derives_nothing_and_trains_the_same(folder, monkeypatch):
    first = compiled()
    history = first.fit(X, Y, epochs=3)
    told = first.explain()
    monkeypatch.setattr(Learner, "step", property(refuse))
    second = compiled()
    assert type(first.kernel) is Kernel and type(second.kernel) is Remembered
    assert second.fit(X, Y, epochs=3).losses == history.losses
    assert all((a == b).all() for a, b in zip(first.state, second.state, strict=True))
    assert second.source == first.source and second.digest == first.digest and second.kernel.validation == first.kernel.validation
    monkeypatch.undo()
    monkeypatch.setenv("SYMCAT_CACHE", str(folder))
    third = compiled()
    assert type(third.kernel) is Remembered and third.explain() == told


@optimiser
def slower(p, g, *, lr=0.1):
    return p - lr * g / 2


def another(p, g, *, lr=0.1):
    return p - lr * g / 3


def test_every_part_is_in_the_key():
    made = [
        compiled(batch=None), compiled(learner(OPTIMISERS["momentum"](lr=0.5)), batch=None),
        compiled(learner(OPTIMISERS["adam"]), batch=None),
        compiled(learner(OPTIMISERS["momentum"].at(gamma=0)), batch=None), compiled(learner(slower), batch=None),
        compiled(learner(optimiser(another, name="slower")), batch=None), compiled(learner(name="linear"), batch=None),
        compiled(learner(criterion="quadratic"), batch=None), compiled(learner(rate=Rate("loss_scaled")), batch=None),
        compiled(learner(width=2), batch=None), compiled(dtype="float32", batch=None), compiled(threads=1, batch=None),
        replace(compiled(batch=None), given=(Obligation("RD.1", "proved", {"digest": "ab"}),)),
        replace(compiled(batch=None), given=(Obligation("RD.1", "proved", {"digest": "cd"}),)),
        replace(compiled(batch=None), unproved=False),
        compiled(replace(learner(), size=learner().size + 1), batch=None),
    ]
    keys = [remembered.key_of(one.identity) for one in made]
    assert len(set(keys)) == len(keys) and keys[0] == remembered.key_of(compiled(batch=None).identity)
    assert remembered.key_of([*made[0].identity, 4]) != remembered.key_of([*made[0].identity, 5])


class Doubled(Learner):
    """A learner that takes each step twice."""

    @cached_property
    def step(self):
        build = Builder()
        *kept, x, target = build.inputs(super().step.dom)
        *kept, _ = build.call(super().step, (*kept, x, target))
        return build.build(build.call(super().step, (*kept, x, target)), super().step.cod.names)


def test_a_learner_with_a_step_of_its_own_has_a_key_of_its_own():
    plain, own = learner(), learner()
    own = Doubled(own.model, own.loss, own.optimiser, own.rate, own.size, own.sizes)
    assert remembered.key_of(compiled(plain, batch=None).identity) != remembered.key_of(compiled(own, batch=None).identity)


class Halved(Rate):
    """Half the rate, under the same name."""

    def lens(self, losses):
        whole = super().lens(losses)
        return replace(whole, put=whole.put >> trace(lambda a: a / 2, whole.put.cod, names=whole.put.cod.names))


def test_a_rate_is_known_by_what_it_does():
    plain, halved = compiled(learner(), batch=None), compiled(learner(rate=Halved()), batch=None)
    assert str(plain.learner.rate) == str(halved.learner.rate)
    assert remembered.key_of(plain.identity) != remembered.key_of(halved.identity)


def test_names_are_part_of_the_key(folder):
    """Which arrays are called what is in messages and in the text of a kernel."""
    def called(weight, sample):
        net = Para(trace(lambda W, x: np.tanh(x @ W), space(**{weight: Real[4, 3], sample: Real[4]})), 1)
        return compiled(Learner(net, loss("quadratic", net.cod), OPTIMISERS["momentum"]))
    for names in (("W", "x"), ("Q", "x"), ("W", "image")):
        made = called(*names)
        assert names[0] in made.kernel.interface.states and names[1] in made.kernel.interface.data
        assert type(made.kernel) is Kernel and made.explain()
        assert type(called(*names).kernel) is Remembered


@pytest.mark.parametrize("part", ["source", "processors"])
def test_another_symcat_or_machine_is_another_key(monkeypatch, part):
    before = remembered.key_of([1])
    monkeypatch.setattr(remembered, part, lambda: "other")
    assert remembered.key_of([1]) != before


def test_what_is_not_whole_is_made_again(folder):
    expected = compiled().fit(X, Y, epochs=1).losses
    record, = folder.glob("program_*.json")
    text = record.read_text()
    stored = json.loads(text)
    broken = ["{}", json.dumps({**stored, "key": "0"}), json.dumps({**stored, "interface": {}}), json.dumps({**stored, "digest": "0"}),
              json.dumps({**stored, "file": "none.py"}), json.dumps({key: value for key, value in stored.items() if key != "stamp"})]
    for content in broken:
        record.write_text(content)
        made = compiled()
        assert type(made.kernel) is Kernel and made.fit(X, Y, epochs=1).losses == expected
        assert json.loads(record.read_text()) == stored
    record.write_text("{")
    with pytest.warns(CacheWarning, match="is damaged"):
        assert compiled().fit(X, Y, epochs=1).losses == expected


def test_a_changed_program_is_told_and_made_again(folder):
    made = compiled()
    made.path.write_text(made.source.replace("for ", "for  ", 1))
    with pytest.warns(CacheWarning, match="is not what was written there"):
        again = compiled()
    assert type(again.kernel) is Kernel and again.source == made.source


def test_a_step_that_gives_another_text_is_noticed(folder):
    compiled()
    made = compiled()
    vars(made.kernel)["source"] = made.source.replace("float64", "float32")
    with pytest.raises(ValidationError, match="is not what this step compiles to"):
        made.explain()
