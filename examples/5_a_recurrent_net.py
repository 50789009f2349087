"""A recurrent cell, written once: its reverse derivative for every length, a proved learner, and a kernel that says what it does."""

import numpy as np

import symcat as sc


def cell(h, x, W, U, c):
    """One step of an Elman net."""
    h = np.tanh(x @ W + h @ U + c)
    return h, None


def net(V, W, U, c, x):
    """Scores from the state after the last step."""
    last, _ = sc.fold(cell, np.zeros(8), x, W, U, c)
    return last @ V


weights = {"V": sc.Real[8, 2], "W": sc.Real[3, 8], "U": sc.Real[8, 8], "c": sc.Real[8]}
any_length = sc.morphism(net, **weights, x=sc.Real["T", 3])
print("the reverse derivative is a fold in the other direction:")
print(*[line for line in str(sc.R(any_length)).splitlines() if "fold" in line], sep="\n")

model = sc.Para(sc.morphism(net, **weights, x=sc.Real[12, 3]), 4)
learner = sc.Learner(model, sc.loss("cross_entropy", model.cod), sc.adam(lr=0.01))
kernel = learner.compile(obligations=sc.prove(learner))

# which of two channels has the greater sum over 12 steps
draw = np.random.default_rng(0)
X = draw.normal(size=(1100, 12, 3))
Y = np.eye(2)[(X[:, :, 0].sum(axis=1) > X[:, :, 1].sum(axis=1)).astype(int)]
history = kernel.fit(X[:1000], Y[:1000], epochs=40, batch=50)
accuracy = (kernel.predict(X[1000:]).argmax(axis=1) == Y[1000:].argmax(axis=1)).mean()
print(f"loss {history.losses[0]:.3f} to {history.losses[-1]:.3f}, accuracy on 100 more: {accuracy:.2f}")
assert accuracy > 0.85
print(kernel.explain().splitlines()[0])
