"""`python -m syncline_simulators <system>`: the same as `syncline simulate <system>`."""

from __future__ import annotations

import argparse
import sys

from .command import add_arguments, run


def main() -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m syncline_simulators")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
