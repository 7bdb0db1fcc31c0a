"""Where everything is in the one table: partition and sort keys.

A partition is one question that the engine asks ("the open intents of this job"), its sort key the
order in which it wants the answer. Each part of a key is escaped, so that no name of a job, item
or person can reach into another partition.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TypeAlias

from syncline.model import Ref, Side

Key: TypeAlias = tuple[str, str]
"""Partition key and sort key."""

ONLY = "-"
"""Sort key of what is alone in its partition."""

_LONGEST_PART = 600
_LONGEST_TITLE = 500


def joined(*parts: str) -> str:
    """Return parts as one text from which each could be told again."""
    return "|".join(map(_part, parts))


def _part(text: str) -> str:
    # Lone surrogates are no UTF-8: DynamoDB would refuse the key.
    safe = text.encode("utf-8", "backslashreplace").decode()
    safe = safe.replace("%", "%25").replace("|", "%7C").replace("\n", "%0A")
    if len(safe.encode()) <= _LONGEST_PART:
        return safe
    # A sort key has at most 1,024 bytes; what is longer keeps its beginning, for the order.
    digest = hashlib.sha256(safe.encode()).hexdigest()
    return f"{shortened(safe, _LONGEST_PART - 80)}~{digest}"


def shortened(text: str, size: int) -> str:
    """Return as much of the beginning as fits into `size` bytes."""
    return text.encode()[:size].decode("utf-8", "ignore")


def place(title: str, key: str) -> str:
    """Return what sorts by title, ASCII letters without case, and then by key; as SQLite does."""
    safe = title.encode("utf-8", "backslashreplace")
    folded = safe.lower()[:_LONGEST_TITLE].decode("utf-8", "ignore")
    return f"{folded}\x01{_part(key) if key else ''}"


def number(value: int) -> str:
    """Return a number, not negative, as text that sorts."""
    return f"{value:020d}"


def at_and_id(at: datetime | str, id: str) -> str:
    """Return a time and an id as text that sorts by both; what has no time comes first."""
    told = at if isinstance(at, str) else at.isoformat()
    return f"{told}|{id}" if told else id


# --- pairs -------------------------------------------------------------------------------------


def link(job: str, pair: str) -> Key:
    """A pair."""
    return joined("link", job), _part(pair)


def pointer(pair: str) -> Key:
    """The job that a pair belongs to."""
    return joined("pair", pair), ONLY


def item(job: str, ref: Ref) -> Key:
    """What is known of one item in a job: its pair, its tombstone. All jobs of it lie together."""
    return joined("ref", str(ref)), _part(job)


def skip(job: str, ref: Ref) -> Key:
    return joined("skip", job), _part(str(ref))


def quarantine(job: str, ref: Ref) -> Key:
    return joined("quarantine", job), _part(str(ref))


def shelf(job: str, standing: str, title: str, key: str) -> Key:
    """One line of a list that people page through by title."""
    return joined("shelf", job, standing), place(title, key)


def targets(job: str, ref: Ref) -> Key:
    """What the body of an item links to."""
    return joined("targets", job), _part(str(ref))


def linked(job: str, target: str, ref: str = "") -> Key:
    """That an item links, or once linked, to another."""
    return joined("linked", job, target), _part(ref)


# --- what waits ----------------------------------------------------------------------------------


def dirty(job: str, side: Side, ref: Ref) -> Key:
    return joined("dirty", job), joined(str(ref), side.value)


def queued(job: str, priority: int, generation: int, side: Side, ref: Ref) -> Key:
    """A hint in the order in which hints are worked."""
    return joined(
        "queue", job
    ), f"{priority:010d}|{number(generation)}|{_part(str(ref))}|{side.value}"


def intent(job: str, opened_at: datetime, id: str) -> Key:
    return joined("open", job), at_and_id(opened_at, _part(id))


def intent_pointer(id: str) -> Key:
    return joined("intent", id), ONLY


def note(owner: str, id: int = 0, nth: int = 0) -> Key:
    return joined("notes", owner), f"{number(id)}|{nth:06d}"


def conflict(id: str) -> Key:
    return joined("conflict", id), ONLY


def conflicts(job: str, which: str, found_at: datetime | str, id: str) -> Key:
    return joined("conflicts", job, which), at_and_id(found_at, _part(id) if id else "")


def pair_conflicts(pair: str, found_at: datetime | str, id: str) -> Key:
    return joined("conflicts-of", pair), at_and_id(found_at, _part(id))


# --- history -------------------------------------------------------------------------------------


def line(job: str, id: int) -> Key:
    return joined("log", job), number(id)


def line_of_run(job: str, run: str, id: int) -> Key:
    return joined("log-run", job, run), number(id)


def line_of_pair(job: str, pair: str, id: int) -> Key:
    return joined("log-pair", job, pair), number(id)


def line_of_ref(job: str, ref: Ref, id: int) -> Key:
    return joined("log-ref", job, str(ref)), number(id)


def line_of_event(job: str, event: str, at: datetime | str, id: int) -> Key:
    return joined("log-event", job, event), at_and_id(at, number(id))


def run(job: str, id: str) -> Key:
    return joined("run", job), _part(id)


def begun(job: str, started_at: datetime | str, id: str) -> Key:
    """A run in the order of their beginnings."""
    return joined("runs", job), at_and_id(started_at, _part(id) if id else "")


def ended(job: str, kind: str, started_at: datetime, id: str) -> Key:
    """A run of one kind that came to its end."""
    return joined("ended", job, kind), at_and_id(started_at, _part(id))


# --- the rest ------------------------------------------------------------------------------------


def cursor(job: str, side: Side) -> Key:
    return joined("cursor", job), side.value


def scope(job: str, side: Side) -> Key:
    return joined("scope", job), side.value


def pairing(job: str, same: bool, left: Ref, right: Ref) -> Key:
    return joined("pairing", job, "same" if same else "other"), joined(str(left), str(right))


def proposals(job: str, part: int = 0) -> Key:
    return joined("proposals", job), number(part)


def approval(job: str) -> Key:
    return joined("approval", job), ONLY


def lease(name: str) -> Key:
    return joined("lease", name), ONLY


def delivery(connection: str, delivery_: str) -> Key:
    return joined("delivery", connection, delivery_), ONLY


def cached(connection: str, key: str) -> Key:
    return joined("cache", connection, key), ONLY


def fact(name: str) -> Key:
    return joined("fact", name), ONLY


def job(name: str) -> Key:
    """That a job keeps something here."""
    return "jobs", _part(name)


SHARDS = "0123456789abcdef"


def value(key: str) -> Key:
    """That a value is kept; spread, so that no partition is hot."""
    return joined("values", key[-1:]), _part(key)


def piece(name: str, copy: str = "", nth: int = 0) -> Key:
    """A piece of something large; each time that it is written makes a copy of its own."""
    return joined("pieces", name), f"{copy}|{nth:06d}"


def pending(id: str) -> Key:
    """A large commit that has been decided, and may not be carried out yet."""
    return "pending", _part(id)


def pending_part(id: str, number_: int) -> Key:
    return joined("pending-parts", id), f"{number_:06d}"
