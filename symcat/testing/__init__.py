"""Laws and equalities of optimisers as assertions, for the tests of those who write them.

    from symcat.testing import assert_law, assert_same

    def test_my_optimiser():
        assert_law(my_optimiser, "loss scale")
        assert_same(my_optimiser, "adam", given="eps=0")

With symcat installed, pytest knows them as fixtures of the same names, too.  A failure shows the witness.
"""

from symcat.testing.assertions import LawFailure, assert_law, assert_same

__all__ = ["LawFailure", "assert_law", "assert_same"]
