"""Parameters of SSM Parameter Store. Those that hold secrets are left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncline.config_items import ConfigRecord, Objection
from syncline.errors import SynclineError
from syncline.model import JSON, Ref, Status

from ..calling import Calls
from ..kinds import PARAMETER
from .holding import Answer, Found, missing, name_of, parts
from .tags import owner, tags_of

NAMES_PER_CALL = 10
"""GetParameters takes ten names."""
STANDARD, ADVANCED = 4096, 8192
"""Bytes of a value, by tier; GetParameters does not tell the tier."""


class Parameters:
    """The parameters of one region."""

    kinds = (PARAMETER,)

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        found: dict[Ref, dict[str, Any] | SynclineError | None] = {}
        for some in parts(refs, NAMES_PER_CALL):
            found |= await self._got(some)
        arns = [str(each["ARN"]) for each in found.values() if isinstance(each, dict)]
        try:
            tags = await tags_of(self._calls, arns)
        except SynclineError as error:
            # Whether they are somebody else's is not known: none of them may be touched.
            for ref in refs:
                yield ref, error
            return
        for ref, parameter in found.items():
            yield self._answer(ref, parameter, tags)

    async def _got(self, refs: Sequence[Ref]) -> dict[Ref, dict[str, Any] | SynclineError | None]:
        # Without decryption: a secret is no configuration, and does not get here.
        names = [name_of(ref) for ref in refs]
        try:
            answer = await self._calls.read(
                "ssm", "get_parameters", Names=names, WithDecryption=False
            )
        except SynclineError as error:
            return dict.fromkeys(refs, error)
        found = {parameter["Name"]: parameter for parameter in answer["Parameters"]}
        return {ref: found.get(name_of(ref)) for ref in refs}

    def _answer(
        self,
        ref: Ref,
        parameter: dict[str, Any] | SynclineError | None,
        tags: Mapping[str, Mapping[str, str]],
    ) -> Answer:
        if parameter is None:
            return missing(ref, "parameter of this name")
        if isinstance(parameter, SynclineError):
            return ref, parameter
        foreign = owner(tags.get(str(parameter["ARN"]), {}), self._calls.settings.owner)
        return _found(ref, parameter, foreign)

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        size = len(str(wanted["value"]).encode())
        if not size:
            return Objection(why="SSM takes no empty value")
        limit = STANDARD if len(str(record.values["value"]).encode()) <= STANDARD else ADVANCED
        if size <= limit:
            return None
        return Objection(
            why=f"the value is of {size} bytes, and a parameter of this tier holds {limit}: "
            "shorten it, or have it in AppConfig or S3"
        )

    def busy(self, record: ConfigRecord) -> bool:
        return False

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        await self._calls.write(
            "ssm",
            "put_parameter",
            ref=record.ref,
            Name=name_of(record.ref),
            Value=str(wanted["value"]),
            Overwrite=True,
        )


def _found(ref: Ref, parameter: Mapping[str, Any], foreign: str) -> Found:
    if parameter["Type"] == "SecureString":
        return Found(
            ref=ref,
            status=Status.UNREADABLE,
            reason="it is a SecureString: secrets are no configuration, and are not read",
        )
    return Found(
        ref=ref,
        values={
            "value": str(parameter["Value"]),
            "version": int(parameter["Version"]),
            "type": str(parameter["Type"]),
        },
        version=str(parameter["Version"]),
        foreign=foreign,
        updated_at=parameter.get("LastModifiedDate"),
    )


__all__ = ["Parameters"]
