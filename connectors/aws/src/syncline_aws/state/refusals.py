"""What DynamoDB says when it does not do what was asked, and what follows from it."""

from __future__ import annotations

import random
import time

from botocore.exceptions import BotoCoreError, ClientError

from syncline.errors import LeaseLost, StateError
from syncline.state.records import Lease

TRIES = 8
"""How often what was left of a batch is sent again."""

_CROWDED = frozenset(
    {
        *("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"),
        *("ThrottlingException", "ProvisionedThroughputExceededException"),
        "RequestLimitExceeded",
    }
)
"""Nothing was done, because there is too much to do; as reasons of a transaction and as errors."""
_AGAIN = frozenset(
    {"TransactionInProgressException", "TransactionConflictException", "InternalServerError"}
)


class Clash(Exception):
    """An item is not as it was read: nothing was written."""


class Unknown(Exception):
    """A write was sent and no answer came: it may have been carried out, at any later moment."""


def of_write(table: str, error: ClientError, fence: Lease | None) -> Exception:
    """Return what the refusal of a write means: a `Clash`, `Unknown`, a lost lease, a failure."""
    code = code_of(error)
    if code in _AGAIN or _is_servers(error):
        return Unknown(code)
    if code in _CROWDED:
        return Clash(code)
    if code != "TransactionCanceledException":
        return failure(table, "written", error)
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code", "None") for reason in reasons]
    if fence is not None and codes[:1] == ["ConditionalCheckFailed"]:
        return lost(fence)
    if {*codes} - {"None"} <= _CROWDED | {"ConditionalCheckFailed"}:
        return Clash(", ".join(sorted({*codes} - {"None"})))
    return failure(table, "written", error)


def failure(table: str, what: str, error: ClientError) -> StateError:
    """Return the error of a refusal that repeating does not mend, with what to do."""
    code = code_of(error)
    message = error.response.get("Error", {}).get("Message", "")
    advice = _ADVICE.get(code, "nothing was recorded; it will be tried again").format(table=table)
    return StateError(f"the table {table} could not be {what}: {code} {message}; {advice}")


def unreachable(table: str, verb: str, error: BotoCoreError) -> StateError:
    """Return the error of a question that got no answer."""
    return StateError(
        f"the table {table} cannot be reached ({verb}: {error}); nothing was recorded, and the work"
        " goes on when it answers again"
    )


def busy(table: str, verb: str) -> StateError:
    """Return the error of a batch of which something was left over again and again."""
    return StateError(
        f"the table {table} takes no more for now ({verb} was refused {TRIES} times); give it more"
        " capacity, or on-demand billing"
    )


_ADVICE = {
    "ResourceNotFoundException": "create it with `python -m syncline_aws.state {table}`, or name"
    " another one in `state`",
    "AccessDeniedException": "allow GetItem, PutItem, UpdateItem, DeleteItem, Query, BatchGetItem,"
    " BatchWriteItem and ConditionCheckItem on it",
    "UnrecognizedClientException": "check the credentials of the connection",
    "ExpiredTokenException": "the credentials have expired",
}


def lost(fence: Lease) -> LeaseLost:
    """Return the error of one whose lease was taken over."""
    return LeaseLost(
        f"{fence.name}: the lease of {fence.holder} was taken over; nothing more is written"
    )


def pause(attempt: int) -> None:
    """Wait a little before another attempt: 5 ms at first, at most a third of a second."""
    time.sleep(random.uniform(0.2, 1) * min(0.32, 0.005 * 2**attempt))  # noqa: S311  jitter


def _is_servers(error: ClientError) -> bool:
    """Tell whether the server, or something before it, failed: what it had done is not known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500


def code_of(error: ClientError) -> str:
    """Return the code by which AWS calls an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
