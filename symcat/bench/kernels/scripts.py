"""One small job as three scripts, as their users would write them: a 4-16-3 net trained on iris, from the start of Python to its end.

Each reads the same arrays from `iris.npz` and prints its accuracy on them.  In JAX the epoch is one scan; compiled code is kept on disk
where a library can.
"""

from __future__ import annotations

EPOCHS, BATCH, RATE = 200, 30, 0.01

SYMCAT = f'''
import numpy as np
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import model
from symcat.learn.optimisers import adam

data = np.load("iris.npz")
X, Y = data["X"], data["Y"]
net = model("4-16-3", 4, 3, "relu")
learner = Learner(net.para, loss("cross_entropy", net.para.cod), adam.at(lr={RATE}), sizes=net.sizes)
kernel = learner.compile(batch={BATCH}, dtype="float32", unproved=True)
kernel.fit(X, Y, epochs={EPOCHS}, batch={BATCH})
print((kernel.predict(X).argmax(1) == Y.argmax(1)).mean())
'''

JAX = f'''
import jax
import jax.numpy as jnp
import numpy as np
import optax

data = np.load("iris.npz")
X, Y = data["X"].astype("float32"), data["Y"].astype("float32")
draw = np.random.default_rng(0)
params = [jnp.asarray(draw.uniform(-1, 1, shape) * (6 / sum(shape)) ** 0.5, "float32") if len(shape) > 1 else jnp.zeros(shape)
          for shape in ((4, 16), (16,), (16, 3), (3,))]
rule = optax.adam({RATE})


def forward(p, x):
    return jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]


def step(state, pair):
    p, inner = state
    objective = lambda p: optax.losses.softmax_cross_entropy(forward(p, pair[0]), pair[1]).mean()
    loss, gradient = jax.value_and_grad(objective)(p)
    change, inner = rule.update(gradient, inner, p)
    return (optax.apply_updates(p, change), inner), loss


epoch = jax.jit(lambda state, pairs: jax.lax.scan(step, state, pairs), donate_argnums=0)
state = (params, rule.init(params))
for _ in range({EPOCHS}):
    order = draw.permutation(len(X))
    state, losses = epoch(state, (X[order].reshape(-1, {BATCH}, 4), Y[order].reshape(-1, {BATCH}, 3)))
print((np.asarray(forward(state[0], X)).argmax(1) == Y.argmax(1)).mean())
'''

TORCH = f'''
import numpy as np
import torch

torch.manual_seed(0)
data = np.load("iris.npz")
X, labels = torch.from_numpy(data["X"].astype("float32")), torch.from_numpy(data["Y"].argmax(1))
net = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
rule = torch.optim.Adam(net.parameters(), lr={RATE}, fused=True)
for _ in range({EPOCHS}):
    order = torch.randperm(len(X))
    for batch in order.split({BATCH}):
        rule.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(X[batch]), labels[batch])
        loss.backward()
        rule.step()
print((net(X).argmax(1) == labels).numpy().mean())
'''

SCRIPTS = {"symcat": SYMCAT, "jax": JAX, "torch": TORCH}
