"""LaTeX of morphisms: what a reader would write by hand."""

import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta
from symcat.category.functions import Smooth, relu, sigmoid
from symcat.category.morphism import Builder
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.show.latex import claim, latex


def matrix_product():
    n, m = dims("n m")
    build = Builder()
    x, W = build.inputs(space(x=Real[n], W=Real[n, m]))
    product = build.gather((m,), lambda j, k: At(x, k) * At(W, k, j), (n,), name="y")
    return build.build([product], ("y",))


def test_a_contraction_is_a_sum_over_its_reduced_index():
    assert latex(matrix_product()) == "\n".join([
        r"\begin{aligned}", r"y_{i} &= \sum_{j < n} x_{j} W_{j, i} \\", r"& \text{return } y", r"\end{aligned}"])


def test_reads_brackets_deltas_selectors():
    i = sp.Symbol("i")
    assert latex(At("longer_name", i, 0)) == r"\mathit{longer\_name}_{i, 0}"
    assert latex(At("loss")) == r"\mathit{loss}"
    assert latex(Bracket(i - 1)) == r"\left[i - 1 \geq 0\right]" and latex(Delta(i - 1)) == r"\left[i - 1 = 0\right]"
    assert latex(Argmax("m", 1, i)) == r"\operatorname{argmax}_{1}\left(m_{i}\right)"


def test_functions_of_symcat():
    x = At("x")
    assert latex(sigmoid(x) ** 2) == r"{\sigma\left(x\right)}^{2}" and latex(relu(x)) == r"\operatorname{relu}\left(x\right)"
    assert latex(Smooth(sp.core.symbol.Str("phi"), 1, x)) == r"\mathit{phi}'\left(x\right)"
    assert latex(sp.exp(-x)) == "e^{- x}"


def test_spaces():
    assert latex(space(x=Real[2], l=Real[()])) == r"x : \mathbb{R}^{2} \times l : \mathbb{R}"
    assert latex(space()) == "1"


def test_a_refutation_is_a_counterexample_and_text_is_escaped():
    record = {"name": "GetPut a_b", "statement": "put(a, get a) = a", "verdict": "refuted", "premises": [],
              "witness": {"left": "3", "right": "1"}}
    assert claim(record) == "\n".join([r"\paragraph{Counterexample (GetPut a\_b).} put(a, get a) = a.",
                                       r"The two sides are \texttt{3} and \texttt{1} at the witness."])


def test_a_fold_is_a_line_and_what_a_step_does():
    dom = space(s=Real["n"], x=Real["T", "n"], a=Real[()])
    f = trace(lambda s, x, a: fold(lambda s, x, a: (a * s + x, s), s, x, a, reverse=True)[1], dom)
    assert latex(f) == "\n".join([
        r"\begin{aligned}",
        r"\mathit{s1}, y &= \operatorname{fold}_{t = T - 1, \dots, 0} \left(s; x; a\right) \\",
        r"& \quad \text{each step takes } s, x, c \\", r"\quad \mathit{mul}_{i} &= c s_{i} \\",
        r"\quad \mathit{add}_{i} &= \mathit{mul}_{i} + x_{i} \\", r"& \quad \text{and gives } \mathit{add}, s \\",
        r"& \text{return } y", r"\end{aligned}"])
