"""Judges a mirrored stream: what a vendor did against what a reader of the clean stream saw. Pure.

The promises are M1 to M7 of the design: order for each conversation, no event twice, nothing
missing that no gap tells of, nothing invented, and every conversation ended or finalised once.

A stream that is too long for memory is judged in parts that each have whole conversations.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from attrs import define, field, frozen

from ..events.interaction import (
    ACW,
    ATTRIBUTES,
    CHANGED,
    ENDED,
    FINALIZED,
    GAP,
    HELD,
    RECORDING,
    RESUMED,
)
from ..model import JSON

Heard: TypeAlias = Mapping[str, JSON]
"""The data of one interaction event, as read from the clean stream."""
Change: TypeAlias = tuple[str, str, str, str, str]
"""Conversation, participant, communication, type, and the state where the type has several."""
_STATES = {ACW: "state", CHANGED: "state", RECORDING: "recording_state"}
"""The field that says which state it is, of what has several."""
TOGGLES = frozenset({ATTRIBUTES, CHANGED, HELD, RECORDING, RESUMED})
"""What can be undone, and then shows in no later snapshot; of all else, the next one tells."""


@frozen(kw_only=True)
class Done:
    """One thing that the vendor did."""

    conversation: str
    participant: str = ""
    communication: str = ""
    type: str
    state: str = ""
    at: datetime
    dropped: bool = False
    """The vendor told nobody of it, though it should have."""
    frames: int = 1
    """How many frames the vendor sent of it: none where it concerns no topic, or nobody listens."""

    @property
    def told(self) -> bool:
        """Whether anybody was told."""
        return self.frames > 0 and not self.dropped

    @property
    def change(self) -> Change:
        """What makes it this change."""
        state = self.state if self.type in _STATES else ""
        return (self.conversation, self.participant, self.communication, self.type, state)


def done_of(line: Mapping[str, Any]) -> Done:
    """Return what a line of a simulator's truth says was done."""
    return Done(
        conversation=line["conversation_id"],
        participant=line.get("participant_id", ""),
        communication=line.get("communication_id", ""),
        type=line["type"],
        state=line.get("state", ""),
        at=datetime.fromisoformat(line["occurred_at"]),
        dropped=line.get("dropped", False),
        frames=line.get("frames", 1),
    )


@frozen
class Gap:
    """An interval for which a listener says that something can be missing."""

    listener: str
    since: datetime
    until: datetime
    unrepaired: frozenset[str] = frozenset()
    """Conversations that could not be read again."""

    def has(self, at: datetime, slack: timedelta) -> bool:
        """Tell whether a time lies in it."""
        return self.since - slack <= at <= self.until + slack


@frozen
class _Spans:
    """When one listener heard nothing: times that do not overlap, in order."""

    since: list[datetime]
    until: list[datetime]

    def has(self, at: datetime) -> bool:
        number = bisect_right(self.since, at) - 1
        return number >= 0 and at <= self.until[number]


def _spans(gaps: Iterable[Gap], slack: timedelta) -> _Spans:
    found = _Spans([], [])
    for gap in sorted(gaps, key=lambda one: one.since):
        since, until = gap.since - slack, gap.until + slack
        if found.until and since <= found.until[-1]:
            found.until[-1] = max(found.until[-1], until)
        else:
            found.since.append(since)
            found.until.append(until)
    return found


@define
class Judgement:
    """What is wrong, and what was counted on the way."""

    done: int = 0
    heard: int = 0
    missing: list[Change] = field(factory=list)
    excused: list[Change] = field(factory=list)
    """Missing, and nobody could know: every listener told of a gap, or nobody was told."""
    invented: list[Change] = field(factory=list)
    repeated: list[str] = field(factory=list)
    """Event ids that came more than once."""
    disordered: list[str] = field(factory=list)
    """Event ids that came after something that happened later, and do not say `late`."""
    unended: list[str] = field(factory=list)
    """Conversations that ended, and of which nothing says so."""
    finalised_twice: list[str] = field(factory=list)
    zombies: list[str] = field(factory=list)
    """Conversations of whose end nobody was told, and that were not finalised (yet)."""
    late: int = 0
    finalised: int = 0
    gaps: int = 0

    @property
    def faults(self) -> dict[str, int]:
        """How many of each fault there are; empty where all promises hold."""
        names = ("missing", "invented", "repeated", "disordered", "unended", "finalised_twice")
        counts = {name: len(getattr(self, name)) for name in names}
        return {name: count for name, count in counts.items() if count}


def judge(
    done: Iterable[Done],
    heard: Sequence[Heard],
    *,
    listeners: int = 1,
    slack: timedelta = timedelta(0),
    silences: Sequence[Gap] | None = None,
) -> Judgement:
    """Compare what was done with what was heard.

    Args:
        heard: in the order of the clean stream, for each conversation at least.
        listeners: a change is excused where so many listeners had a gap over it.
        slack: how far the clocks of vendor and listeners may differ.
        silences: the gaps of the whole stream, where this is a part of it.
    """
    truth = list(done)
    found = Judgement(done=len(truth), heard=len(heard))
    told = [*gaps(heard)] if silences is None else silences
    _order(found, heard)
    _coverage(found, truth, heard, _excuses(told, listeners, slack, truth))
    _endings(found, truth, heard)
    return found


def gaps(heard: Iterable[Heard]) -> Iterator[Gap]:
    """Yield the gaps that listeners told of."""
    for one in heard:
        if one["event_type"] == GAP:
            since, until = _time(one["gap_from"]), _time(one["gap_to"])
            lost = one.get("unrepaired")
            unrepaired = frozenset(map(str, lost)) if isinstance(lost, list) else frozenset()
            yield Gap(str(one.get("listener", "")), since, until, unrepaired)


