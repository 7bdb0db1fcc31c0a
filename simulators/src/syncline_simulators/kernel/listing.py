"""How faults reach a simulator's paging."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from starlette.requests import Request

from .faults import Fault

_KEY = "syncline.listing"


@attrs.frozen(kw_only=True)
class Listing:
    """What a listing has to do wrong in this answer; every field is false on a good day."""

    hidden: frozenset[str] = frozenset()
    """Ids of items to leave out as if they were not there (a stale replica)."""
    hide_newest: bool = False
    """Leave out the item that was changed last, whatever its id."""
    short: float | None = None
    """Give only this share of the page, and no link to a next one, as if that were all."""
    repeat: bool = False
    """Make the link to the next page lead to this page again."""
    empty_last: bool = False
    """After the last page, give a link to one more page, which is empty."""


GOOD = Listing()


def listing(request: Request) -> Listing:
    """The faults that the kernel found for this request's listing."""
    found = request.scope.get(_KEY, GOOD)
    return found if isinstance(found, Listing) else GOOD


def listing_scope(faults: Sequence[Fault]) -> dict[str, object]:
    """The part of the ASGI scope in which `listing` finds these faults."""
    result = GOOD
    for fault in faults:
        match fault.kind:
            case "stale-listing" if fault.options["id"] is None:
                result = attrs.evolve(result, hide_newest=True)
            case "stale-listing":
                hidden = result.hidden | {str(fault.options["id"])}
                result = attrs.evolve(result, hidden=hidden)
            case "short-listing":
                result = attrs.evolve(result, short=float(fault.options["share"]))
            case "repeated-cursor":
                result = attrs.evolve(result, repeat=True)
            case "empty-last-page":
                result = attrs.evolve(result, empty_last=True)
            case _:
                pass
    return {} if result is GOOD else {_KEY: result}
