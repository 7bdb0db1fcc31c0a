"""Objects as they are now, read together: one question for many, as the vendor allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ...config_items import ConfigRecord
from ...errors import StoreError, Unavailable
from ...model import Ref
from .context import RunningConfigJob

logger = logging.getLogger(__name__)

Answer: TypeAlias = "ConfigRecord | Exception"
"""An object as it was just read, or why it could not be."""
Answers: TypeAlias = Mapping[Ref, Answer]


async def read(job: RunningConfigJob, refs: Iterable[Ref]) -> dict[Ref, Answer]:
    """Read every object once; connections side by side. A failure is that of its objects alone."""
    wanted: dict[str, list[Ref]] = {}
    for ref in dict.fromkeys(refs):
        wanted.setdefault(ref.connection, []).append(ref)
    parts = await asyncio.gather(*(_of_one(job, refs) for refs in wanted.values()))
    return {ref: sight for part in parts for ref, sight in part.items()}


async def _of_one(job: RunningConfigJob, refs: list[Ref]) -> dict[Ref, Answer]:
    found: dict[Ref, Answer] = {}
    failure: Exception | None = None
    try:
        async for answer in job.store(refs[0]).fetch_many(refs):
            if isinstance(answer, ConfigRecord):
                found[answer.ref] = answer
            else:
                found[answer[0]] = answer[1]
    except StoreError as error:
        failure = error
    except Exception as error:
        # A fault of the adapter is that of its objects, too: the rest goes on.
        logger.exception("objects could not be read", extra={"connection": refs[0].connection})
        failure = error
    for ref in refs:
        if ref not in found:
            found[ref] = failure or Unavailable(f"{ref}: the store said nothing of it", ref=ref)
    return found


def records(seen: Answers) -> dict[Ref, ConfigRecord]:
    """Return what could be read."""
    return {ref: one for ref, one in seen.items() if isinstance(one, ConfigRecord)}


__all__ = ["Answer", "Answers", "read", "records"]
