"""What is due, and how long a failure makes wait."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncline.runner.workers.agenda import FULL, HINTS, POLL, Agenda
from syncline.runner.workers.backoff import Backoff


def test_hints_go_before_polls_and_polls_before_full_passes() -> None:
    agenda, order = Agenda(), (HINTS, POLL, FULL)
    for wanted in reversed(order):
        agenda.want(wanted)
    done = []
    while (kind := agenda.ready(order, now=1.0)) is not None:
        agenda.take(kind)
        done.append(kind)
    assert done == [HINTS, POLL, FULL]


def test_what_was_put_off_stays_so_however_often_it_is_wanted() -> None:
    agenda = Agenda()
    agenda.want(POLL, at=10.0)
    agenda.want(POLL)
    assert agenda.ready([POLL], now=9.0) is None
    assert agenda.ready([POLL], now=10.0) == POLL
    agenda.forget()
    assert agenda.ready([POLL], now=11.0) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0, 200))
def test_pauses_grow_to_a_limit_and_never_fall_below_what_is_asked(
    chances: list[float], least: float
) -> None:
    chance = iter(chances)
    backoff = Backoff(first=1, most=300, random=lambda: next(chance))
    pauses = [backoff.next(least=least) for _ in chances]
    assert all(least <= pause <= max(300, least) for pause in pauses)
    assert all(pause >= 150 for pause in pauses[10:])
    backoff.reset()
    assert backoff.failures == 0


def test_the_first_pause_is_short_and_half_of_it_is_chance() -> None:
    assert Backoff(first=4, most=300, random=lambda: 0.0).next() == 2
    assert Backoff(first=4, most=300, random=lambda: 1.0).next() == 4
