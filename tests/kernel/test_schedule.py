"""Updates in place, the order of comprehensions, shared loops, and the places of buffers."""

from itertools import combinations

import pytest
import sympy as sp

from symcat.category.expression import At, Bracket, Delta
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.errors import ShapeError, UsageError
from symcat.kernel.compiler import lower
from symcat.kernel.nest import Nest
from symcat.kernel.program import TrainingStep
from symcat.kernel.validate import field_check
from tests.category.programs import BY_NAME
from tests.kernel.steps import learner, learner_work, program_step


def stepped(write, *shapes):
    """The step whose state wires have the given shapes; `write` returns the new states, the loss is the first's first entry."""
    b = Builder()
    names = b.inputs(space(*(Real[shape] for shape in shapes)))
    outs = write(b, *names)
    loss = b.gather((), lambda: At(outs[0], *([0] * len(shapes[0]))) + 1)
    return TrainingStep(b.build([*outs, loss], [*names, "loss"]), len(shapes))


def work(write, *shapes):
    """The compiled step."""
    return lower(stepped(write, *shapes), {})


def updates():
    """States that read each other's old values, swap, turn round, or change at some entries only."""
    def write(b, x, y, z, u, v, w, r):
        each = lambda body: b.gather((5,), body)
        return [each(lambda i: At(x, i) + At(y, i)), each(lambda i: At(x, i) * At(y, i)), x, each(lambda i: At(u, 4 - i) + 1),
                each(lambda i: Delta(i - 2) * At(v, i) + At(u, i)), each(lambda i: Bracket(i - 2) * At(w, i) / 2),
                each(lambda i: At(r, i) + At(x, 4 - i))]
    return stepped(write, *[(5,)] * 7)


def shifted(b, x, by=1):
    return b.gather((4,), lambda i: At(x, i) + by)


def test_a_pointwise_update_is_in_place():
    made = work(lambda b, x: [shifted(b, x)], (4,))
    assert list(made.plan.in_place.values()) == ["x"]
    assert field_check(made, steps=3)


def test_a_swap_goes_through_copies():
    made = work(lambda b, x, y: [y, x], (4,), (4,))
    assert {"kept_x", "kept_x1"} <= {target for nest in made.plan.nests for target in nest.targets}
    assert field_check(made, steps=3)


def test_a_rotation_with_an_update_in_it():
    made = work(lambda b, x, y, z: [y, z, shifted(b, x)], (4,), (4,), (4,))
    assert field_check(made, steps=4)


def test_one_array_for_two_states():
    def write(b, x, y):
        new = shifted(b, x)
        return [new, new]
    made = work(write, (4,), (4,))
    assert len(made.plan.in_place) == 1
    assert field_check(made, steps=3)


def test_states_that_read_each_others_old_values():
    def write(b, x, y):
        return [b.gather((4,), lambda i: At(x, i) + At(y, i)), b.gather((4,), lambda i: At(x, i) * At(y, i))]
    made = work(write, (4,), (4,))
    assert field_check(made, steps=3)


def test_an_update_that_reads_another_entry_is_not_in_place():
    made = work(lambda b, x: [b.gather((4,), lambda i: At(x, 3 - i) + 1)], (4,))
    assert not made.plan.in_place
    assert field_check(made, steps=3)


def test_an_unchanged_state_costs_nothing():
    made = work(lambda b, x: [x], (4,))
    assert all("x" not in nest.targets for nest in made.plan.nests)
    assert field_check(made, steps=2)


def test_an_update_waits_for_the_readers_of_the_old_state():
    made = learner_work(learner("nesterov"), 2)
    order = [target for nest in made.plan.nests for target in nest.targets]
    for new, state in made.plan.in_place.items():
        readers = [n for nest in made.plan.nests for n, store in zip(nest.targets, nest.stores, strict=True)
                   if state in {read.name for read in store.accesses} and n != new]
        assert all(order.index(reader) < order.index(new) for reader in readers)


def test_an_optimiser_is_one_loop_for_each_parameter():
    made = learner_work(learner("adam"), 2)
    homes = [{made.plan.home(t) for t in nest.targets if t in made.plan.in_place} for nest in made.plan.nests]
    assert {"b", "m_b", "v_b"} in homes and {"b1", "m_b1", "v_b1"} in homes
    for name in ("W", "W1"):
        assert sum(not home.isdisjoint({name, f"m_{name}", f"v_{name}"}) for home in homes) <= 2


def test_arrays_of_one_loop_live_in_scalars():
    made = learner_work(learner("adam"), 2)
    assert len(made.plan.local) > 10
    assert not set(made.plan.local) & set(made.layout.arrays)


@pytest.mark.parametrize("name", ["network", "softmax", "attention", "convolution", "masked"])
def test_buffers_that_live_at_the_same_time_do_not_overlap(name):
    made = program_step(BY_NAME[name])
    lives: dict[str, set[int]] = {}
    for position, nest in enumerate(made.plan.nests):
        for array in {*nest.targets, *nest.reads} - made.plan.local:
            lives.setdefault(made.plan.home(array), set()).add(position)
    everything = set(range(len(made.plan.nests) + 1))
    spans = {array: everything if array in made.plan.states else set(range(min(at), max(at) + 1)) for array, at in lives.items()}
    for a, b in combinations(sorted(spans), 2):
        if spans[a] & spans[b]:
            first, second = sorted((made.layout.arrays[a], made.layout.arrays[b]), key=lambda buffer: buffer.offset)
            assert first.offset + first.size <= second.offset, (a, b)


def test_memory_is_used_again():
    made = learner_work(learner("gradient_descent", (8, 16, 8, 16, 4)), 8)
    total = sum(buffer.size for buffer in made.layout.arrays.values())
    assert made.layout.reals < total


def test_a_step_over_another_base_is_refused():
    from symcat.category.space import Z2
    b = Builder()
    x = b.input("x", Z2[3])
    loss = b.gather((), lambda: At(x, 0), base=Z2)
    with pytest.raises((UsageError, ShapeError), match=r"Real|number"):
        TrainingStep(b.build([x, loss]), 1)


def test_an_update_that_selects_entries_is_not_in_place():
    made = lower(updates(), {})
    assert not {"x3", "x4", "x5"} & set(made.plan.in_place.values()) and "x6" in made.plan.in_place.values()
    assert field_check(made, steps=3)


def test_positions_of_maxima_are_stored_only_when_they_are_read():
    assert program_step(BY_NAME["argmax row"]).layout.positions
    b = Builder()
    x, = b.inputs(space(x=Real[4]))
    top = b.gather((), lambda i: At(x, i), (sp.Integer(4),), op="max")
    step = TrainingStep(b.build([x, top], ["x", "loss"]), 1)
    assert not lower(step, {}).layout.positions


def test_an_array_that_is_only_cleared_is_written():
    """What is filled with zeros and gets no points must be there before it is read."""
    b = Builder()
    x, = b.inputs(space(x=Real[5]))
    twice = b.gather((5,), lambda i: 2 * At(x, i))
    none = b.gather((5,), lambda i, j: Delta(i + j + 1) * At(x, j), (3,))
    new = b.gather((5,), lambda i: At(twice, i) + At(none, i) + At(x, 4 - i))
    loss = b.gather((), lambda: At(twice, 0) + At(none, 1))
    made = lower(TrainingStep(b.build([new, loss], ["x", "loss"]), 1), {})
    assert field_check(made, steps=3)


def test_a_nest_without_points_writes_what_it_clears():
    nest = Nest("scatter", (), (), fill=8, label="z")
    assert nest.targets == ("z",)
