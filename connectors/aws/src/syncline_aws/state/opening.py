"""`state = { connection = "cloud", table = "syncline" }`: the table, opened with its connection."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.connector import Context

from ..clients import Clients
from ..settings import Settings
from .store import DynamoState


def open_state(settings: Settings, context: Context, keys: Mapping[str, str]) -> DynamoState:
    """Open the table that the other keys of `state` name.

    Raises:
        ValueError: `table` is missing, or there is a key besides it.
        StateError: the table is not there, or cannot be used.
    """
    if unknown := sorted(set(keys) - {"table"}):
        raise ValueError(f"{', '.join(unknown)}: a state in AWS has the keys connection and table")
    if not keys.get("table"):
        raise ValueError("the key 'table' is missing: the name of a DynamoDB table")
    clients = Clients(settings)
    try:
        return DynamoState.open(
            clients.client("dynamodb"), keys["table"], clock=context.clock, closing=clients.close
        )
    except BaseException:
        clients.close()
        raise
