"""Synchronise jobs of the vendor: started, waited for, and found again after a crash."""

from __future__ import annotations

import hashlib
import json
import logging

from syncline.errors import NotFound, OutcomeUnknown, Rejected
from syncline.ports import Clock

from .blocks.decode import entries, part, text
from .blocks.words import Json
from .client import Api
from .files import Files
from .intents import Earlier
from .scope import Scope

logger = logging.getLogger(__name__)

ENDED = frozenset({"Completed", "PartialCompleted", "ValidationFailed", "Failed", "Aborted"})

POLL = (1.0, 2.0, 5.0)
"""Seconds between looks at a job; the last goes on."""

PATIENCE = 3600.0
"""Seconds after which a job counts as lost; it is looked up again with the next attempt."""


class Jobs:
    """The synchronise jobs of one knowledge base."""

    def __init__(self, api: Api, files: Files, scope: Scope, clock: Clock) -> None:
        self._api = api
        self._files = files
        self._scope = scope
        self._clock = clock

    async def upload(self, documents: list[Json]) -> str:
        """Upload a file with these documents and return its key."""
        action = {"knowledgeBase": {"id": await self._scope.find()}, "documents": documents}
        file = {"version": 3, "importAction": action}
        content = json.dumps(file, ensure_ascii=False).encode()
        name = f"syncline-{hashlib.sha256(content).hexdigest()[:24]}.json"
        place = await self._api.create_upload(name, "application/json")
        await self._files.put(place, content, "application/json")
        return text(place, "uploadKey")

    async def start(self, upload_key: str) -> str:
        """Start a job on an uploaded file and return its id."""
        job = await self._api.create_job(await self._scope.find(), upload_key)
        logger.info("a synchronise job was started", extra={"id": text(job, "id")})
        return text(job, "id")

    async def ended(self, id: str) -> Json:
        """Return a job once it has ended; one that is not there any more has.

        Raises:
            OutcomeUnknown: it goes on for longer than we wait.
        """
        base = await self._scope.find()
        end = self._clock.monotonic() + PATIENCE
        looks = 0
        while True:
            try:
                job = await self._api.job(base, id)
            except NotFound:
                return {}
            if job.get("status") in ENDED:
                return job
            await self._wait(f"the synchronise job {id} is {job.get('status')}", looks, end)
            looks += 1

    async def settled(self, earlier: Earlier) -> None:
        """Wait for the job that earlier attempts of a write were part of: it may still write."""
        ids = earlier.announced("job")
        for id in ids[-1:]:
            await self.ended(id)
        if len(earlier.announced("upload")) > len(ids):
            # It was to be started when the process died; nobody knows whether it was.
            await self._quiet()

    async def _quiet(self) -> None:
        """Wait until no job is running in the knowledge base."""
        base = await self._scope.find()
        end = self._clock.monotonic() + PATIENCE
        looks = 0
        while True:
            running = [
                one
                for one in await self._api.sync_operations(base)
                if one.get("status") not in ENDED
            ]
            if not running:
                return
            await self._wait(f"{len(running)} synchronise jobs are running", looks, end)
            looks += 1

    async def _wait(self, what: str, looks: int, end: float) -> None:
        if self._clock.monotonic() > end:
            raise OutcomeUnknown(f"{what} after {PATIENCE / 60:.0f} minutes; it is looked up again")
        await self._clock.sleep(POLL[min(looks, len(POLL) - 1)])


def refusals(job: Json) -> dict[str, Rejected]:
    """Return what a job's report says against single documents, by external id.

    Raises:
        Rejected: the job failed as a whole.
    """
    errors = entries(part(job, "report").get("errors"))
    found: dict[str, Rejected] = {}
    for error in errors:
        details = entries(error.get("details"))
        for one in (error, *details):
            if id := text(one, "entityId"):
                found[id] = Rejected(f"{id}: Genesys refused it in a job: {_why(error)}")
    if not found and job.get("status") in ("ValidationFailed", "Failed", "Aborted"):
        why = "; ".join(_why(error) for error in errors) or "no reason was given"
        raise Rejected(f"a synchronise job ended as {job.get('status')}: {why}")
    return found


def _why(error: Json) -> str:
    code = text(error, "code")
    return (text(error, "message") or "no reason was given") + (f" ({code})" if code else "")
