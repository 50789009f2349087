"""`python -m symcat`."""

import sys

from symcat.cli import main

sys.exit(main())
