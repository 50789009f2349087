"""A home-made optimiser: which laws does it keep, and what is the smallest input on which it breaks one?"""

import symcat as sc


@sc.optimiser
def clipped_descent(p, g, *, lr=0.1):
    """p <- p - lr max(-1, min(1, g))."""
    return p - lr * sc.maximum(-1, sc.minimum(1, g))


for entry in sc.check(clipped_descent):
    print(f"{entry.claim.name:20} {entry.verdict}")
