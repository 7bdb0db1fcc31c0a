"""Text and JSON of values: pure functions, tested without a job."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import datetime, timedelta, timezone

import attrs
import pytest

from syncline.cli import pairing, progress, reports
from syncline.cli import status as status_command
from syncline.cli.exit_codes import CONFLICTS, DONE, FAILED, REFUSED
from syncline.cli.output import columns, counted, plain, safe
from syncline.cli.progress import Meter
from syncline.engine import ItemLosses, ItemResult, JobStatus, Plan, PlanItem, Refusal, Report
from syncline.model import Document, Ref, Side, Status
from syncline.ports import Secret
from syncline.state.records import Proposal

REF = Ref("wiki", "1")
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
REFUSED_REMOVALS = Refusal(removals=212, limit=25, pairs=240, token="7f3a", titles=("A", "B"))


def report(**counts: int) -> Report:
    return Report(run="r1", job="docs", counts=Counter(counts))


def test_a_report_ends_with_what_a_person_has_to_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reports.reported(report(writes=1), 1, json=False, proposals=2)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "1 conflict waits for a person: `syncline conflicts`",
        "2 pairs are proposed: `syncline pair docs`",
    ]


def test_what_failed_before_is_named_where_nothing_else_says_why_it_is_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert reports.reported(report(), 0, json=False, failing=2) == FAILED
    assert capsys.readouterr().out.endswith("\n2 items failed before: `syncline quarantine`\n")
    reports.reported(report(waiting=2), 0, json=False, failing=2)
    assert "failed before" not in capsys.readouterr().out


def test_a_refusal_names_the_command_that_spends_the_approval() -> None:
    lines = [list(reports.refusal("docs", REFUSED_REMOVALS, again=a))[-1] for a in ("", "undo r1")]
    assert lines == [
        "if all of these shall go: syncline approve docs 7f3a",
        "if all of these shall go: syncline undo r1 --approve 7f3a",
    ]
    first = attrs.evolve(REFUSED_REMOVALS, token="", why="the first pass")
    assert not any("approve" in line for line in reports.refusal("docs", first))


@pytest.mark.parametrize(
    ("made", "waiting", "code"),
    [
        (report(writes=3), 0, DONE),
        (report(writes=3), 2, CONFLICTS),
        (report(failed=1), 2, FAILED),
        (report(stale=1), 0, FAILED),
        (report(blocked=1), 0, FAILED),
        (report(held_back=1, gathered=1), 0, DONE),
        (attrs.evolve(report(), incomplete={Side.LEFT: "broke off"}), 0, FAILED),
        (attrs.evolve(report(failed=1), refused=REFUSED_REMOVALS), 2, REFUSED),
    ],
)
def test_the_exit_status_of_a_pass_is_the_worst_of_what_happened(
    made: Report, waiting: int, code: int
) -> None:
    assert reports.code(made, waiting) == code


def test_a_report_names_what_changed_and_sums_it_up() -> None:
    made = report(writes=2, created=1, failed=1, adopted=40)
    made.items += [
        ItemResult(ref=REF, title="A", event="created", side=Side.RIGHT, reason="new"),
        ItemResult(ref=REF, title="B", event="failed", reason="x", detail="it is too long"),
        ItemResult(ref=REF, title="C", event="adopted"),
    ]
    made.incomplete[Side.LEFT] = "page 3 of 9 answered 500"
    made.kept.append(ItemResult(ref=REF, title="D", event="kept", detail="somebody edited it"))
    made.refused = REFUSED_REMOVALS
    assert list(reports.lines(made)) == [
        "created  right  wiki:1  A: new",
        "failed          wiki:1  B: it is too long",
        "the left was not listed to its end, so nothing is missing there: page 3 of 9 answered 500",
        "left as it is: wiki:1 'D': somebody edited it",
        "212 of 240 pairs would lose an item (limit 25): none did; check the list",
        "  A",
        "  B",
        "if all of these shall go: syncline approve docs 7f3a",
        "docs r1: 2 writes, 1 created, 40 adopted, 1 failed",
    ]


def test_a_plan_shows_differences_losses_and_the_cost() -> None:
    item = PlanItem(
        pair="p", left="wiki:1", right="kb:2", title="A", decision="write", side="right",
        reason="edited", diff="- old\n+ new", losses=("a macro becomes text",),
    )  # fmt: skip
    plan = Plan(job="docs", made_at="now", mapping="m", items=(item,), calls=1200.4, minutes=4.0)
    assert list(reports.plan_lines(plan)) == [
        "write right: A [wiki:1 kb:2]: edited",
        "    - old",
        "    + new",
        "    loses: a macro becomes text",
        "docs: 1 item, about 1,200 API calls, 4.0 minutes at the limits; nothing was written",
    ]
    assert reports.plan_code(plan) == DONE
    conflict = attrs.evolve(item, decision="conflict")
    assert reports.plan_code(attrs.evolve(plan, items=(conflict,))) == CONFLICTS
    assert reports.plan_code(attrs.evolve(plan, refused=REFUSED_REMOVALS)) == REFUSED


def test_losses_are_said_only_where_there_are_some() -> None:
    lossy = ItemLosses(ref=REF, title="A", losses=("a colour",))
    assert list(reports.loss_lines(lossy)) == ["wiki:1 A", "    a colour"]
    assert list(reports.loss_lines(attrs.evolve(lossy, losses=()))) == []
    assert reports.loss_summary(0, 12) == "none of 12 articles loses anything"
    assert reports.loss_summary(2, 1200) == "2 of 1,200 articles would lose something"


def test_proposals_say_how_to_answer_them() -> None:
    proposal = Proposal(
        left=REF, right=Ref("kb", "2"), left_title="A", right_title="a", score=0.5, why="same title"
    )
    lines = list(pairing.proposal_lines([proposal], 1))
    assert lines[0] == "1 pair accepted; the next pass acts on it"
    assert "50% alike: same title" in lines[3]
    assert lines[-1].startswith("1 proposal: answer each with --accept LEFT RIGHT")
    assert list(pairing.proposal_lines([], 0)) == ["no proposals wait"]


def test_a_status_says_only_what_there_is() -> None:
    status = JobStatus(
        job="docs", pairs=1234, conflicts=2, reviews=0, quarantined=1, withdrawn=0, held=0,
        proposals=0, last_run=None, last_full=None, token="7f3a",
    )  # fmt: skip
    assert list(status_command.status_lines(status)) == [
        "docs: 1,234 pairs; last pass never",
        "  2 conflicts to settle: `syncline conflicts`",
        "  1 item that failed: `syncline quarantine`",
        "  removals are approved for the next pass (7f3a)",
    ]


def test_columns_stand_below_each_other() -> None:
    assert columns([["a", "bb", "c"], ["aaa", "b", ""]]) == ["a    bb  c", "aaa  b"]
    assert columns([]) == []
    assert (counted(1, "job"), counted(1000, "job")) == ("1 job", "1,000 jobs")


@pytest.mark.parametrize("char", ["\x1b", "\n", "\r", "\x9b", "\u202e", "\ud800", "\0"])
def test_no_character_of_a_title_acts_on_the_terminal(char: str) -> None:
    assert char not in safe(f"a{char}b")
    assert safe("plain text") == "plain text"


def test_values_become_plain_json() -> None:
    found = plain(
        {
            "ref": REF,
            "side": Side.LEFT,
            "at": NOON,
            "wait": timedelta(minutes=1),
            "set": frozenset({"b", "a"}),
            "document": Document(title="A", body="<p>x</p>", url="https://x"),
            "item": ItemResult(ref=REF, title="A", event="created", side=Side.RIGHT),
            "secret": Secret("canary"),
            Status.LIVE: [1, 1.5, None, True],
        }
    )
    assert found == {
        "ref": "wiki:1",
        "side": "left",
        "at": "2026-01-31T12:00:00+00:00",
        "wait": 60.0,
        "set": ["a", "b"],
        "document": {"title": "A", "body": "<p>x</p>"},
        "item": {"ref": "wiki:1", "title": "A", "event": "created", "side": "right", "reason": "",
                 "detail": ""},
        "secret": "***",
        "live": [1, 1.5, None, True],
    }  # fmt: skip


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_the_meter_shows_rate_budget_and_time_left() -> None:
    clock = Clock()
    meter = Meter(now=clock)
    meter.event("listed", side="left", count=250)
    assert meter.line() == "250 listed on the left"
    meter.event("due", count=100)
    meter.event("budget", connection="kb", per_minute=300.0)
    for _ in range(10):
        clock.time += 1
        for _ in range(2):
            meter.event("examined")
            meter.event("http.call", connection="kb", status=200)
    assert meter.line() == "20 of 100 items, 2/s  kb: 20 calls, 133 of 300/min  36s left"
    meter.event("http.pause", seconds=61.0, status=429)
    assert meter.line().endswith("waiting 1m01s: the rate limit was met")
    clock.time += 60
    assert meter.rate() == 0
    assert meter.left is None


def test_the_meter_of_a_first_pass_counts_what_was_listed() -> None:
    clock = Clock()
    meter = Meter(now=clock)
    for event, fields in (
        ("known", {"pairs": 0}),
        ("listed", {"side": "left", "count": 100}),
        ("listed", {"side": "right", "count": 20}),
        ("examined", {}),
    ):
        meter.event(event, **fields)
    clock.time += 10
    assert meter.line() == "1 of 120 items, 0/s  19m50s left"


def test_the_meter_forgets_what_is_long_ago() -> None:
    clock = Clock()
    meter = Meter(now=clock)
    for _ in range(100_000):
        clock.time += 0.01
        meter.event("examined")
    assert 90 < meter.rate() < 110
    assert sum(len(recent) for recent in meter._recent.values()) < 2_000


def test_the_bar_is_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    args = argparse.Namespace(json=False, verbose=0)
    with progress.shown(args) as event:
        assert event is progress._quiet
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress.shown(args) as event:
        event("listed", side="left", count=3)
        event("waiting", seconds=2.0, why="[red]\x1b[2J")
    with progress.shown(argparse.Namespace(json=True, verbose=0)) as event:
        assert event is progress._quiet
