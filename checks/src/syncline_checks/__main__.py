"""`python -m syncline_checks` is `syncline-check`."""

from __future__ import annotations

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
