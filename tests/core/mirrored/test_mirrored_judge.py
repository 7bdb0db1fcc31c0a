"""The judge of a mirrored stream finds every fault that is planted, and no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial

import attrs
import pytest

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
    RECORDING,
    RESUMED,
    STARTED,
)
from syncline.model import JSON
from syncline.testing.mirrored import Done, Judgement, gaps, judge

Line = dict[str, JSON]
AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
LIFE = (STARTED, JOINED, ALERTING, CONNECTED, DISCONNECTED, ACW, ENDED)


def _done(key: str = "c1") -> Iterator[Done]:
    for second, kind in enumerate(LIFE):
        state = "complete" if kind == ACW else ""
        at = AT + timedelta(seconds=second)
        yield Done(conversation=key, participant="p", type=kind, state=state, at=at)


def _heard(key: str = "c1") -> Iterator[Line]:
    for number, one in enumerate(_done(key)):
        yield {
            "event_id": f"{key}-{number}", "event_type": one.type, "conversation_id": key,
            "participant_id": "p", "state": one.state, "occurred_at": one.at.isoformat(),
            "synthetic": False,
        }  # fmt: skip


def _gap(listener: str, since: int, until: int, *unrepaired: str) -> Line:
    return {
        "event_id": f"gap-{listener}", "event_type": GAP, "listener": listener, "synthetic": True,
        "occurred_at": AT.isoformat(), "gap_from": (AT + timedelta(seconds=since)).isoformat(),
        "gap_to": (AT + timedelta(seconds=until)).isoformat(), "unrepaired": [*unrepaired],
    }  # fmt: skip


def test_a_stream_that_says_what_was_done_is_faultless() -> None:
    done = [*_done("c1"), *_done("c2")]
    heard = [line for pair in zip(_heard("c1"), _heard("c2"), strict=True) for line in pair]
    found = judge(done, heard)
    assert found.faults == {}
    assert (found.done, found.heard) == (14, 14)


def _without(kind: str) -> Callable[[list[Line]], list[Line]]:
    return lambda heard: [line for line in heard if line["event_type"] != kind]


PLANTED: dict[str, Callable[[list[Line]], list[Line]]] = {
    "missing": _without(CONNECTED),
    "repeated": lambda heard: [*heard, {**heard[-1], "late": True}],
    "disordered": lambda heard: [heard[1], heard[0], *heard[2:]],
    "invented": lambda heard: [*heard, {**heard[-1], "event_id": "x", "event_type": CONNECTED}],
    "unended": _without(ENDED),
    "finalised_twice": lambda heard: [
        *heard,
        *({**heard[-1], "event_id": f"f{n}", "event_type": FINALIZED} for n in range(2)),
    ],
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_is_found(fault: str) -> None:
    assert fault in judge(_done(), PLANTED[fault]([*_heard()])).faults


def test_another_state_of_after_call_work_is_another_change() -> None:
    heard = [{**line, "state": "pending"} if line["event_type"] == ACW else line
             for line in _heard()]  # fmt: skip
    found = judge(_done(), heard)
    assert (len(found.missing), len(found.invented)) == (1, 1)


def _judged(*gaps: Line, listeners: int) -> Judgement:
    return judge(_done(), [*_without(CONNECTED)([*_heard()]), *gaps], listeners=listeners)


def test_what_is_missing_is_excused_by_a_gap_that_every_listener_had() -> None:
    assert _judged(_gap("a", 2, 4, "c1"), listeners=1).faults == {}
    assert _judged(_gap("a", 2, 4, "c1"), listeners=2).faults == {"missing": 1}
    assert _judged(_gap("a", 2, 4, "c1"), _gap("b", 3, 9, "c1"), listeners=2).faults == {}
    assert _judged(_gap("a", 4, 6, "c1"), listeners=1).faults == {"missing": 1}


def test_a_gap_within_another_one_does_not_end_it() -> None:
    held = Done(conversation="c1", participant="p", type=HELD, at=AT + timedelta(seconds=8))
    silences = [*gaps([_gap("a", 0, 9), _gap("a", 2, 4)])]
    assert judge([*_done(), held], [*_heard()], silences=silences).faults == {}
    late = attrs.evolve(held, at=AT + timedelta(seconds=10))
    assert judge([*_done(), late], [*_heard()], silences=silences).faults == {"missing": 1}


def test_many_gaps_of_a_long_run_take_little_longer_than_few() -> None:
    done = [one for number in range(1500) for one in _done(f"c{number}")]
    heard = [line for number in range(1500) for line in _heard(f"c{number}")]
    many = [*gaps([_gap("ab"[n % 2], 2 * n, 2 * n + 1, f"c{n}") for n in range(3000)])]
    few = _seconds(lambda: judge(done, heard, silences=many[:2]))
    assert _seconds(lambda: judge(done, heard, silences=many)) < 5 * few + 0.1


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def test_a_gap_excuses_what_lasts_only_where_it_names_the_conversation() -> None:
    assert _judged(_gap("a", 2, 4), listeners=1).faults == {"missing": 1}
    assert _judged(_gap("a", 2, 4, "c2"), listeners=1).faults == {"missing": 1}
    held = Done(conversation="c1", participant="p", type=HELD, at=AT + timedelta(seconds=3))
    lines = [*_heard(), _gap("a", 2, 4)]
    assert judge([*_done(), held], lines).faults == {}


def test_parts_of_a_stream_are_judged_by_the_gaps_of_the_whole() -> None:
    held = Done(conversation="c1", participant="p", type=HELD, at=AT + timedelta(seconds=3))
    silences = [*gaps([_gap("a", 2, 4)])]
    assert judge([*_done(), held], [*_heard()]).faults == {"missing": 1}
    assert judge([*_done(), held], [*_heard()], silences=silences).faults == {}


def test_what_nobody_was_told_of_is_excused_unless_a_later_snapshot_says_so() -> None:
    quiet = partial(Done, conversation="c1", participant="p", frames=0)
    within, after = AT + timedelta(seconds=3, milliseconds=1), AT + timedelta(seconds=9)
    for kind, at, faults in (
        (HELD, within, {}),
        (CONNECTED, within, {"missing": 1}),
        (CONNECTED, after, {}),
    ):
        found = judge([*_done(), quiet(type=kind, at=at)], [*_heard()])
        assert found.faults == faults
    unknown = [attrs.evolve(one, conversation="c2", frames=0) for one in _done()]
    assert judge([*_done(), *unknown], [*_heard()]).faults == {}


def test_what_was_told_counts_for_what_the_vendor_told() -> None:
    noted = partial(Done, conversation="c1", participant="p", type=ATTRIBUTES)
    told = {**next(_heard()), "event_id": "x", "event_type": ATTRIBUTES, "late": True}
    done = [noted(at=AT, frames=0), noted(at=AT + timedelta(seconds=2))]
    found = judge([*_done(), *done], [*_heard(), told])
    assert (found.faults, len(found.excused)) == ({}, 1)


def test_another_state_of_a_recording_is_another_change() -> None:
    done = Done(conversation="c1", participant="p", type=RECORDING, state="paused", at=AT)
    told = {**next(_heard()), "event_id": "x", "event_type": RECORDING, "late": True}
    for state, faults in (("paused", {}), ("active", {"missing": 1, "invented": 1})):
        lines = [*_heard(), {**told, "state": "connected", "recording_state": state}]
        assert judge([*_done(), done], lines).faults == faults


def test_one_whose_end_was_told_to_nobody_is_a_zombie_until_it_is_finalised() -> None:
    done = [attrs.evolve(one, dropped=one.type == ENDED) for one in _done()]
    heard = _without(ENDED)([*_heard()])
    found = judge(done, heard)
    assert (found.faults, found.zombies) == ({}, ["c1"])
    final = {**heard[-1], "event_id": "f", "event_type": FINALIZED, "synthetic": True}
    found = judge(done, [*heard, final])
    assert (found.faults, found.zombies, found.finalised) == ({}, [], 1)


def test_what_undoes_something_that_nobody_was_told_of_shows_nowhere_and_is_excused() -> None:
    held = Done(conversation="c1", participant="p", type=HELD, at=AT + timedelta(seconds=4))
    resumed = attrs.evolve(held, type=RESUMED, at=AT + timedelta(seconds=5))
    again = attrs.evolve(resumed, at=AT + timedelta(seconds=6))
    lost = attrs.evolve(held, dropped=True)
    assert judge([*_done(), lost, resumed], [*_heard()]).faults == {}
    assert judge([*_done(), held, resumed], [*_heard()]).faults == {"missing": 2}
    assert judge([*_done(), lost, resumed, again], [*_heard()]).faults == {"missing": 1}


def test_what_the_vendor_told_nobody_is_excused() -> None:
    done = [Done(conversation="c1", type=CONNECTED, at=AT, dropped=True), *_done()]
    found = judge(done, [*_heard()])
    assert (found.faults, len(found.excused)) == ({}, 1)


def test_what_comes_late_and_says_so_is_in_order() -> None:
    first, *rest = _heard()
    found = judge(_done(), [*rest, {**first, "late": True}])
    assert (found.faults, found.late) == ({}, 1)


def test_a_finalised_conversation_has_ended() -> None:
    heard = [{**line, "event_type": FINALIZED, "synthetic": True} if line["event_type"] == ENDED
             else line for line in _heard()]  # fmt: skip
    assert judge(_done(), heard).faults == {"missing": 1}
    done = [*_done()][:-1]
    assert judge(done, heard).faults == {}


def test_a_recording_is_known_by_its_own_state_and_not_by_that_of_the_call() -> None:
    one = next(_done())
    done = [attrs.evolve(one, type=RECORDING, state=state) for state in ("active", "none")]
    line = {**next(_heard()), "event_type": RECORDING, "state": "connected"}
    heard: list[Line] = [
        {**line, "event_id": "1", "recording_state": "active"},
        {**line, "event_id": "2"},
    ]
    assert not judge(done, heard).faults
    assert judge(done[:1], heard).faults == {"invented": 1}
