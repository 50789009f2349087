"""The panel of a learner on narrow and wide terminals."""

from io import StringIO

import pytest
from rich.console import Console

from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import model
from symcat.learn.optimisers import adam
from symcat.show.training import learner_panel


@pytest.mark.parametrize("columns", [80, 140])
def test_nothing_of_the_picture_is_cut_off(columns):
    net = model("hidden", 4, 3)
    made = Learner(net.para, loss("cross_entropy", net.para.cod), adam, sizes=net.sizes)
    stream = StringIO()
    Console(file=stream, width=columns).print(learner_panel(made, "hidden", ("linear",), "cross_entropy", columns))
    text = stream.getvalue()
    assert "│ rate constant 1 │" in text and "loss: Real[]" in text and "x: Real[B, n0]" in text
    assert max(map(len, text.splitlines())) <= columns
    assert ("wires" in text) == (columns < 140)
