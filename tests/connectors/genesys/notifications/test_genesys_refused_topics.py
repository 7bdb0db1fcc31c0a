"""Topics that are none: told by a check, and left out where only the vendor knows."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import Rejected
from syncline.ports import Secret
from syncline_genesys import connector
from syncline_genesys.notifications.catalogue import MEDIA, topic_fault
from syncline_genesys.notifications.clients import warnings
from syncline_genesys.notifications.refused_topics import ALIKE, INVALID, RefusedTopics
from syncline_genesys.settings import Listener, ListeningClient, Settings
from syncline_simulators.running import Running

WHOLE = "v2.users.{}.conversations"


# -- a check


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("v2.user.*.conversations", "did you mean 'v2.users.*.conversations'?"),
        ("v2.queues.*.conversations", "did you mean 'v2.routing.queues.*.conversations'?"),
        ("V2.users.*.conversations.calls", "did you mean 'v2.users.*.conversations.calls'?"),
        ("v2.users.conversations", "did you mean 'v2.users.*.conversations'?"),
        ("v2.users.*.conversation", "'conversation' tells of no conversations; did you mean"),
        ("v2.users.*?conversations&presence", "'presence' tells of no conversations; write"),
        ("v2.users.*.conversations.cals", "there is no medium 'cals'; did you mean 'calls'?"),
        ("v2.routing.queues.{group:A}.conversations", "no topic that can be had; write"),
        ("v2.users.{grup:A}.conversations", "no topic that can be had; write"),
        ("v2.detail.events.conversation.*.acw", "sockets tell it of one conversation at a time"),
        ("v2.detail.events.conversation.8f0c.acv", "there is no 'acv'; did you mean 'acw'?"),
        ("everything", "'everything' is no topic of conversations; write"),
    ],
)
def test_a_topic_that_is_none_is_told_with_the_nearest_one(topic: str, said: str) -> None:
    why = topic_fault(topic, False)
    assert why is not None
    assert said in why
    assert topic in why


@pytest.mark.parametrize(
    "topic",
    [
        "v2.users.*.conversations",
        "v2.routing.queues.{division:Nord. 2}.conversations",
        "v2.users.{group:Tier 1}?conversations.calls&conversations.chats",
        "v2.users.*.conversations.hologramCalls",
        "v2.detail.events.conversation.8f0c.user.start",
        *(f"v2.users.*.conversations.{medium}" for medium in MEDIA),
    ],
)
def test_a_topic_of_conversations_has_no_fault_nor_has_what_the_vendor_may_add(topic: str) -> None:
    assert topic_fault(topic, False) is None


def test_what_comes_out_of_a_queue_has_topics_of_its_own() -> None:
    assert topic_fault("v2.detail.events.conversation.*", True) is None
    assert topic_fault("v2.detail.events.conversation.*.acw", True) is None
    assert "did you mean 'acd.start'?" in str(
        topic_fault("v2.detail.events.conversation.{id}.acd.strt", True)
    )
    assert "write v2.detail.events.conversation.*" in str(
        topic_fault("v2.users.*.conversations", True)
    )


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=40), st.booleans())
def test_whatever_is_written_gets_an_answer(topic: str, queued: bool) -> None:
    assert connector.topic_fault is not None
    why = connector.topic_fault(topic, queued)
    assert why is None or len(why) > 20


def _settings(**clients: tuple[str, int]) -> Settings:
    secret = Secret("of a client")
    return Settings(
        region="mypurecloud.ie", client_id="cx", client_secret=secret,
        listeners={
            name: Listener(
                clients=(ListeningClient(client_id=id, client_secret=secret, channels=channels),)
            )
            for name, (id, channels) in clients.items()
        },
    )  # fmt: skip


def test_listeners_that_share_a_client_are_warned_of_what_they_do_to_each_other() -> None:
    assert warnings(_settings(a=("one", 18), b=("two", 18))) == []
    (crowded,) = warnings(_settings(a=("one", 18), b=("one", 18)))
    assert "listeners: 'a' and 'b' use the OAuth client 'one': 36 channels" in crowded
    (shared,) = warnings(_settings(a=("one", 9), b=("one", 9)))
    assert "silences both at once; give each a client of its own" in shared


# -- what the vendor says


def _no_topic(topic: str, code: str = INVALID) -> Rejected:
    error = Rejected("refused")
    error.body = {"code": code, "message": f"Topic {topic} is not valid."}
    return error


def _asked(barred: RefusedTopics, names: Iterable[str], invalid: set[str]) -> tuple[list[str], int]:
    """Ask until the vendor takes it, which names one that is none at a time."""
    for tries in range(200):
        left = barred.left(names)
        bad = next((name for name in left if name in invalid or invalid & parts(name)), None)
        if bad is None:
            return left, tries
        assert barred.learn(left, _no_topic(bad))
    raise AssertionError("it does not come to an end")


def parts(name: str) -> set[str]:
    prefix, _, suffixes = name.partition("?")
    return {f"{prefix}.{one}" for one in suffixes.split("&")} if suffixes else set()


def test_a_topic_that_is_none_is_left_out_and_the_others_are_asked_for() -> None:
    barred, names = RefusedTopics(), [WHOLE.format(n) for n in range(4)]
    assert barred.learn(names, _no_topic(names[2]))
    assert barred.left(names) == [names[0], names[1], names[3]]
    assert [one.topic for one in barred.of(names)] == [names[2]]
    assert "is not valid" in barred.of(names)[0].reason


def test_of_a_name_that_stands_for_several_topics_the_good_ones_are_kept() -> None:
    barred = RefusedTopics()
    names = ["v2.users.u1?conversations&conversations.odd", "v2.users.u2.conversations"]
    left, _ = _asked(barred, names, {"v2.users.u1.conversations.odd"})
    assert left == ["v2.users.u1.conversations", "v2.users.u2.conversations"]


def test_a_vendor_that_names_no_single_topic_is_asked_for_each_by_itself() -> None:
    def whole(left: list[str]) -> str | None:
        return next((name for name in left if parts(name) & odd or name in odd), None)

    barred, name = RefusedTopics(), "v2.users.u1?conversations&conversations.a&conversations.b"
    odd = {"v2.users.u1.conversations.a", "v2.users.u1.conversations.b"}
    for _ in range(10):
        if (bad := whole(left := barred.left([name]))) is None:
            break
        assert barred.learn(left, _no_topic(bad))
    assert barred.left([name]) == ["v2.users.u1.conversations"]


def test_a_kind_of_topic_that_does_not_exist_is_given_up_after_some() -> None:
    odd = [f"v2.users.u{n}.conversations.odd" for n in range(1000)]
    names = [*odd, *(WHOLE.format(n) for n in range(10))]
    left, tries = _asked(RefusedTopics(), names, set(odd))
    assert left == sorted(names[1000:])
    assert tries == ALIKE


def test_users_whom_the_vendor_does_not_know_cost_nobody_else_anything() -> None:
    names = [WHOLE.format(n) for n in range(100)]
    left, tries = _asked(RefusedTopics(), names, set(names[:20]))
    assert left == sorted(names[20:])
    assert tries == 20


@pytest.mark.parametrize("body", [None, [], {"code": "too.many"}, {"code": INVALID}])
def test_an_answer_that_names_nothing_is_an_error_as_before(body: Any) -> None:
    error = Rejected("refused")
    error.body = body
    assert not RefusedTopics().learn(["v2.users.u1.conversations"], error)


async def test_a_topic_that_only_the_vendor_knows_to_be_none_silences_no_other(
    simulator: Running, ear: Any, caplog: pytest.LogCaptureFixture
) -> None:
    a = ear(
        "v2.users.*.conversations",
        "v2.users.*.conversations.hologramCalls",
        "v2.routing.queues.*.conversations",
    )
    a.listen()
    await a.opened(1)
    (refused,) = a.told("topics.rejected")
    assert refused["topics"] == 20
    assert "hologramCalls" in refused["first"]
    assert sum("topics are refused" in record.message for record in caplog.records) == 1
    begun = simulator.act({"do": "begin", "script": "call", "by_hand": True})
    simulator.act({"do": "step", "conversation": begun["id"], "changes": "all"})
    await a.until(lambda: a.of("conversation.ended"))
    await a.until(
        lambda: a.told("channels") and a.told("channels")[-1].get("rejected_topics") == 20
    )


# -- permissions that are given later


async def test_topics_are_heard_soon_after_the_permission_was_given(
    simulator: Running, ear: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    a = ear(clients=[("poor", "poor-secret", 18)], topics_every=timedelta(seconds=1.5))
    a.listen()
    await a.opened(1)
    (refused,) = a.told("topics.rejected")
    simulator.act({"do": "permit", "client": "poor", "permissions": None})
    await a.until(lambda: a.told("topics.granted"))
    (granted,) = a.told("topics.granted")
    assert granted["topics"] == refused["topics"]
    assert any("that were refused are listened to" in each.message for each in caplog.records)
    await a.until(lambda: a.told("channels")[-1]["rejected_topics"] == 0)
    begun = simulator.act({"do": "begin", "script": "call", "by_hand": True})
    simulator.act({"do": "step", "conversation": begun["id"], "changes": "all"})
    await a.until(lambda: a.of("conversation.ended"))
    assert len(a.told("channel.opened")) == 1


async def test_asking_for_refused_topics_again_is_one_call_now_and_then(
    simulator: Running, ear: Any
) -> None:
    a = ear(clients=[("poor", "poor-secret", 18)], topics_every=timedelta(seconds=0.5))
    a.listen()
    await a.opened(1)
    began = time.monotonic()
    simulator.clear_calls()
    await a.until(lambda: len(_subscriptions(simulator)) >= 6)
    asked = len(_subscriptions(simulator))
    assert asked <= 1 + (time.monotonic() - began) / 0.5
    assert {str(call["method"]) for call in _subscriptions(simulator)} == {"POST"}
    assert len(a.told("topics.rejected")) == 1
    assert a.told("topics.granted") == []


async def test_what_is_no_topic_is_not_asked_for_again(simulator: Running, ear: Any) -> None:
    names = ("v2.users.*.conversations", "v2.users.*.conversations.hologramCalls")
    a = ear(*names, topics_every=timedelta(seconds=0.3))
    a.listen()
    await a.opened(1)
    await a.until(lambda: a.told("channels")[-1].get("rejected_topics") == 20)
    simulator.clear_calls()
    await a.until(lambda: len([c for c in simulator.calls() if c["path"] == "/api/v2/users"]) > 2)
    assert _subscriptions(simulator) == []
    assert a.told("channels")[-1]["rejected_topics"] == 20


def _subscriptions(simulator: Running) -> list[Any]:
    return [call for call in simulator.calls() if str(call["path"]).endswith("/subscriptions")]
