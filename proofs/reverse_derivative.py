"""RD.1 to RD.7 for every layer, every loss and every kind of access, for all shapes."""

from symcat.laws.instances import generators
from symcat.laws.reverse import REVERSE

CLAIMS = tuple(law.claim(name, lambda make=make: (make(),)) for name, make in generators().items() for law in REVERSE)
