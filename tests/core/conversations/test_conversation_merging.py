"""What several listeners tell of a conversation becomes one story."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.events import Event
from syncline.events.conversations import Conversation, merge, micros
from syncline.events.conversations.merging import MOST
from syncline.events.interaction import (
    ACW,
    ALERTING,
    ATTRIBUTES,
    CONNECTED,
    DISCONNECTED,
    ENDED,
    FINALIZED,
    GAP,
    HELD,
    JOINED,
    LEFT,
    STARTED,
    WRAPUP,
)

AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
LIFE = (STARTED, JOINED, ALERTING, CONNECTED, HELD, DISCONNECTED, LEFT, ENDED, ACW, WRAPUP)
MakeEvent = Callable[..., Event]


def _merged(events: Iterable[Event]) -> tuple[Conversation, list[Event]]:
    known, told = None, []
    for one in events:
        known, event = merge(known, one)
        told += [event] if event else []
    assert known is not None
    return known, told


def test_what_two_listeners_tell_is_told_once(event: MakeEvent) -> None:
    life = [event(kind, second) for second, kind in enumerate(LIFE)]
    known, told = _merged([one for each in life for one in (each, each)])
    assert told == life
    assert known.state == "ended"


def test_what_happened_before_something_told_says_that_it_is_late(event: MakeEvent) -> None:
    _, told = _merged([event(CONNECTED, 5), event(ALERTING, 2), event(HELD, 9)])
    assert [one.data.get("late") for one in told] == [None, True, None]


def test_of_one_instant_nothing_is_late(event: MakeEvent) -> None:
    _, told = _merged([event(CONNECTED, 5), event(HELD, 5)])
    assert not any(one.data.get("late") for one in told)


def test_what_is_late_does_not_open_what_has_ended(event: MakeEvent) -> None:
    known, told = _merged([event(STARTED, 0), event(ENDED, 9), event(HELD, 5), event(WRAPUP, 20)])
    assert known.state == "ended"
    assert len(told) == 4


def test_what_goes_on_after_its_end_is_open(event: MakeEvent) -> None:
    known, _ = _merged([event(STARTED, 0), event(ENDED, 9), event(JOINED, 12)])
    assert known.state == "open"


def test_an_older_end_does_not_end_what_went_on(event: MakeEvent) -> None:
    known, _ = _merged([event(STARTED, 0), event(JOINED, 12), event(ENDED, 9)])
    assert known.state == "open"


def test_what_comes_after_an_end_that_was_forgotten_opens_nothing(event: MakeEvent) -> None:
    known, told = _merged([event(WRAPUP, 9000), event(ATTRIBUTES, 9001)])
    assert known.state == "quiet"
    assert len(told) == 2


def test_an_inferred_end_ends_what_is_open(event: MakeEvent) -> None:
    known, told = _merged([event(STARTED), event(FINALIZED, 60, synthetic=True)])
    assert known.state == "finalized"
    assert told[-1].type == FINALIZED


def test_an_inferred_end_of_what_really_ended_is_left_out(event: MakeEvent) -> None:
    known, told = _merged([event(STARTED), event(ENDED, 9), event(FINALIZED, 60, synthetic=True)])
    assert known.state == "ended"
    assert [one.type for one in told] == [STARTED, ENDED]


def test_a_later_real_event_corrects_an_inferred_end(event: MakeEvent) -> None:
    inferred = [event(STARTED), event(FINALIZED, 60, synthetic=True)]
    assert _merged([*inferred, event(HELD, 70)])[0].state == "open"
    assert _merged([*inferred, event(ENDED, 55)])[0].state == "ended"
    assert _merged([*inferred, event(HELD, 50)])[0].state == "finalized"


def test_an_inferred_end_before_the_last_sign_of_life_ends_all_the_same(event: MakeEvent) -> None:
    known, told = _merged([event(STARTED), event(HELD, 90), event(FINALIZED, 60, synthetic=True)])
    assert known.state == "finalized"
    assert "late" not in told[-1].data


def test_gaps_pass_once_and_have_no_order(event: MakeEvent) -> None:
    gaps = [event(GAP, second, key="listener/a") for second in (9, 4, 9)]
    known, told = _merged(gaps)
    assert told == gaps[:2]
    assert known.state == "quiet"


def test_of_endless_gaps_the_newest_are_remembered(event: MakeEvent) -> None:
    many = [event(GAP, second, key="listener/a") for second in range(40)]
    known, _ = _merged(many[:1])
    full = Conversation(told=known.told + b"12345678" * (MOST - 1), latest=known.latest)
    after, told = merge(full, many[1])
    assert told is not None
    assert len(after.told) == MOST * 8
    assert merge(after, many[1])[1] is None


def test_the_first_medium_stays(event: MakeEvent) -> None:
    known, _ = _merged([event(STARTED, media_type=None), event(JOINED, 1, media_type="chat")])
    assert known.media == "chat"
    assert merge(known, event(JOINED, 2, media_type="voice"))[0].media == "chat"


def test_times_are_those_of_what_happened(event: MakeEvent) -> None:
    known, _ = _merged([event(JOINED, 5), event(STARTED, 1), event(LEFT, 3)])
    assert known.opened == micros(AT + timedelta(seconds=1))
    assert known.latest == known.alive == micros(AT + timedelta(seconds=5))
    assert merge(known, event(HELD, 6), heard=77)[0].heard == known.heard


_KINDS = st.sampled_from(LIFE)
_LIVES = st.lists(st.tuples(_KINDS, st.integers(0, 30)), min_size=1, max_size=25, unique=True)


@st.composite
def _two_listeners(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What happened, in order, and how two that each lost a part told it, side by side."""
    life = sorted(draw(_LIVES), key=lambda one: one[1])
    heard = [[one for one in life if draw(st.booleans())] for _ in range(2)]
    again = [draw(st.integers(0, len(one))) for one in heard]
    # Each starts over somewhere: what it told before is told once more.
    streams = [one[:cut] + one for one, cut in zip(heard, again, strict=True)]
    merged: list[tuple[str, int]] = []
    while any(streams):
        stream = draw(st.sampled_from([one for one in streams if one]))
        merged.append(stream.pop(0))
    return life, merged


@given(_two_listeners())
@settings(max_examples=200, deadline=None)
def test_whatever_two_listeners_lose_each_thing_is_told_once_and_in_order(
    event: MakeEvent, lives: tuple[list[tuple[str, int]], list[tuple[str, int]]]
) -> None:
    _, heard = lives
    if not heard:
        return
    _, told = _merged(event(*one) for one in heard)
    assert sorted(one.id for one in told) == sorted({event(*one).id for one in heard})
    latest = told[0].occurred_at
    for one in told:
        assert one.occurred_at >= latest or one.data.get("late")
        latest = max(latest, one.occurred_at)


@given(_LIVES.flatmap(lambda life: st.tuples(st.just(life), st.permutations(life))))
@settings(max_examples=200, deadline=None)
def test_a_conversation_is_the_same_whatever_the_order(
    event: MakeEvent, lives: tuple[list[tuple[str, int]], list[tuple[str, int]]]
) -> None:
    one, other = (_merged(event(*fact) for fact in life)[0] for life in lives)
    assert (one.state, one.opened, one.latest) == (other.state, other.opened, other.latest)
