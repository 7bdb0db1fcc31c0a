"""Every error Syncline raises on purpose.

SynclineError
├── ConfigError                the user can fix it in the TOML file
├── PluginError                a plugin is missing, broken or for another API version
├── StateError                 the state file is corrupt, newer than this program, or in use
├── StoreError                 a port failed
│   ├── NotFound               404, and the store cannot say why
│   ├── AlreadyExists          the name or title is taken by an unrelated item
│   ├── VersionMismatch        HTTP 409/412: someone else wrote first
│   ├── OpenDraft              a person's unpublished draft is in the way
│   ├── Rejected               HTTP 400/413/422: this value will never be accepted
│   ├── Held                   the vendor rations this write: later; carries `until`
│   ├── Forbidden              HTTP 401/403
│   ├── RateLimited            HTTP 429 after the retry budget; carries `retry_after`
│   ├── Unavailable            timeouts, 5xx, broken connections, after retries
│   └── OutcomeUnknown         a write was sent and no answer came: look before repeating
├── InvalidWebhook             bad signature or unreadable payload
├── LeaseLost                  another holder took over
├── Stale                      the world moved since the plan was made
└── Refused                    a guard stopped it

A message says what was tried, on which ref, what came back, and what to do. Secrets never appear.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import JSON, Ref


class SynclineError(Exception):
    """Base class of all errors raised by Syncline."""


class ConfigError(SynclineError):
    """The configuration cannot be used. `problems` lists every fault, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class PluginError(SynclineError):
    """A plugin could not be loaded."""


class StateError(SynclineError):
    """The state file cannot be used."""


class StoreError(SynclineError):
    """A store could not do what was asked.

    Where an HTTP answer was the reason, the adapter may refine the error by its facts.
    """

    status: int | None = None
    """The HTTP status, if an answer came."""
    body: JSON = None
    """The parsed JSON of the answer; None when it was none. Never shown to people as it is."""
    trace: str = ""
    """The vendor's id of the request, for its support."""

    def __init__(self, message: str, *, ref: Ref | None = None) -> None:
        self.ref = ref
        super().__init__(message)


class NotFound(StoreError):
    """The store does not have it, or does not show it: it cannot say which."""


class AlreadyExists(StoreError):
    """An unrelated item has this identity already."""


class VersionMismatch(StoreError):
    """The item changed since it was read; read again and decide again."""


class OpenDraft(StoreError):
    """A person's unpublished draft would be overwritten or published by this write."""


class Rejected(StoreError):
    """The store (or the body profile) refuses this value; repeating cannot help."""


class Held(StoreError):
    """The vendor takes this write only later (a ration, a change under way); nothing was sent."""

    def __init__(self, message: str, *, until: datetime, ref: Ref | None = None) -> None:
        self.until = until
        super().__init__(message, ref=ref)


class Forbidden(StoreError):
    """The credentials do not allow the operation."""


class RateLimited(StoreError):
    """The retry budget ended in 429. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float, ref: Ref | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, ref=ref)


class Unavailable(StoreError):
    """The store did not answer, or not usefully, after retries. Nothing was written."""


class OutcomeUnknown(Unavailable):
    """A write was sent and its answer was lost: it may have happened, at any later moment."""


class InvalidWebhook(SynclineError):
    """The request is not a genuine webhook of this connector."""


class LeaseLost(SynclineError):
    """The lease expired or another holder has it: nothing more may be written."""


class Stale(SynclineError):
    """What a plan says no longer fits what the stores hold."""


class Refused(SynclineError):
    """A guard stopped the operation."""
