"""The checker of certificates: the standard library alone, no code in common with the engines, and no search.

It reads the JSON of a certificate and replays what it states in exact integers and fractions.  Wherever a choice has to be made,
an affine change of summation indices, the multipliers that justify a dropped guard, the place at which a hypothesis is used, the
choice is read from the certificate and its condition verified; a wrong choice is refused, a missing one shows nothing.

- `certificate`: the parts of a certificate, and what is checked; - `structure`: identical programs, linear typing;
- `equations`: equality of programs for all sizes, on `programs`, `sums`, `functions`, `expressions`, `table` and `forms`;
- `scalars`: equations and inequalities of real numbers cell by cell, on `cells`, `kernels`, `squares` and `functions`;
- `formulas`: inequalities and programs over scalars, read to the terms of `scalars`;
- `words`: equations of matrices of all sizes under hypotheses such as P^T P = 1, on `networks` and `word_algebra`.
"""

from symcat.checker.certificate import UNCHECKED, check
from symcat.checker.forms import Refused

__all__ = ["UNCHECKED", "Refused", "check"]
