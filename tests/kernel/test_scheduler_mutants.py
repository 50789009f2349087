"""Mistakes in the scheduler: each is caught by the validation of a program that it changes, or by an error when the text is made."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from symcat.category.expression import At, Bracket
from symcat.category.functions import relu
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.errors import SymcatError, ValidationError
from symcat.kernel import block, nest, order, place, product, schedule, tiling
from symcat.kernel.compiler import lower
from symcat.kernel.nest import padded
from symcat.kernel.program import TrainingStep
from symcat.kernel.tiles.host import AVX2, AVX512, NEON, SSE2
from symcat.kernel.validate import Compiled, field_check
from tests.category.programs import BY_NAME
from tests.kernel.steps import descent, learner, learner_step, learner_values
from tests.kernel.test_random_shapes import net
from tests.kernel.test_schedule import updates

HOSTS = {host.name: host for host in (AVX512, AVX2, NEON, SSE2)}
SEEDS = (1, 2, 7, 9, 11, 14, 25, 29, 34)


def entries() -> TrainingStep:
    """Indices as values, bounds below and conditions that are no bounds, arrays read at other entries."""
    b = Builder()
    x, y, z = b.inputs(space(x=Real[6, 7], y=Real[7], z=Real[8]))
    counted = b.gather((6, 7), lambda i, j: (i + 1) * At(x, i, j))
    upper = b.gather((6,), lambda i, j: Bracket(j - 1) * At(counted, i, j), (7,))
    steep = b.gather((6, 7), lambda i, j, k: Bracket(2 * k - i) * At(x, i, k) * At(y, j), (7,))
    bent = b.gather((8,), lambda i: relu(At(z, i)))
    turned = b.gather((8,), lambda i: At(bent, 7 - i) * At(z, i))
    return descent(b.build([b.gather((6, 7), lambda i, j: At(upper, i) * At(steep, i, j) + At(turned, j) * At(bent, j))]))


def steps() -> Iterator[tuple[str, TrainingStep, dict, str]]:
    """Steps that between them need every decision, each for vectors of some width."""
    yield "updates", updates(), {}, "sse2"
    yield "entries", entries(), {}, "avx2"
    for name in ("max pool", "masked", "running sum", "convolution", "attention", "argmax row"):
        yield name, descent(BY_NAME[name].f), {**BY_NAME[name].sizes, **BY_NAME[name].hypers}, "sse2"
    made = learner("adam", (5, 19, 3))
    yield "adam", learner_step(made), learner_values(made, 7), "avx2"
    made = learner("gradient_descent", (21, 33, 17), "relu")
    yield "descent", learner_step(made), learner_values(made, 18), "avx512"
    for seed in SEEDS:
        yield f"net {seed}", net(seed), {}, list(HOSTS)[seed % len(HOSTS)]


@dataclass(frozen=True)
class Case:
    """A step with its right text."""

    name: str
    step: TrainingStep
    values: dict
    processor: str
    text: str

    def lowered(self) -> Compiled:
        return lower(self.step, self.values, "float32", HOSTS[self.processor])


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    found = []
    for name, step, given, processor in steps():
        values = step.values(given, None)
        work = lower(step, values, "float32", HOSTS[processor])
        assert field_check(work, steps=1)
        found.append(Case(name, step, values, processor, work.text.program))
    return found


# ---- mistakes
def without_readers(original: Callable) -> Callable:
    """The order forgets that a state is overwritten."""
    return lambda units, in_place: original(units, {})


def shorter(original: Callable) -> Callable:
    """Live ranges end one nest early."""
    return lambda plan: {name: (first, max(first, last - 1)) for name, (first, last) in original(plan).items()}


def later(original: Callable) -> Callable:
    """Live ranges begin one nest late."""
    return lambda plan: {name: (min(first + 1, last), last) for name, (first, last) in original(plan).items()}


def spare_anywhere(original: Callable) -> Callable:
    """Every loop may run over padding."""
    return lambda node, term, memory, row: tuple((s, padded((n,), 4)[0]) for s, n in term.extents.items())


def spare_in_guards(original: Callable) -> Callable:
    """Loops that stand in conditions may run over padding."""
    return lambda node, term, memory, row: original(node, replace(term, guards=(), zeros=()), memory, row)


def unfilled(original: Callable) -> Callable:
    """Arrays that are added to begin with what was there."""
    return lambda *args: [replace(made, fill=0) for made in original(*args)]


def filled_short(original: Callable) -> Callable:
    """The last entries are not cleared."""
    return lambda *args: [replace(made, fill=made.fill - 1 if made.fill > 1 else made.fill) for made in original(*args)]


def one_more_live(original: Callable) -> Callable:
    """A lane of padding is added up."""
    def pieces(*args: object, **options: object) -> list[block.Piece]:
        return [replace(piece, live=piece.live + 1) if 0 < piece.live < piece.width else piece for piece in original(*args, **options)]
    return pieces


def without_tails(original: Callable) -> Callable:
    def pieces(*args: object, **options: object) -> list[block.Piece]:
        found = original(*args, **options)
        return found[:-1] if len(found) > 1 else found
    return pieces


def tails_early(original: Callable) -> Callable:
    """The last piece begins one entry early."""
    def pieces(*args: object, **options: object) -> list[block.Piece]:
        *found, last = original(*args, **options)
        late = not found or not isinstance(last.start, int)
        return [*found, last if late else replace(last, start=last.start - 1, stop=last.stop - 1)]
    return pieces


def tails_over(original: Callable) -> Callable:
    """Every last vector runs past the end."""
    return lambda start, stop, width, vectors, over=False: original(start, stop, width, vectors, True)


def unsorted_merge(original: Callable) -> Callable:
    """Loops are merged when the outer one steps by any multiple of the inner one."""
    return lambda made, a, b, extent: all(order.stride(e, a) and order.stride(e, b) for e in order.addresses(made))


def free_guards(original: Callable) -> Callable:
    """Deltas are solved without asking whether the solution is in range."""
    return lambda e, extents, ranks: (0, 0)


def always(value: object) -> Callable:
    return lambda original: lambda *args, **options: value


def transposed_strides(original: Callable) -> Callable:
    """Rows of a product's tile lie side by side."""
    return lambda self, address: original(self, address) and ", ".join(["0", "1"])


