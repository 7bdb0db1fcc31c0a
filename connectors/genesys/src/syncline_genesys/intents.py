"""What an earlier attempt at a write announced, and so which draft is ours. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from attrs import frozen

from syncline.ports import Note

from .blocks import Addresses
from .blocks.decode import canonical, entries
from .blocks.words import Json
from .documents import (
    blocks_of,
    content_key,
    default_variation,
    details_of,
    digest,
    moment,
    said,
)

Step = Literal["document", "details", "body", "publish", "upload", "job"]


@frozen
class Earlier:
    """The notes of earlier attempts, by step."""

    notes: Sequence[Note]

    def announced(self, step: Step) -> list[str]:
        """Return what was announced in a step, in order: digests, or ids of jobs."""
        return [note.detail.split(" ")[0] for note in self.notes if note.step == step]

    @property
    def begun_at(self) -> datetime | None:
        """When the first attempt at a create was made."""
        times = (note.detail.split(" ")[-1] for note in self.notes if note.step == "document")
        return min((at for text in times if (at := moment(text))), default=None)


@frozen(kw_only=True)
class Intended:
    """What this write means to publish: digests of metadata and body."""

    details: str
    body: str


def is_ours(
    draft: Json, published: Json | None, earlier: Earlier, now: Intended, addresses: Addresses
) -> bool:
    """True for a draft that only our own unfinished write can have left like this.

    Each part is either what is published still, or what we have announced. Where nothing is
    published yet, the document carries our mark, and its parts may also be what we want now.
    """
    if published is not None and not earlier.notes:
        return False
    details = {*earlier.announced("document"), *earlier.announced("details")}
    details.add(now.details if published is None else digest(details_of(published)))
    bodies = {*earlier.announced("body"), *([now.body] if published is None else [])}
    before = published.get("variations") if published else None
    variations = draft.get("variations")
    return (
        digest(details_of(draft)) in details
        and _others(variations) == _others(before)
        and (
            _default(variations) in (_default(before), "")
            or said(blocks_of(variations), addresses) in bodies
        )
    )


def _others(variations: object) -> str:
    return content_key([one for one in entries(variations) if one.get("contexts")])


def _default(variations: object) -> str:
    found = default_variation(variations)
    return canonical(found.get("body") or {}) if found else ""
