"""What an invocation does, how it ends in time, and what the next one goes on with."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import timedelta
from statistics import median
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.errors import ConfigError
from syncline.model import Change, Ref, Side
from syncline.state.records import MarkDirty
from syncline_aws.handler import Host, testing
from syncline_aws.handler.deadline import Deadline
from syncline_aws.handler.host import PassFailed
from syncline_aws.handler.shapes import Unknown

CAPACITY = """\
state = "state.db"
[connections.cloud]
connector = "aws"
region = "eu-central-1"
endpoint = "http://127.0.0.1:9"
[jobs.capacity]
kind = "config"
[[jobs.capacity.rules]]
from = { asg = "cloud:autoscaling-group/ivr" }
to = "cloud:dynamodb-table/calls#read_capacity"
expression = "asg.in_service * 10"
"""


def test_a_schedule_makes_the_first_full_pass_and_then_only_what_is_due(function: Any) -> None:
    function.article("hours", "9 to 5")
    told = function(testing.scheduled())
    assert told["jobs"]["articles"]["counts"]["created"] == 1
    assert function.copies() == 1
    before = len(function.state().runs("articles"))
    function(testing.scheduled())
    kinds = [run.kind for run in function.state().runs("articles")]
    assert (kinds.count("full"), len(kinds) > before) == (1, True)


def test_the_next_environment_goes_by_the_timetable_of_the_one_before(function: Any) -> None:
    function(testing.scheduled())
    function.begin()
    function(testing.scheduled())
    kinds = [run.kind for run in function.state().runs("articles")]
    assert kinds.count("full") == 1


def test_a_pass_ends_before_its_time_is_over_and_the_next_invocations_end_it(
    function: Any,
) -> None:
    count = 300
    for number in range(count):
        function.article(f"a{number:04}", f"text {number}")
    seen: list[int] = []
    late: list[float] = []
    for _ in range(60):
        began = time.monotonic()
        # The first one has no time for all of them, however fast the machine is; later ones have
        # more and more, however slow it is.
        seconds = 1.6 + len(seen) / 10 if seen else 0.3
        function({"syncline": {"job": "articles", "do": "sync"}}, seconds=seconds)
        late.append(time.monotonic() - began - seconds)
        seen.append(function.copies())
        if seen[-1] == count and not function.state().intents("articles"):
            break
        function.begin()  # and another process goes on
    assert seen[-1] == count
    assert len(seen) > 1
    assert seen == sorted(seen)
    # A machine may be busy with others at any one of these ends, but not at most of them.
    assert median(late) < 1
    counts = function({"syncline": {"job": "articles", "do": "sync"}})["jobs"]["articles"]["counts"]
    assert not counts.get("writes")
    created = [e for e in function.state().history("articles", limit=5000) if e.event == "created"]
    assert len(created) == count


def test_what_has_no_time_left_is_said_to_be_unfinished(function: Any) -> None:
    told = function({"syncline": {"job": "articles", "do": "sync"}}, seconds=0)
    assert told["jobs"]["articles"]["unfinished"] == ["sync"]


def test_a_deadline_leaves_time_to_end() -> None:
    clock = SystemClock()
    now = clock.monotonic()
    long, short = Deadline.of(clock, 900), Deadline.of(clock, 4)
    assert 880 < long.begin_nothing - now < long.over - now < 900
    assert 2.9 < short.begin_nothing - now < short.over - now < 4


def test_a_job_that_fails_keeps_no_other_from_being_worked(function: Any) -> None:
    (function.folder / "gone").mkdir()
    function.write(
        function.text
        + '[connections.gone]\nconnector = "files"\npath = "gone"\n'
        + '[connections.out]\nconnector = "files"\npath = "out"\n'
        + '[jobs.broken]\nkind = "documents"\nleft = "gone"\nright = "out"\n'
    )
    (function.folder / "gone").rmdir()
    function.article("hours", "9 to 5")
    with pytest.raises(PassFailed, match=r"broken: .*no such folder"):
        function({"syncline": {"do": "sync"}})
    assert function.copies() == 1


def test_a_full_pass_that_failed_is_not_repeated_by_every_schedule(function: Any) -> None:
    (function.folder / "wiki").rename(function.folder / "away")
    with pytest.raises(PassFailed):
        function(testing.scheduled())
    (function.folder / "away").rename(function.folder / "wiki")
    told = function(testing.scheduled())
    assert told["jobs"]["articles"]["error"] == ""
    assert function.copies() == 0


def test_two_environments_are_two_holders(function: Any) -> None:
    one, two = function.begin(), function.begin()
    for host in (one, two):
        host({"syncline": {"do": "hints"}}, testing.Invocation())
    names = {host._house.openings.holder for host in (one, two)}
    assert len(names) == 2
    assert all(name.startswith("lambda-") for name in names)


def test_a_job_that_another_process_works_on_is_left_to_it(function: Any) -> None:
    state = function.state()
    assert state.acquire("job/articles", holder="lambda-another", ttl=60)
    told = function({"syncline": {"job": "articles", "do": "sync"}})
    assert told["jobs"]["articles"]["again"]
    assert not told["jobs"]["articles"]["error"]


@pytest.mark.parametrize(
    "event",
    [
        {"hello": "world"},
        [],
        None,
        {"syncline": "sync"},
        {"syncline": {"do": "dance"}},
        {"syncline": {"job": 1}},
        {"syncline": {"job": "a", "jobs": ["b"]}},
        {"syncline": {"when": "now"}},
        {"Records": [{"eventSource": "aws:s3"}]},
    ],
)
def test_an_event_that_makes_no_sense_is_refused(function: Any, event: object) -> None:
    with pytest.raises(Unknown):
        function(event)


def test_a_job_that_is_not_there_is_named_with_the_nearest(function: Any) -> None:
    with pytest.raises(PassFailed, match="article"):
        function({"syncline": {"job": "article"}})


def test_a_faulty_configuration_says_where(function: Any) -> None:
    function.write("jobs = 1\n")
    with pytest.raises(ConfigError, match=r"syncline\.toml"):
        function(testing.scheduled())


# -- batches ---------------------------------------------------------------------------------------


def ids(reply: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in reply["batchItemFailures"]]


def test_orders_of_a_queue_are_carried_out(function: Any) -> None:
    function.article("hours", "9 to 5")
    body = json.dumps({"syncline": {"jobs": ["articles"], "do": "sync"}})
    assert ids(function(testing.sqs(body, body))) == []
    assert function.copies() == 1
    assert len(function.state().runs("articles")) == 1


def test_poisoned_messages_stay_and_no_other(function: Any) -> None:
    fine = json.dumps(testing.launched("ivr"))
    bodies = ["not JSON", fine, "[]", '{"syncline": {"do": "dance"}}', fine,
              '{"syncline": {"job": "nobody"}}']  # fmt: skip
    assert ids(function(testing.sqs(*bodies))) == ["m0", "m2", "m3", "m5"]


def test_on_a_fifo_queue_the_rest_of_the_group_stays_with_it(function: Any) -> None:
    fine = json.dumps(testing.launched("ivr"))
    event = testing.sqs(
        fine, "bad", fine, fine, '{"syncline": 1}', fine, queue="work.fifo",
        groups=["a", "a", "b", "a", "c", "c"],
    )  # fmt: skip
    assert ids(function(event)) == ["m1", "m3", "m4", "m5"]


def test_orders_behind_a_failed_message_are_not_carried_out(function: Any) -> None:
    function.article("hours", "9 to 5")
    order = json.dumps({"syncline": {"job": "articles", "do": "sync"}})
    event = testing.sqs("bad", order, queue="work.fifo", groups=["a", "a"])
    assert ids(function(event)) == ["m0", "m1"]
    assert function.copies() == 0


def test_a_batch_that_cannot_be_stored_comes_again_as_a_whole(function: Any) -> None:
    function.write(CAPACITY)
    function(testing.sqs("bad"))
    table(function, "dirty", "hidden")
    fine = json.dumps(testing.launched("ivr"))
    assert ids(function(testing.sqs(fine, fine))) == ["m0", "m1"]
    table(function, "hidden", "dirty")
    assert function.state().backlog("capacity").count == 0


def table(function: Any, before: str, after: str) -> None:
    """Rename a table of the state."""
    connection = sqlite3.connect(function.folder / "state.db")
    connection.execute(f"ALTER TABLE {before} RENAME TO {after}")
    connection.close()


def test_hints_that_wait_are_worked_by_the_schedule(function: Any) -> None:
    function(testing.scheduled())
    function.article("hours", "9 to 5")
    state = function.state()
    at = SystemClock().now() - timedelta(minutes=1)
    mark = MarkDirty("articles", Side.LEFT, Change(ref=Ref("wiki", "hours.md")), 0, at=at)
    state.commit([mark], None)
    function(testing.scheduled())
    assert function.copies() == 1


# -- how the process is set up ---------------------------------------------------------------------


def test_the_handler_logs_json_with_the_request(
    function: Any, plain_logs: None, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from syncline_aws.handler import host

    for name, value in function.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(host, "_hosts", [])
    try:
        answer = host.handler(testing.http("/webhooks/wiki", b"{}"), testing.Invocation())
        assert answer["statusCode"] == 401
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    finally:
        for one in host._hosts:
            one.close()
    [turned_away] = [line for line in lines if line["message"] == "a delivery was turned away"]
    assert turned_away["request"] == testing.Invocation.aws_request_id
    assert turned_away["connection"] == "wiki"


def test_a_secret_in_the_environment_is_warned_of(
    function: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEBHOOK", "a secret of more than sixteen characters")
    function.write(function.text.replace('file = "webhook.secret"', 'env = "WEBHOOK"'))
    function(testing.scheduled())
    assert "Secrets Manager" in caplog.text
    assert "sixteen" not in caplog.text


def test_a_faulty_change_of_the_configuration_leaves_the_one_before(
    function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    texts: list[bytes | None] = [function.text.encode(), b"jobs = 1\n", None, None]

    class Changing:
        name, folder = "ssm:/syncline", function.folder

        def text(self, now: float) -> bytes | None:
            return texts.pop(0)

    host = Host(where=Changing(), environ={})
    try:
        for _ in range(4):
            host({"syncline": {"do": "hints"}}, testing.Invocation())
    finally:
        host.close()
    refused = [r for r in caplog.records if "was not taken over" in r.getMessage()]
    assert len(refused) == 1


def test_a_message_that_breaks_a_reader_stays_alone(function: Any) -> None:
    function.write(CAPACITY)
    strange = json.dumps({"source": "aws.autoscaling", "detail-type": 1, "detail": {"a": [[]]}})
    deep = "[" * 100_000
    assert ids(function(testing.sqs(deep, strange))) in (["m0"], ["m0", "m1"])