def columns_swapped(original: Callable) -> Callable:
    """The factor that is spread and the one that is loaded change places."""
    def columns(made: nest.Nest) -> object:
        found = original(made)
        return found and (found[0], found[2], found[1])
    return columns


def from_the_second(original: Callable) -> Callable:
    """A contraction leaves out its first step."""
    return lambda self, start, inside: original(self, start + 1, inside)


def more_rows(original: Callable) -> Callable:
    """A tile has one row more than there are."""
    return lambda total, pair, wide, registers: (original(total, pair, wide, registers)[0], total + 1)


def forgetful(original: Callable) -> Callable:
    """Names of an earlier piece stand in a later one."""
    return lambda self, level: None


MISTAKES: dict[str, tuple[object, str, Callable]] = {
    "merge what is not adjacent": (order, "_adjacent", unsorted_merge),
    "merge everything": (order, "_adjacent", always(True)),
    "vectors along any loop": (order, "_even", always(True)),
    "vectors over value symbols merged": (order, "value_symbols", always(set())),
    "padding anywhere": (nest, "_spare", spare_anywhere),
    "padding under conditions": (nest, "_spare", spare_in_guards),
    "no fill": (schedule, "lower", unfilled),
    "a short fill": (schedule, "lower", filled_short),
    "any scatter fills": (nest, "_fills", always(True)),
    "solutions in range": (nest, "_interval", free_guards),
    "one lane too many": (block, "pieces", one_more_live),
    "no tail": (block, "pieces", without_tails),
    "a tail too early": (block, "pieces", tails_early),
    "a tail past the end": (block, "pieces", tails_over),
    "no tail of columns": (product, "pieces", without_tails),
    "a tail of columns past the end": (product, "pieces", tails_over),
    "two chains of any sum": (block.Block, "_chains", always(2)),
    "bounds without a least value": (block.Block, "_least", always(0)),
    "guards that bound nothing": (block.Block, "_tests", always([])),
    "lanes that differ are alike": (block.Block, "_tile", always(False)),
    "names of another piece": (block.Writer, "forget", forgetful),
    "conditions known too early": (block.Block, "_depth", always(0)),
    "in place with conditions": (schedule, "selective", always(False)),
    "in place in any order": (schedule, "_before", without_readers),
    "loops shared past a conflict": (schedule, "_conflict", always(False)),
    "loops shared at different entries": (schedule, "_aligned", always(True)),
    "everything is local": (schedule, "_local", lambda original: lambda nests, stored: original(nests[:1], stored) | frozenset(
        target for made in nests if made.mode == "assign" for target in made.targets if target not in stored)),
    "memory is given up early": (place, "_spans", shorter),
    "memory is taken late": (place, "_spans", later),
    "memory is free": (place, "_first_fit", lambda original: lambda busy, size, bottom: bottom),
    "memory is half as large": (place, "_first_fit", lambda original: lambda busy, size, bottom: original(busy, size // 2, bottom)),
    "rows of tiles side by side": (product.Product, "_strides", transposed_strides),
    "factors swapped": (tiling, "columns", columns_swapped),
    "a shorter contraction": (product.Product, "_steps", from_the_second),
    "a row too many": (tiling, "_shape", more_rows),
    "a finish before its reads": (schedule, "_joins", always(True)),
}


def verdict(case: Case) -> str:
    """What becomes of a case under a mistake: nothing, an error when the text is made, a refusal of the text, or neither."""
    try:
        work = case.lowered()
    except (SymcatError, KeyError, ValueError, TypeError, StopIteration, AttributeError, IndexError):
        return "error"
    if work.text.program == case.text:
        return "same"
    try:
        field_check(work, steps=1)
    except ValidationError:
        return "refused"
    return "accepted"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_caught(mistake, cases, monkeypatch):
    where, name, change = MISTAKES[mistake]
    monkeypatch.setattr(where, name, change(getattr(where, name)))
    found = []
    for case in cases:
        found.append(f"{case.name}: {verdict(case)}")
        if found[-1].endswith(("error", "refused")):
            return
    raise AssertionError(", ".join(found))
