"""Users who come and go, and topics that are known, refused or too many, over real sockets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from syncline.errors import ConfigError, Forbidden
from syncline.ports import Secret
from syncline.testing import MemoryCache
from syncline_genesys.notifications.clients import listening_clients
from syncline_genesys.settings import Listener, ListeningClient, Settings

if TYPE_CHECKING:
    from .conftest import Ear, Listen, Organization

USERS = "v2.users.*.conversations"
QUEUES = "v2.routing.queues.*.conversations"


async def test_users_who_come_and_go_are_followed(org: Organization, ear: Listen) -> None:
    a = ear(USERS, topics_every=timedelta(seconds=0.3))
    a.listen()
    await a.opened(1)
    before = await _topics(a)
    await org.act("traffic", users=25)
    await a.until(lambda: a.told("channels")[-1]["topics"] > before)
    assert org.calls("POST", "/subscriptions") == 1, "what is new is added by itself"
    leaver = next(one for one in org.simulator.items() if one.get("kind") == "user")
    gone = str(leaver["id"]).removeprefix("user/")
    await org.act("delete", kind="user", id=gone)
    after = a.told("channels")[-1]["topics"]
    await a.until(lambda: a.told("channels")[-1]["topics"] == after - 1)
    assert len(a.told("channel.opened")) == 1


async def _topics(a: Ear) -> int:
    await a.until(lambda: a.told("channels") and a.told("channels")[-1].get("topics"))
    return int(a.told("channels")[-1]["topics"])


async def test_the_topics_of_the_last_time_are_listened_to_before_users_are_listed(
    org: Organization, ear: Listen
) -> None:
    cache = MemoryCache()
    first = ear(USERS, cache=cache)
    first.listen()
    await first.opened(1)
    await first.stop()
    org.simulator.clear_calls()
    second = ear(USERS, cache=cache)
    second.listen()
    await second.opened(1)
    paths = [str(call["path"]) for call in org.simulator.calls()]
    await second.until(lambda: org.calls("GET", "/users"))
    assert any(path.endswith("/channels") for path in paths)


async def test_topics_that_are_refused_are_told_once_with_what_is_missing(
    org: Organization, ear: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    a = ear(USERS, QUEUES, clients=[("poor", "poor-secret", 18)])
    a.listen()
    await a.opened(1)
    (refused,) = a.told("topics.rejected")
    assert refused["permissions"]
    assert refused["topics"] > 0
    assert sum("topics are refused" in record.message for record in caplog.records) == 1


async def test_a_client_that_is_refused_ends_the_listening(org: Organization, ear: Listen) -> None:
    a = ear(client_secret=Secret("not-the-secret-of-anybody"))
    a.listen()
    with pytest.raises(Forbidden):
        await a.until(lambda: False)


def test_a_listener_that_nobody_configured_is_refused() -> None:
    secret = Secret("s")
    clients = (ListeningClient(client_id="x", client_secret=secret),)
    settings = Settings(
        region="mypurecloud.ie",
        client_id="c",
        client_secret=secret,
        listeners={"a": Listener(clients=clients)},
    )
    assert listening_clients(settings, "a") == clients
    with pytest.raises(ConfigError, match="there is no listener 'b', there are: a"):
        listening_clients(settings, "b")


async def test_too_few_clients_are_refused_with_the_arithmetic(
    org: Organization, ear: Listen
) -> None:
    await org.act("traffic", users=1_100)
    (secret,) = org.simulator.env.values()
    a = ear(USERS, clients=[(org.simulator.connection["client_id"], secret, 1)])
    a.listen()
    with pytest.raises(ConfigError, match=r"need 2 channels of 1,000, and 1 OAuth client has 1"):
        await a.until(lambda: False)


async def test_the_plan_can_be_shown_without_listening(org: Organization, ear: Listen) -> None:
    await org.act("traffic", users=1_200)
    a = ear(USERS)
    lines = await a.source.describe()
    assert lines[0].endswith("topics on 2 channels")
    assert lines[1].startswith("OAuth client 1: 2 of 18 channels")
    assert org.calls("POST", "/channels") == 0
