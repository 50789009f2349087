"""A learner trained as if on a lesser processor ends where it ends on this one, within rounding."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from symcat.kernel.compiler import compile
from symcat.kernel.tiles.host import features, native, offers
from tests.kernel.steps import learner, learner_step, learner_values, samples

WIDTHS = (5, 19, 3)
SCRIPT = """
import json, re
from tests.kernel.test_processors import trained
state, source = trained("{dtype}")
print(json.dumps([[array.tolist() for array in state], max(int(n) for n in re.findall(r"x([0-9]+)[(]", source))]))
"""


def trained(dtype: str):
    """The state after 40 steps of momentum, and the kernel's text."""
    made = learner("momentum", WIDTHS, "relu")
    kernel = compile(learner_step(made), learner_values(made, 7), None, dtype, unproved=True)
    draw = np.random.default_rng(3)
    state = [0.3 * draw.normal(size=array.shape) for array in made.initial(1)]
    return kernel.epoch(state, *samples(280, WIDTHS))[0], kernel.source


@pytest.mark.parametrize("processor, dtype, lanes", [("sse2", "float32", 4), ("avx2", "float64", 4)])
def test_a_lesser_processor_trains_to_the_same_state(processor, dtype, lanes, tmp_path):
    if not offers(processor, features()):
        pytest.skip(f"this machine is {native()}, which cannot run code for {processor}")
    environment = os.environ | {"SYMCAT_CPU": processor, "PYTHONPATH": ".", "SYMCAT_CACHE": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", SCRIPT.format(dtype=dtype)], capture_output=True, text=True, check=True, env=environment)
    theirs, widest = json.loads(out.stdout)
    ours, _ = trained("float64")
    assert widest <= lanes
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(other, mine, rtol=0, atol=1e-12 if dtype == "float64" else 1e-4)
    assert max(np.abs(array).max() for array in ours) > 0.1
