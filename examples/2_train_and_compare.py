"""One hundred steps of plain descent at batch 1, beside the same steps written by hand in NumPy."""

import numpy as np

import symcat as sc

data = sc.split(sc.load("iris")).train
net = sc.mlp(4, 5, 3)
learner = sc.Learner(net, sc.loss("cross_entropy", net.cod), sc.gradient_descent(lr=0.05))
kernel = learner.compile(unproved=True, batch=1)    # a comparison needs no proof; the kernel says UNPROVED
b2, W2, b1, W1 = learner.initial()
ours, losses = kernel.at(1).epoch([b2, W2, b1, W1], data.X[:100], data.Y[:100])

for x, t in zip(data.X[:100], data.Y[:100], strict=True):
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    e = np.exp(z - z.max())
    d = e / e.sum() - t
    back = W2 @ d * (1 - h**2)
    W2, b2 = W2 - 0.05 * np.outer(h, d), b2 - 0.05 * d
    W1, b1 = W1 - 0.05 * np.outer(x, back), b1 - 0.05 * back

difference = max(abs(a - b).max() for a, b in zip(ours, (b2, W2, b1, W1), strict=True))
print(f"greatest difference of a parameter after 100 steps: {difference:.1e}")
if difference > 1e-12:
    raise SystemExit("the kernel and NumPy disagree")
