"""`/healthz` and `/readyz` of a real runner."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from syncline.config import Config
from syncline.runner import Listener, Runner
from syncline.state import SqliteState
from syncline.state.port import StateStore
from syncline_web.jobs import Stream
from syncline_web.metrics.health import MOST_FAILURES, Readiness

if TYPE_CHECKING:
    from .conftest import Watch


def fail(runner: Runner, times: int, error: str = "Unavailable: away", kind: str = "full") -> None:
    for _ in range(times):
        runner.emit(
            "pass.ended", job="articles", kind=kind, run="r", seconds=1.0, counts={}, error=error
        )


async def test_a_process_whose_loop_answers_lives(watch: Watch) -> None:
    answer = await watch.client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_runner_with_open_jobs_and_a_writable_state_is_ready(watch: Watch) -> None:
    answer = await watch.client.get("/readyz")
    assert answer.status_code == 200
    said = answer.json()
    assert said["ready"] is True
    assert said["reasons"] == []
    assert said["jobs"]["articles"]["role"] in ("active", "standby")


async def test_a_state_that_cannot_be_written_is_told_with_its_reason(
    watch: Watch, config: Config
) -> None:
    now = 100.0
    ready = Readiness(watch.runner, {}, monotonic=lambda: now)
    assert ready.verdict().ready
    watch.runner.state.close()
    assert ready.verdict().ready, "a trial write is not repeated at once"
    now += 60
    verdict = ready.verdict()
    assert not verdict.ready
    assert verdict.reasons == ("the state cannot be written; the log says why",)


async def test_passes_that_keep_failing_make_an_active_runner_unready(watch: Watch) -> None:
    watch.runner.jobs["articles"].beat()
    assert watch.runner.jobs["articles"].role == "active"
    fail(watch.runner, MOST_FAILURES - 1)
    assert (await watch.client.get("/readyz")).status_code == 200
    fail(watch.runner, 1)
    answer = await watch.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"][0].startswith("articles: 3 passes failed")
    fail(watch.runner, 1, error="")
    assert (await watch.client.get("/readyz")).status_code == 200


async def test_a_runner_that_stands_by_stays_ready(watch: Watch) -> None:
    assert watch.runner.jobs["articles"].role == "standby"
    fail(watch.runner, MOST_FAILURES)
    assert (await watch.client.get("/readyz")).status_code == 200


async def test_what_a_person_tried_in_vain_or_was_interrupted_is_no_failure(watch: Watch) -> None:
    watch.runner.jobs["articles"].beat()
    fail(watch.runner, MOST_FAILURES, error="Stale: it moved", kind="resolve")
    fail(watch.runner, MOST_FAILURES, error="CancelledError: ")
    assert (await watch.client.get("/readyz")).status_code == 200


@attrs.frozen(kw_only=True)
class Failing:
    """A job whose latest pass was refused with an error that names hosts."""

    role: str = "active"
    doing: str | None = None
    next_full: datetime | None = None
    last_error: str | None = "Forbidden: wiki.example: GET /x answered 403"
    waiting: int = 0
    lag: timedelta = timedelta()


@attrs.frozen(kw_only=True)
class Quoting:
    """A runner with such a job."""

    config: Config
    state: StateStore
    jobs: Mapping[str, Failing] = {"articles": Failing()}
    streams: Mapping[str, Stream] = {}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return lambda: None


def test_strangers_do_not_learn_what_an_error_says(config: Config) -> None:
    runner = Quoting(config=config, state=SqliteState.memory())
    verdict = Readiness(runner, {"articles": MOST_FAILURES}).verdict()
    assert not verdict.ready
    assert "Forbidden" not in json.dumps(verdict.as_json())
    runner.state.close()


async def test_only_reading_is_possible(watch: Watch) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await watch.client.post(path)).status_code == 405


async def test_a_runner_without_jobs_is_not_ready(config: Config) -> None:
    async with Runner(config, jobs=[]) as runner:
        verdict = Readiness(runner, {}).verdict()
    assert not verdict.ready
    assert verdict.reasons == ("no job is open",)
