"""The record of every request that reached a simulator."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

import attrs


@attrs.define(kw_only=True)
class Call:
    """One request as it arrived, completed with its answer when that is known."""

    number: int
    method: str
    path: str
    query: str
    credential: str | None
    """The name of the account or client, never its secret."""
    at: datetime
    status: int | None = None
    """What the system answered; `None` while it works, or when it never did."""
    fault: str | None = None
    """The kind of the injected fault, when one met this call."""

    def as_dict(self) -> dict[str, Any]:
        """The call as `GET /calls` shows it."""
        return attrs.asdict(self) | {"at": self.at.isoformat()}


class CallLog:
    """The last calls in the order in which they arrived; older ones fall out at the limit."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self._calls: deque[Call] = deque(maxlen=limit)
        self._count = 0

    def arrived(
        self, *, method: str, path: str, query: str, credential: str | None, at: datetime
    ) -> Call:
        """Record a request; the caller completes `status` and `fault` on what it gets."""
        self._count += 1
        call = Call(
            number=self._count, method=method, path=path, query=query, credential=credential, at=at
        )
        self._calls.append(call)
        return call

    def since(self, number: int = 0) -> list[dict[str, Any]]:
        """The calls after this number, oldest first."""
        return [call.as_dict() for call in self._calls if call.number > number]

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        self._calls.clear()
