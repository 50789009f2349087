"""The emitted text of programs of every kind, forward and reverse, over the prime field and over symbols."""

from dataclasses import replace

import pytest
import sympy as sp

from symcat.errors import UsageError, ValidationError
from symcat.kernel.compiler import lower
from symcat.kernel.emit import Text
from symcat.kernel.validate import field_check, symbol_check
from tests.category.programs import BY_NAME
from tests.kernel.steps import REAL_PROGRAMS, descent, learner, learner_step, learner_values, learner_work, program_step

ODD = {"B": 3, "n": 7, "m": 5, "k": 4, "h": 9, "w": 3}
OPTIMISERS = ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "heavy_ball", "radam", "dog", "descent_cosine")


@pytest.mark.parametrize("program", REAL_PROGRAMS, ids=lambda p: p.name)
def test_a_program_and_its_reverse_over_the_prime_field(program):
    work = program_step(program)
    assert field_check(work) == 2 + sum(int(sp.prod(wire.shape)) for wire in work.f.dom.types)


@pytest.mark.parametrize("program", REAL_PROGRAMS, ids=lambda p: p.name)
def test_a_program_and_its_reverse_over_symbols(program):
    proved, total = symbol_check(program_step(program), seconds=60)
    assert proved == total > 1


@pytest.mark.parametrize("name", ["network", "softmax", "attention", "convolution", "argmax row", "masked", "running sum"])
def test_at_other_sizes(name):
    program = BY_NAME[name]
    sizes = {dim: ODD[dim] for dim in program.sizes}
    assert field_check(program_step(program, sizes), seed=5) > 0


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_learner_over_the_prime_field(optimiser, batch):
    work = learner_work(learner(optimiser), batch)
    assert field_check(work, steps=3) > 40


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_learner_over_symbols(optimiser):
    proved, total = symbol_check(learner_work(learner(optimiser, (2, 3, 2)), 1), seconds=60)
    assert proved == total > 10


@pytest.mark.parametrize("activation, criterion", [
    ("sigmoid", "quadratic"), ("relu", "cross_entropy"), ("softplus", "binary_cross_entropy"),
])
def test_other_activations_and_losses(activation, criterion):
    work = learner_work(learner("momentum", (3, 4, 2), activation, criterion), 2)
    assert field_check(work) > 0
    proved, total = symbol_check(work, seconds=60)
    assert proved == total


def test_rows_longer_than_a_vector_and_turned_factors():
    work = learner_work(learner("gradient_descent", (19, 33, 17)), 21)
    assert sum(nest.mode == "product" for nest in work.plan.nests) >= 5
    assert any(name.startswith("turned_") for name in work.layout.arrays)
    assert field_check(work, steps=1) > 1000


def test_an_arbitrary_function_cannot_be_compiled():
    with pytest.raises(UsageError, match="cannot be compiled"):
        program_step(BY_NAME["smooth"])


def test_a_wrong_literal_is_found_over_the_field_and_over_symbols():
    work = learner_work(learner(), 2)
    wrong = replace(work, text=Text(work.text.program.replace("rational(1, 10)", "rational(1, 11)"), work.text.lines))
    assert wrong.text.program != work.text.program
    with pytest.raises(ValidationError, match="differ from the morphism's"):
        field_check(wrong)
    proved, total = symbol_check(wrong)
    assert proved < total


def test_memory_that_is_read_before_it_is_written_is_found():
    work = program_step(BY_NAME["max pool"])
    lines = work.text.program.splitlines()
    clearing = [k for k, line in enumerate(lines) if "zero_" in line or line.endswith("= F_0") or "= full_" in line]
    assert clearing
    for k in clearing:
        wrong = replace(work, text=Text("\n".join([*lines[:k], *lines[k + 1:]]) + "\n", work.text.lines))
        with pytest.raises(ValidationError):
            field_check(wrong)


def test_an_entry_outside_of_its_buffer_is_found():
    work = program_step(BY_NAME["matmul"])
    wrong = replace(work, text=Text(work.text.program.replace("for i in range(", "for i in range(1 + ", 1), work.text.lines))
    with pytest.raises(ValidationError, match="which has"):
        field_check(wrong)


def test_a_buffer_in_another_place_is_found():
    work = program_step(BY_NAME["matmul"])
    name = work.plan.states[0]
    wrong = replace(work, text=Text(work.text.program.replace(f"o_{name} = 0", f"o_{name} = 8"), work.text.lines))
    with pytest.raises(ValidationError, match="but the layout has 0"):
        field_check(wrong)


def test_the_text_of_a_learner_does_not_depend_on_the_run():
    made = learner("adam")
    step, values = learner_step(made), learner_values(made, 3)
    first, second = (lower(step, step.values(values, None)) for _ in range(2))
    assert first.text == second.text


def test_descent_is_what_its_name_says():
    step = descent(BY_NAME["cube"].f)
    assert step.states == 1 and step.step.cod.names == ("x", "loss")
