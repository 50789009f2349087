"""The checker of certificates, under the name that the provers use."""

from symcat.checker import Refused, check

__all__ = ["Refused", "check"]
