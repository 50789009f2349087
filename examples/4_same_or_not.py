"""An update rule that nobody has seen: what it is, which known one it is, and its text with a proof."""

import numpy as np

import symcat as sc


def averaged_sign(p, g, m=0, slow=0, *, lr=0.01, beta=0.9, damp=0.5):
    m = beta * m + (1 - beta) * g
    slow = slow + m
    return p - lr * np.sign(m), m, slow


card = sc.check(averaged_sign, ["loss_scale", "uniform_scaling", "rotation", "dead_hyperparameters", "unread_state"])
for record in card.laws:
    print(f"{record['name']:18} {record['verdict']}")
for finding in card.findings:
    print(f"{finding['finding']:18} {finding['detail']}")

print()
for other in ("signum", "lion", "sign_descent"):
    answer = sc.diff(averaged_sign, other)
    print(f"against {other}: {answer.relation}", *answer.premises, *answer.state_map, sep="\n    ")

print()
print(sc.export(sc.read(averaged_sign), "numpy"))
