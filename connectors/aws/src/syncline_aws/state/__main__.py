"""`python -m syncline_aws.state TABLE`: creates the table that a state lives in."""

from __future__ import annotations

import argparse
import sys

from syncline.errors import StateError

from ..clients import Clients
from ..settings import Settings
from .creating import create_table


def main(arguments: list[str] | None = None) -> int:
    """Create the table, and say so."""
    parser = argparse.ArgumentParser(prog="python -m syncline_aws.state", description=__doc__)
    parser.add_argument("table")
    parser.add_argument("--region", default="", help="instead of that of the environment")
    parser.add_argument("--profile", default="", help="of the shared AWS configuration files")
    parser.add_argument("--endpoint", default="", help="where it is not AWS itself")
    given = parser.parse_args(arguments)
    clients = Clients(Settings(region=given.region, profile=given.profile, endpoint=given.endpoint))
    try:
        created = create_table(clients.client("dynamodb"), given.table)
    except StateError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        clients.close()
    sys.stdout.write(f"{given.table} {'was created' if created else 'is there already'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
