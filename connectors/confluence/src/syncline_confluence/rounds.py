"""What earlier polls learnt about who may read what: carried in the cursor of each job.

A restriction changes no version and shows in no list, so polls ask for it: each for some items, in
turn, round after round. What they learn is compared with what was learnt before, by pure functions.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, TypeAlias

from attrs import evolve, field, frozen

from syncline.change_feeds import Watermark
from syncline.model import Cursor

from .places import Places, in_order

Kept: TypeAlias = Literal["restricted", "unknown"]
_KINDS: Sequence[Kept] = ("unknown", "restricted")
"""The weightier last: a page below both is restricted."""

MOST_PLACED = 1_000
"""Pages of a scope of which a cursor remembers where they lie; of larger ones it is not noticed
here that a page was moved or went away."""
_KEY = "round"


@frozen(kw_only=True)
class Round:
    """How far the round has come, and what is known of everything that is not open."""

    after: str = ""
    """Id of the item that was asked for last; empty when a round begins."""
    shut: Mapping[str, Kept] = field(factory=dict)
    """Items, pages or folders, that are not open by themselves."""
    kept: Mapping[str, Kept] = field(factory=dict)
    """Pages in scope that are not open, be it for what is above them."""
    placed: Mapping[str, str] | None = None
    """What each page in scope lies under; None where that is not remembered."""
    marks: Mapping[str, str] | None = None
    """As in `Places.marks`, when the round began."""
    scope: str = ""
    """Fingerprint of what the connection covers: in another one, nothing went away or came."""

    def due(self, subjects: Sequence[str], most: int) -> Sequence[str]:
        """Return the items to ask for now: those that have not been asked for the longest."""
        start = bisect_right(subjects, in_order(self.after), key=in_order) if self.after else 0
        return subjects[start : start + most]

    def learnt(self, places: Places, answers: Mapping[str, bool | None]) -> Self:
        """Return what is known after some items have been asked for.

        Args:
            answers: whether each is restricted by itself; None where that could not be learnt.
        """
        known: dict[str, Kept | None] = {**self.shut}
        known |= {id: _kept(answer) for id, answer in answers.items()}
        ids = sorted(known.keys() & places.matters, key=in_order)
        shut: dict[str, Kept] = {id: kept for id in ids if (kept := known[id])}
        last = max(answers, key=in_order, default="")
        ended = not answers or last == places.subjects[-1]
        small = len(places.pages) <= MOST_PLACED
        return evolve(
            self,
            after="" if ended else last,
            shut=shut,
            kept=verdicts(places, shut),
            placed=places.placed if small else None,
            marks=places.marks,
        )


def _kept(answer: bool | None) -> Kept | None:
    if answer is None:
        return "unknown"
    return "restricted" if answer else None


def verdicts(places: Places, shut: Mapping[str, Kept]) -> Mapping[str, Kept]:
    """Return the pages in scope that are not open, for what they are or for what is above them."""
    found: dict[str, Kept] = dict.fromkeys(places.unclear, "unknown")
    for kind in _KINDS:
        tops = [id for id, kept in shut.items() if kept == kind]
        found.update(dict.fromkeys(places.under(tops), kind))
    return {page: found[page] for page in sorted(found, key=in_order)}


def beginning(
    places: Places,
    answers: Mapping[str, bool | None],
    listed: Mapping[str, str],
    marked: Mapping[str, str],
    scope: str,
) -> Round:
    """Return the round before the first, as the latest listing found things, if there was one.

    Args:
        answers: whether each item is restricted by itself.
        listed: what each page in scope lay under.
        marked: its digest of what changes without a version.
    """
    shut: dict[str, Kept] = {id: kept for id, answer in answers.items() if (kept := _kept(answer))}
    placed = listed if 0 < len(listed) <= MOST_PLACED else None
    return Round(
        shut=shut,
        kept=verdicts(places, shut),
        placed=placed,
        marks=marked if placed else None,
        scope=scope,
    )


def differences(before: Round, now: Round, places: Places) -> Sequence[str]:
    """Return the pages of which something else is known than before, each once.

    Those whose readers are others; where places are remembered, those that came, went, or were
    moved, with everything below them; and those with other labels or files.
    """
    pages = before.kept.keys() | now.kept.keys()
    found = {page for page in pages if before.kept.get(page) != now.kept.get(page)}
    # A scope that is suddenly empty is rather a label that is gone than all of its pages.
    if before.placed is not None and now.placed:
        old, new = before.placed, now.placed
        found |= old.keys() ^ new.keys()
        moved = [page for page in old.keys() & new.keys() if old[page] != new[page]]
        found |= places.below(moved)
    if before.marks is not None and now.marks is not None:
        both = before.marks.keys() & now.marks.keys()
        found |= {page for page in both if before.marks[page] != now.marks[page]}
    return sorted(found, key=in_order)


def cursor_of(feed: Watermark, round: Round | None) -> Cursor:
    """Return one cursor for both: what was modified up to when, and who was found to read what."""
    if round is None:
        return feed.cursor
    text = str(feed.cursor)
    table: dict[str, Any] = json.loads(text) if text.startswith("{") else {"at": text}
    table[_KEY] = {
        "after": round.after,
        "shut": _grouped(round.shut),
        "kept": _grouped(round.kept),
        "placed": None if round.placed is None else dict(round.placed),
        "marks": None if round.marks is None else dict(round.marks),
        "scope": round.scope,
    }
    return Cursor(json.dumps(table, separators=(",", ":")))


def round_of(cursor: Cursor | None) -> Round | None:
    """Return what a cursor knows of a round; None where it comes from before there were any."""
    text = str(cursor or "")
    table = json.loads(text).get(_KEY, {}) if text.startswith("{") else {}
    match table:
        case {"after": str(after), "shut": {**shut}, "kept": {**kept}, "scope": str(scope)}:
            return Round(
                after=after,
                shut=_flat(shut),
                kept=_flat(kept),
                placed=_texts(table.get("placed")),
                marks=_texts(table.get("marks")),
                scope=scope,
            )
    return None


def _texts(table: Mapping[Any, Any] | None) -> Mapping[str, str] | None:
    return None if table is None else {str(key): str(value) for key, value in table.items()}


def _grouped(known: Mapping[str, Kept]) -> Mapping[str, Sequence[str]]:
    return {kind: [id for id, one in known.items() if one == kind] for kind in _KINDS}


def _flat(table: Mapping[Any, Any]) -> Mapping[str, Kept]:
    return {str(id): kind for kind in _KINDS for id in table.get(kind, ())}


__all__ = [
    "MOST_PLACED",
    "Kept",
    "Round",
    "beginning",
    "cursor_of",
    "differences",
    "round_of",
    "verdicts",
]
