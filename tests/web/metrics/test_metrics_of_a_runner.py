"""What `/metrics` says of a real runner, and what it never says."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import weakref
from typing import TYPE_CHECKING

import pytest

from syncline.config import Config
from syncline.model import Change, Ref
from syncline.runner import Runner
from syncline_web.metrics import observe
from syncline_web.metrics.instruments import EVENTS, RESULTS

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Watch

JOB = 'sync_job="articles"'


async def test_a_pass_is_counted_with_its_items_and_its_time(watch: Watch) -> None:
    watch.write("Hours", "9 to 5")
    watch.write("Prices", "12")
    await watch.runner.sync("articles")
    series = await watch.series()
    assert series[f'syncline_passes_total{{kind="full",outcome="done",{JOB}}}'] == 1
    assert series[f'syncline_items_total{{event="created",{JOB}}}'] == 2
    assert series[f"syncline_writes_total{{{JOB}}}"] == 2
    assert series[f'syncline_pass_seconds_count{{kind="full",{JOB}}}'] == 1
    assert series[f"syncline_pairs{{{JOB}}}"] == 2
    ended = series[f"syncline_last_full_pass_timestamp_seconds{{{JOB}}}"]
    run = watch.runner.state.last_run("articles", "full")
    assert run is not None
    assert run.ended_at is not None
    assert ended == pytest.approx(run.ended_at.timestamp())


async def test_before_the_first_full_pass_there_is_no_time_of_one(watch: Watch) -> None:
    series = await watch.series()
    assert not [name for name in series if name.startswith("syncline_last_full_pass")]
    assert series[f"syncline_queue_depth{{{JOB}}}"] == 0


async def test_hints_that_wait_are_seen_with_their_age(watch: Watch) -> None:
    watch.runner.hint("wiki", [Change(ref=Ref(connection="wiki", id=f"{n}.md")) for n in range(3)])
    await asyncio.sleep(0.01)
    series = await watch.series()
    assert series[f"syncline_queue_depth{{{JOB}}}"] == 3
    assert 0 < series[f"syncline_lag_seconds{{{JOB}}}"] < 60
    assert series[f'syncline_hints_total{{connection="wiki",{JOB}}}'] == 3


async def test_conflicts_and_the_role_are_read_when_somebody_asks(watch: Watch) -> None:
    watch.write("Hours", "9 to 5")
    await watch.runner.sync("articles")
    watch.write("Hours", "7 to 5")
    copy = next((watch.folder / "kb").rglob("*.md"))
    copy.write_text(copy.read_text(encoding="utf-8").replace("9 to 5", "8 to 5"), encoding="utf-8")
    await watch.runner.sync("articles")
    series = await watch.series()
    assert series[f"syncline_conflicts_open{{{JOB}}}"] == 1
    assert series[f"syncline_reviews_open{{{JOB}}}"] == 0
    assert series[f'syncline_items_total{{event="conflict",{JOB}}}'] == 1
    assert series[f"syncline_job_active{{{JOB}}}"] == float(
        watch.runner.jobs["articles"].role == "active"
    )


async def test_a_failed_pass_is_told_from_one_whose_items_failed(watch: Watch) -> None:
    ended = {"job": "articles", "kind": "full", "run": "r", "seconds": 2.0, "error": ""}
    watch.runner.emit("pass.ended", **{**ended, "counts": {"failed": 2, "writes": 1}})
    watch.runner.emit("pass.ended", **{**ended, "counts": {}, "error": "Unavailable: away"})
    watch.runner.emit("pass.ended", **{**ended, "counts": {}, "error": "CancelledError: "})
    series = await watch.series()
    for outcome in ("items-failed", "failed", "interrupted"):
        assert series[f'syncline_passes_total{{kind="full",outcome="{outcome}",{JOB}}}'] == 1


async def test_refused_removals_stand_until_a_full_pass_refuses_none(watch: Watch) -> None:
    for n in range(40):
        watch.write(f"Article {n}", f"text {n}")
    await watch.runner.sync("articles")
    for n in range(39):
        (watch.folder / "wiki" / f"Article {n}.md").unlink()
    refusal = (await watch.runner.sync("articles")).refused
    assert refusal is not None
    assert (await watch.series())[f"syncline_removals_refused{{{JOB}}}"] == refusal.removals == 39
    watch.runner.session("articles").approve(refusal.token)
    await watch.runner.sync("articles")
    assert (await watch.series())[f"syncline_removals_refused{{{JOB}}}"] == 0


async def test_calls_are_counted_by_class_of_status_and_timed(watch: Watch) -> None:
    for status in (200, 201, 404, 401, 429, 503, None, 999):
        watch.runner.emit(
            "http.call", connection="wiki", method="GET", path="/x", status=status, seconds=0.02
        )
    series = await watch.series()
    counted = {
        status: series[f'syncline_api_calls_total{{connection="wiki",status="{status}"}}']
        for status in ("2xx", "4xx", "401", "429", "5xx", "none", "other")
    }
    assert counted == {"2xx": 2, "4xx": 1, "401": 1, "429": 1, "5xx": 1, "none": 1, "other": 1}
    assert series['syncline_api_call_seconds_bucket{connection="wiki",le="0.025"}'] == 8


async def test_one_pause_that_many_requests_are_told_of_counts_once(watch: Watch) -> None:
    for seconds in (30.0, 29.9, 29.8, 31.0):
        watch.runner.emit("http.pause", connection="wiki", seconds=seconds, status=429)
    watch.runner.emit("http.retry", connection="wiki", target="x", seconds=1.5)
    watch.runner.emit("http.wait", connection="wiki", seconds=0.5)
    watch.runner.emit("http.budget", connection="wiki", remaining=17)
    series = await watch.series()
    waited = {
        reason: series[f'syncline_api_wait_seconds_total{{connection="wiki",reason="{reason}"}}']
        for reason in ("pause", "retry", "line")
    }
    assert waited == {"pause": pytest.approx(31, abs=5), "retry": 1.5, "line": 0.5}
    assert series['syncline_api_pauses_total{connection="wiki"}'] == 4
    assert series['syncline_api_budget_remaining{connection="wiki"}'] == 17


async def test_what_senders_choose_makes_no_time_series(watch: Watch) -> None:
    before = len(await watch.series())
    for n in range(200):
        watch.runner.emit("webhook", connection=f"guess-{n}", result=f"odd-{n}", seconds=0.001)
        watch.runner.emit("http.call", connection=f"x{n}", status=f"odd {n}", seconds=1)
        watch.runner.emit(
            "pass.ended", job=f"j{n}", kind=f"k{n}", run=f"r{n}", seconds=1, error="",
            counts={f"event {n}": 1},
        )  # fmt: skip
    after = await watch.series()
    assert after['syncline_webhooks_total{connection="other",result="other"}'] == 200
    assert len(after) - before < 100


async def test_an_event_without_its_fields_disturbs_nothing(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    events = (
        "pass.ended", "job.failed", "hints", "webhook", "loop.lag", "http.call", "http.pause",
        "http.retry", "http.wait", "http.budget", "reloaded", "unheard-of",
    )  # fmt: skip
    for event in events:
        observe(watch.runner)
        watch.runner.emit(event)
        watch.runner.emit(event, seconds="soon", count=None, counts=[], status={}, error=7)
        watch.runner.emit(event, job=[], kind={}, connection={}, result=[], counts="{", status="x")
    assert await watch.series()
    assert [record.message for record in caplog.records] == []


async def test_webhooks_of_unknown_addresses_have_no_connection(watch: Watch) -> None:
    watch.runner.emit("webhook", connection="", result="unknown", seconds=0.001)
    watch.runner.emit("webhook", connection="wiki", result="accepted", seconds=0.002)
    series = await watch.series()
    assert series['syncline_webhooks_total{connection="",result="unknown"}'] == 1
    assert series['syncline_webhooks_total{connection="wiki",result="accepted"}'] == 1
    assert series["syncline_webhook_seconds_count"] == 2


async def test_results_of_webhooks_begin_at_zero_so_that_the_first_one_is_an_increase(
    watch: Watch,
) -> None:
    series = await watch.series()
    assert series['syncline_webhooks_total{connection="wiki",result="unavailable"}'] == 0
    assert not [name for name in series if 'connection="kb",result' in name]


async def test_each_runner_has_metrics_of_its_own(
    watch: Watch, config: Config, folder: Path
) -> None:
    async with Runner(config) as other:
        observe(other)
        other.emit("reloaded")
        assert b"syncline_reloads_total 1.0" in observe(other).metrics()
        assert (await watch.series())["syncline_reloads_total"] == 0


async def test_a_changed_configuration_that_is_not_taken_over_is_counted(config: Config) -> None:
    async with Runner(config) as runner:
        assert b"syncline_reloads_refused_total 0.0" in observe(runner).metrics()
        runner.emit("reload.refused", faults=3)
        shown = observe(runner).metrics()
        assert b"syncline_reloads_refused_total 1.0" in shown
        assert b"syncline_reloads_total 0.0" in shown


async def test_asking_twice_counts_nothing_twice_and_keeps_no_runner(config: Config) -> None:
    runner = Runner(config)
    async with runner:
        assert observe(runner) is observe(runner)
        runner.emit("reloaded")
        assert b"syncline_reloads_total 1.0" in observe(runner).metrics()
    gone = weakref.ref(runner)
    del runner
    gc.collect()
    assert gone() is None


async def test_no_metric_holds_a_title_a_path_or_a_secret(watch: Watch) -> None:
    watch.write("Kanarienvogel", "Zwitschern")
    await watch.runner.sync("articles")
    watch.runner.emit(
        "http.call", connection="wiki", method="GET", path="/kanarienvogel", status=200, seconds=1
    )
    watch.runner.emit("job.failed", job="articles", error="Kanarienvogel ist weg")
    text = observe(watch.runner).metrics().decode()
    assert "anarienvogel" not in text
    assert "Zwitschern" not in text


async def test_a_state_that_cannot_be_read_leaves_gauges_out_and_the_rest_there(
    config: Config, folder: Path
) -> None:
    async with Runner(config) as runner:
        observation = observe(runner)
        runner.state.close()
        with pytest.raises(sqlite3.Error):
            runner.state.counts("articles")
        text = observation.metrics().decode()
    assert "syncline_build_info{" in text
    assert 'syncline_conflicts_open{sync_job="articles"}' not in text


def test_the_closed_sets_hold_what_the_parts_say() -> None:
    assert {"created", "failed", "conflict", "withdrawn", "unsure"} <= EVENTS
    assert {"accepted", "repeated", "refused", "limited", "too-large", "unknown"} <= RESULTS


async def test_drift_and_refusals_are_counted_from_nought(watch: Watch) -> None:
    series = await watch.series()
    for event in ("repaired", "unwritable"):
        assert series[f'syncline_items_total{{event="{event}",{JOB}}}'] == 0
