"""A long run says how far it is, and is given up only where nothing gets on."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

from syncline_checks.stream.patience import Patience
from syncline_checks.stream.progress import Progress, Standing
from syncline_checks.stream.rest import Rest

NOW = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def standing() -> Standing:
    return Standing(
        phase="changes are made", seconds=100, changes=250_000, wanted=1_000_000, facts=830_000,
        open=3000, looked_up=12_000, told=1_700_000, merged=1_690_000,
        complete_until=NOW - timedelta(seconds=40),
    )  # fmt: skip


def test_patience_ends_so_long_after_the_last_sign_of_progress_and_not_before() -> None:
    clock = [0.0]
    patience = Patience(60, now=lambda: clock[0])
    for step in range(100):
        clock[0] += 59
        assert not patience.over
        patience.note(step)
    clock[0] += 59
    patience.note(99)
    assert patience.left == 1
    clock[0] += 1
    assert patience.over


def test_accidents_rest_until_what_the_last_one_cost_is_repaired_but_not_for_ever() -> None:
    clock, repaired = [0.0], [NOW]
    rest = Rest(20, lambda: repaired[0], lambda: NOW, lambda: clock[0])
    assert rest.over
    rest.begin()
    for seconds, until, over in (
        (19, NOW + timedelta(seconds=9), False),
        (20, NOW, False),
        (20, NOW + timedelta(seconds=9), True),
        (59, NOW, False),
        (60, NOW, True),
    ):
        clock[0], repaired[0] = seconds, until
        assert rest.over is over


def test_a_line_says_what_is_done_and_what_is_left() -> None:
    line = standing().line(NOW)
    for part in (
        "250,000 of 1,000,000 changes", "830,000 facts", "1,700,000 told", "10,000 of them not",
        "repaired up to 40 s ago", "300 s of changes left",
    ):  # fmt: skip
        assert part in line


def test_progress_is_told_until_the_end_and_also_where_somebody_cannot_be_asked() -> None:
    lines: list[str] = []
    two = threading.Event()
    asked = [0]

    def look() -> Standing:
        asked[0] += 1
        if asked[0] == 1:
            raise OSError("nobody answers")
        return standing()

    def say(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            two.set()

    with Progress(look, say=say, every=0.001).told():
        assert two.wait(30)
    assert lines[0] == "where it stands cannot be told now: nobody answers"
    assert "830,000 facts" in lines[1]
    count = len(lines)
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]
    assert len(lines) == count
