"""Configurations of AppConfig, read as a program reads them.

AppConfig data plane: a session gives one token after the other, each to be used once; an EMPTY body
means that nothing has changed since the last one, not that the configuration is empty.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from syncline.config_items import ConfigRecord, Objection
from syncline.errors import NotFound, Rejected, SynclineError
from syncline.model import JSON, Ref

from ..calling import Calls
from ..kinds import CONFIGURATION
from .holding import Answer, Found, missing, name_of


@frozen(kw_only=True)
class _Session:
    """Where the reading of one configuration stands."""

    token: str
    content: bytes
    next_poll: float
    """Until then AppConfig refuses to be asked with this token, by the monotonic clock."""


class Configurations:
    """The configurations of one region."""

    kinds = (CONFIGURATION,)

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._sessions: dict[str, _Session] = {}

    async def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        for answer in await asyncio.gather(*(self._found(ref) for ref in refs)):
            yield answer

    async def _found(self, ref: Ref) -> Answer:
        name = name_of(ref)
        try:
            content = await self._latest(name)
        except NotFound as error:
            return missing(ref, f"such configuration: {error}")
        except SynclineError as error:
            return ref, error
        digest = hashlib.sha256(content).hexdigest()[:32]
        return Found(ref=ref, values=values_of(content), version=digest)

    async def _latest(self, name: str) -> bytes:
        """Return what the configuration is now, never what was known from before."""
        known = self._sessions.pop(name, None)
        if known is None or self._calls.clock.monotonic() < known.next_poll:
            # A new session may be asked at once, and answers with all of it.
            return await self._ask(name, await self._begun(name), b"")
        try:
            return await self._ask(name, known.token, known.content)
        except Rejected:
            # The token has expired, or an answer to it was lost.
            return await self._ask(name, await self._begun(name), b"")

    async def _begun(self, name: str) -> str:
        parts = name.split("/")
        if len(parts) != 3 or not all(parts):
            raise NotFound(f"{name!r} is not 'application/environment/profile'")
        answer = await self._calls.read(
            "appconfigdata",
            "start_configuration_session",
            ApplicationIdentifier=parts[0],
            EnvironmentIdentifier=parts[1],
            ConfigurationProfileIdentifier=parts[2],
        )
        return str(answer["InitialConfigurationToken"])

    async def _ask(self, name: str, token: str, before: bytes) -> bytes:
        answer = await self._calls.read(
            "appconfigdata", "get_latest_configuration", ConfigurationToken=token
        )
        fresh: bytes = await asyncio.to_thread(answer["Configuration"].read)
        session = _Session(
            token=answer["NextPollConfigurationToken"],
            content=fresh or before,
            next_poll=self._calls.clock.monotonic() + float(answer["NextPollIntervalInSeconds"]),
        )
        self._sessions[name] = session
        return session.content

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        return Objection(why="AppConfig is read here; a deployment changes it")

    def busy(self, record: ConfigRecord) -> bool:
        return False

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        """Never gets here: no field is writable.

        Raises:
            Rejected: always.
        """
        raise Rejected(f"{record.ref}: AppConfig is read here", ref=record.ref)


def values_of(content: bytes) -> dict[str, JSON]:
    """Return the text, and the members of a JSON object; one called `value` gives way. Pure."""
    text = content.decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    members = found if isinstance(found, dict) else {}
    return {**members, "value": text}


__all__ = ["Configurations", "values_of"]