def _last_told(truth: Iterable[Done]) -> Mapping[str, datetime]:
    """Return when the vendor told of each conversation last."""
    last: dict[str, datetime] = {}
    for one in truth:
        if one.told:
            last[one.conversation] = max(one.at, last.get(one.conversation, one.at))
    return last


@frozen
class _Excuses:
    """What may be missing, found without a look at every gap: a long run has many of both."""

    silent: Mapping[str, _Spans]
    """By listener."""
    unrepaired: Mapping[str, Sequence[Gap]]
    """By conversation."""
    listeners: int
    slack: timedelta
    last: Mapping[str, datetime]
    undoing: Set[tuple[Change, datetime]]

    def excuse(self, one: Done) -> bool:
        if one.dropped or (one.change, one.at) in self.undoing:
            return True
        return self._nobody_told(one) or self._nobody_heard(one)

    def _nobody_told(self, one: Done) -> bool:
        """Tell whether no snapshot said so, nor any later one."""
        last = self.last.get(one.conversation)
        return one.frames == 0 and (one.type in TOGGLES or last is None or last < one.at)

    def _nobody_heard(self, one: Done) -> bool:
        unread = self.unrepaired.get(one.conversation, ())
        deaf = {gap.listener for gap in unread if gap.has(one.at, self.slack)}
        if one.type in TOGGLES:
            deaf |= {name for name, spans in self.silent.items() if spans.has(one.at)}
        return len(deaf) >= self.listeners


def _undoing(truth: Iterable[Done]) -> Iterator[tuple[Change, datetime]]:
    """Yield what can undo something that nobody was told of: then nothing shows that it was."""
    untold: set[tuple[str, ...]] = set()
    for one in truth:
        if one.type not in TOGGLES:
            continue
        kind = HELD if one.type == RESUMED else one.type
        place = (one.conversation, one.participant, one.communication, kind)
        if place in untold:
            yield one.change, one.at
        if one.told:
            untold.discard(place)
        else:
            untold.add(place)


def _excuses(
    gaps: Sequence[Gap], listeners: int, slack: timedelta, truth: Sequence[Done]
) -> _Excuses:
    by_listener: dict[str, list[Gap]] = {}
    unrepaired: dict[str, list[Gap]] = {}
    for gap in gaps:
        by_listener.setdefault(gap.listener, []).append(gap)
        for conversation in gap.unrepaired:
            unrepaired.setdefault(conversation, []).append(gap)
    silent = {name: _spans(told, slack) for name, told in by_listener.items()}
    undoing = frozenset(_undoing(truth))
    return _Excuses(silent, unrepaired, listeners, slack, _last_told(truth), undoing)


def _order(found: Judgement, heard: Sequence[Heard]) -> None:
    latest: dict[str, datetime] = {}
    seen: Counter[str] = Counter()
    for one in heard:
        event_id = str(one["event_id"])
        seen[event_id] += 1
        if one["event_type"] == GAP:
            found.gaps += 1
            continue
        if one.get("late") or one["synthetic"]:
            found.late += bool(one.get("late"))
            continue
        key, at = str(one["conversation_id"]), _time(one["occurred_at"])
        if at < latest.setdefault(key, at):
            found.disordered.append(event_id)
        latest[key] = max(latest[key], at)
    found.repeated += [event_id for event_id, count in seen.items() if count > 1]


def _coverage(
    found: Judgement, truth: Sequence[Done], heard: Sequence[Heard], excuses: _Excuses
) -> None:
    told = Counter(
        _change(one) for one in heard if one["event_type"] not in (GAP, FINALIZED)
    )  # fmt: skip
    owed = [one for one in truth if not excuses.excuse(one)]
    for one in owed:
        if told[one.change]:
            told[one.change] -= 1
        else:
            found.missing.append(one.change)
    # What need not be told comes last: it must not take what was told of another.
    for change, count in (Counter(_changes(truth)) - Counter(_changes(owed))).items():
        known = min(count, told[change])
        told[change] -= known
        found.excused += [change] * (count - known)
    found.invented += told.elements()


def _changes(done: Iterable[Done]) -> Iterator[Change]:
    return (one.change for one in done)


def _endings(found: Judgement, truth: Sequence[Done], heard: Sequence[Heard]) -> None:
    over = {str(one["conversation_id"]) for one in heard if one["event_type"] in (ENDED, FINALIZED)}
    ended = {one.conversation for one in truth if one.type == ENDED and one.told}
    known = {str(one["conversation_id"]) for one in heard if one["event_type"] != GAP}
    untold = {one.conversation for one in truth if one.type == ENDED and not one.told}
    found.unended += sorted(ended - over)
    found.zombies += sorted((untold & known) - over)
    finalised = Counter(str(one["conversation_id"]) for one in heard if _finalises(one))
    found.finalised += finalised.total()
    found.finalised_twice += [key for key, count in finalised.items() if count > 1]


def _finalises(one: Heard) -> bool:
    return one["event_type"] == FINALIZED


def _change(one: Heard) -> Change:
    kind = str(one["event_type"])
    return (
        str(one["conversation_id"]), str(one.get("participant_id") or ""),
        str(one.get("communication_id") or ""), kind, _state(kind, one),
    )  # fmt: skip


def _state(kind: str, one: Heard) -> str:
    if kind == RECORDING:
        return str(one.get("recording_state") or "none")  # left out where there is none
    return str(one.get("state") or "") if kind in _STATES else ""


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


__all__ = ["TOGGLES", "Change", "Done", "Gap", "Heard", "Judgement", "done_of", "gaps", "judge"]
