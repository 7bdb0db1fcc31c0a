"""What a write left, read back: that is what the engine remembers."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from syncline.errors import StoreError
from syncline.model import Ref

from ..blocks.words import Json
from .calls import Calls
from .part import unread

logger = logging.getLogger(__name__)


async def read_back(
    calls: Calls,
    path: str,
    ref: Ref,
    written: Json,
    *,
    stamp: str = "",
    params: Mapping[str, str] | None = None,
) -> Json:
    """Return an object as a write left it.

    One whose `stamp` (its time, its version) moved on was changed right afterwards: it is returned
    as the write's own answer has it, so that the next look finds their edit, and knows it for one.

    Raises:
        OutcomeUnknown: neither the write nor a read tells what is there now.
    """
    try:
        after = await calls.one(path, params, ref=ref)
    except StoreError as error:
        return written or unread(ref, error)
    if written and after.get(stamp) != written.get(stamp):
        logger.warning("an object was changed right after a write", extra={"ref": str(ref)})
        return written
    return after


__all__ = ["read_back"]
