"""All axioms for whole nets with symbolic sizes: MLPs with cross-entropy, a convolutional net, attention."""

from symcat.laws.forward import FORWARD
from symcat.laws.instances import COMPOSITES
from symcat.laws.reverse import REVERSE

CLAIMS = tuple(law.claim(name, lambda make=make: (make(),)) for name, make in COMPOSITES.items() for law in (*REVERSE, *FORWARD))
