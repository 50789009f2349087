"""CD.1 to CD.7, and the reverse derivative as the dagger of the forward one, for all generators and all shapes."""

from symcat.laws.forward import FORWARD
from symcat.laws.instances import generators

CLAIMS = tuple(law.claim(name, lambda make=make: (make(),)) for name, make in generators().items() for law in FORWARD)
