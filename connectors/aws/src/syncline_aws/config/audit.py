"""Who changed an object last, as the event history of CloudTrail tells.

CloudTrail LookupEvents: the calls of the last 90 days, newest first, without a trail of one's own;
a call appears there some minutes after it was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from syncline.config_items import Author, kind_and_name
from syncline.errors import Forbidden, SynclineError
from syncline.model import Ref

from ..calling import Calls
from ..events import named_by
from ..kinds import ALIAS, FUNCTION, GROUP, INDEX, PARAMETER, TABLE, TTL

EVENTS_PER_CALL = 50
_CHANGES: Mapping[str, Sequence[str]] = {
    GROUP: ("SetDesiredCapacity", "UpdateAutoScalingGroup"),
    TABLE: ("UpdateTable",),
    INDEX: ("UpdateTable",),
    TTL: ("UpdateTimeToLive",),
    FUNCTION: ("PutFunctionConcurrency20171031", "DeleteFunctionConcurrency20171031"),
    ALIAS: ("PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"),
    PARAMETER: ("PutParameter",),
}
"""The calls that change what is kept here; those of Lambda carry the version of its API."""


class Audit:
    """The event history of one region."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._own = ""
        """The identity of this credential, once it was asked for."""

    async def author(self, ref: Ref, since: datetime | None) -> Author | None:
        """Return who changed an object last; None when that is not told, or not to us."""
        kind, name = kind_and_name(ref)
        try:
            found = [await self._last(event, kind, name, since) for event in _CHANGES.get(kind, ())]
            last = max(filter(None, found), key=_time, default=None)
            return None if last is None else await self._author(last)
        except Forbidden:
            # Nothing depends on it: who may not look does without.
            return None

    async def _last(
        self, event: str, kind: str, name: str, since: datetime | None
    ) -> dict[str, Any] | None:
        period: dict[str, Any] = {} if since is None else {"StartTime": since}
        answer = await self._calls.read(
            "cloudtrail",
            "lookup_events",
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event}],
            MaxResults=EVENTS_PER_CALL,
            **period,
        )
        for entry in answer["Events"]:
            recorded = json.loads(entry.get("CloudTrailEvent") or "{}")
            if (kind, name) in named_by(recorded):
                return {**entry, "identity": recorded.get("userIdentity") or {}}
        return None

    async def _author(self, entry: Mapping[str, Any]) -> Author:
        identity = str(entry["identity"].get("arn", ""))
        who = str(entry.get("Username") or identity or "somebody")
        ours = bool(identity) and identity == await self._identity()
        return Author(name=who, at=entry["EventTime"], ours=ours)

    async def _identity(self) -> str:
        if not self._own:
            try:
                answer = await self._calls.read("sts", "get_caller_identity")
            except SynclineError:
                return ""
            self._own = str(answer["Arn"])
        return self._own


def _time(entry: Mapping[str, Any]) -> datetime:
    time: datetime = entry["EventTime"]
    return time


__all__ = ["Audit"]
