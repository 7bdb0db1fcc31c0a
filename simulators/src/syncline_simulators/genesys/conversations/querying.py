"""Which conversations a query of analytics finds, in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ..dates import interval
from ..errors import bad_request, invalid_value
from ..shapes import integer, listing, members, needed, one_of, text
from .archive import Archive, Row, Rows, rows_of
from .details import details_view
from .moment import of

MOST_DAYS = 31
"""Unconfirmed."""
MOST_ROWS = 100
"""Unconfirmed; 25 is what a page has that does not say."""


def plain(value: Any, path: str) -> Any:
    """A filter: read when it is applied."""
    if not isinstance(value, list):
        raise invalid_value(path, "a list is expected")
    return value


_NEVER = 2**62
_UNSUPPORTED = ("evaluationFilters", "surveyFilters", "resolutionFilters", "aggregations")

QUERY = members(
    interval=needed(text()),
    conversationFilters=plain,
    segmentFilters=plain,
    order=one_of("asc", "desc", "unordered"),
    orderBy=one_of("conversationStart", "conversationEnd", "segmentStart", "segmentEnd"),
    paging=members(pageSize=needed(integer(1, MOST_ROWS)), pageNumber=needed(integer(1))),
    **dict.fromkeys(_UNSUPPORTED, listing(plain, most=0)),
)
"""`ConversationQuery`; what this organisation has none of cannot be asked for."""

Found = Mapping[str, Any]
Test = Callable[[Found], bool]


def query(
    archive: Archive, body: Mapping[str, Any], until: int
) -> tuple[list[dict[str, Any]], int]:
    """One page of what analytics know at `until`, and how many there are.

    An interval finds what began on the days that it touches.
    """
    start, end = _days(body["interval"])
    filters = body.get("conversationFilters", ())
    over = [one for one in filters if _asks_for_ended(one)]
    tests = [*_tests([one for one in filters if one not in over], _of_conversation)]
    tests += _tests(body.get("segmentFilters", ()), _of_segments)
    rows = _rows(archive, (start, min(end, until + 1)), body, until if over else None)
    if tests:
        rows = rows_of([row for row in rows if _passes(archive, row[1], until, tests)])
    paging = body.get("paging", {"pageSize": 25, "pageNumber": 1})
    latest_first = body.get("order") == "desc"
    page = rows.page(paging["pageNumber"], paging["pageSize"], latest_first=latest_first)
    views = (_view(archive, one, until) for _, one in page)
    return [one for one in views if one], len(rows)


def _days(written: str) -> tuple[int, int]:
    asked = interval(written)
    if asked.end - asked.start > timedelta(days=MOST_DAYS):
        raise invalid_value("interval", f"must not be longer than {MOST_DAYS} days")
    last = _midnight(asked.end)
    if last != asked.end:
        last += timedelta(days=1)
    return of(_midnight(asked.start)), of(last)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _rows(
    archive: Archive, begun: tuple[int, int], body: Mapping[str, Any], over_by: int | None
) -> Rows:
    """Return those that began in an interval, in the order that is asked for.

    Args:
        over_by: those that had ended by then; None for all.
    """
    by_end = body.get("orderBy") in ("conversationEnd", "segmentEnd")
    if over_by is not None and by_end:
        return archive.ended_between(*begun, over_by)
    rows = archive.begun_between(*begun)
    if over_by is not None:
        rows = rows_of([row for row in rows if _end(archive, row) <= over_by])
    return rows_of(sorted(rows, key=partial(_end, archive))) if by_end else rows


def _end(archive: Archive, row: Row) -> int:
    end = archive.end(row[1])
    return _NEVER if end is None else end


def _view(archive: Archive, conversation_id: str, until: int) -> dict[str, Any] | None:
    record = archive.get(conversation_id)
    return details_view(record, until) if record else None


def _passes(archive: Archive, conversation_id: str, until: int, tests: list[Test]) -> bool:
    found = _view(archive, conversation_id, until)
    return found is not None and all(test(found) for test in tests)


# filters


def _asks_for_ended(given: Any) -> bool:
    """Tell whether a filter is for what has ended, and no more: no record is read for that."""
    if not isinstance(given, dict) or given.get("clauses") or given.get("type") != "and":
        return False
    match given.get("predicates"):
        case [{"dimension": "conversationEnd", "operator": "exists"}]:
            return True
    return False


def _tests(filters: Any, values: Callable[[Found, str], list[str]]) -> list[Test]:
    return [_test(one, values) for one in filters]


def _test(given: Any, values: Callable[[Found, str], list[str]]) -> Test:
    if not isinstance(given, dict) or given.get("type") not in ("and", "or"):
        raise invalid_value("type", "must be one of and, or")
    parts = [_test(one, values) for one in given.get("clauses") or ()]
    parts += [_predicate(one, values) for one in given.get("predicates") or ()]
    every = given["type"] == "and"
    return lambda found: (all if every else any)(part(found) for part in parts)


def _predicate(given: Any, values: Callable[[Found, str], list[str]]) -> Test:
    name = given.get("dimension") if isinstance(given, dict) else None
    if name not in _DIMENSIONS:
        raise bad_request(f"The dimension {name!r} is not supported here.", field_name="dimension")
    operator = given.get("operator") or "matches"
    wanted = given.get("value")
    match operator:
        case "exists":
            return lambda found: bool(values(found, name))
        case "notExists":
            return lambda found: not values(found, name)
        case "matches":
            return lambda found: wanted in values(found, name)
    raise invalid_value("operator", "must be one of matches, exists, notExists")


_DIMENSIONS = {
    "conversationEnd": "conversationEnd",
    "conversationId": "conversationId",
    "conversationStart": "conversationStart",
    "originatingDirection": "originatingDirection",
    "divisionId": "divisionIds",
    "userId": "userId",
    "queueId": "queueId",
    "mediaType": "mediaType",
    "purpose": "purpose",
}


def _of_conversation(found: Found, name: str) -> list[str]:
    value = found.get(_DIMENSIONS[name])
    if value is None:
        return []
    return value if isinstance(value, list) else [str(value)]


def _of_segments(found: Found, name: str) -> list[str]:
    people = found["participants"]
    if name in ("userId", "purpose"):
        return [one[name] for one in people if name in one]
    sessions = [two for one in people for two in one["sessions"]]
    if name == "mediaType":
        return [one[name] for one in sessions]
    return [three[name] for two in sessions for three in two["segments"] if name in three]
