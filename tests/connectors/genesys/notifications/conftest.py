"""The simulated organisation, and sources that listen to it over real sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import pytest
from attrs import define, field

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.events import Batch, Event, Privacy, Subscription
from syncline.ports import Cache, Secret
from syncline.testing import MemoryCache
from syncline_genesys.notifications.source import NotificationSource
from syncline_genesys.settings import Listener, ListeningClient, Settings
from syncline_simulators.running import Running

USERS = "v2.users.*.conversations"
QUEUES = "v2.routing.queues.*.conversations"
HEARTBEAT = 0.4
UNCOUNTED = frozenset({"attributes", "listener.gap"})
"""Types whose values do not leave by default, and what only listeners tell."""


@define
class Known:
    """What a process that ended had remembered."""

    conversations: Sequence[str] = ()
    complete_until: datetime | None = None

    def open(self) -> Iterable[str]:
        return self.conversations


@define(eq=False)
class Ear:
    """Takes what a source yields, for as long as it is asked to."""

    source: NotificationSource
    noted: list[tuple[str, Mapping[str, Any]]]
    heartbeat: float = HEARTBEAT
    """Seconds between two signs of life."""
    batches: list[Batch] = field(factory=list)
    _task: asyncio.Task[None] | None = None

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch.events]

    def of(self, type: str) -> list[Event]:
        return [event for event in self.events if event.type == type]

    def types(self) -> Counter[str]:
        """How often each type was heard."""
        types = (event.type for event in self.events)
        return Counter(type for type in types if type not in UNCOUNTED)

    def told(self, what: str) -> list[Mapping[str, Any]]:
        return [fields for event, fields in self.noted if event == what]

    def listen(self) -> None:
        self._task = asyncio.create_task(self._take())

    async def _take(self) -> None:
        async for batch in self.source.batches():
            self.batches.append(batch)

    async def until(self, fact: Callable[[], object], seconds: float = 60) -> None:
        """Wait for something; whatever ends the source is raised."""
        ends = asyncio.get_running_loop().time() + seconds
        pause = 0.02
        while not fact():
            if self._task is not None and self._task.done():
                self._task.result()
            assert asyncio.get_running_loop().time() < ends, (self.noted[-20:], len(self.events))
            await asyncio.sleep(pause)
            # Some facts are expensive to look at.
            pause = min(0.3, pause * 1.2)

    async def opened(self, channels: int) -> None:
        await self.until(lambda: len(self.told("channel.opened")) >= channels)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                # A test of errors has seen it already.
                self._task.exception()


@define(eq=False)
class Organization:
    """What happens in the simulated organisation, whoever listens."""

    simulator: Running

    async def act(self, what: str, **fields: Any) -> Any:
        """Let something happen; `docs/simulators.md` lists what can."""
        return await asyncio.to_thread(self.simulator.act, {"do": what, **fields})

    async def talk(self, changes: int, **settings: Any) -> None:
        """Let conversations go on, until so many changes were made and all have ended."""
        wanted = {"conversations_per_second": 40, "pace": 400, "users": 20, "queues": 3, **settings}
        await self.act("traffic", **wanted, changes=changes)

    async def begun(self, script: str = "call") -> str:
        """Begin a conversation that goes on by hand alone; a queue or an agent has it by now."""
        made = await self.act("begin", script=script, by_hand=True)
        while not made["topics"]:
            made = await self.act("step", conversation=made["id"])
        return str(made["id"])

    async def over(self) -> None:
        """Wait until the conversations have ended."""
        while not (await self.act("traffic"))["counts"]["finished"]:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)

    async def truth(self) -> list[dict[str, Any]]:
        """Return what happened, by the simulator's own account."""
        return await asyncio.to_thread(lambda: list(self.simulator.truth()))

    async def types(self) -> Counter[str]:
        """How often each type happened."""
        types = (line["type"] for line in await self.truth())
        return Counter(type for type in types if type not in UNCOUNTED)

    def calls(self, method: str, ending: str) -> int:
        """Return how many calls were made of a method, to paths with this ending."""
        return sum(
            call["method"] == method and str(call["path"]).endswith(ending)
            for call in self.simulator.calls()
        )


class Listen(Protocol):
    def __call__(
        self,
        *topics: str,
        listener: str = "a",
        known: Known | None = None,
        cache: Cache | None = None,
        clients: Sequence[tuple[str, str, int]] = (),
        privacy: Privacy | None = None,
        **settings: Any,
    ) -> Ear: ...


@pytest.fixture
def content() -> dict[str, Any]:
    """An organisation with a client that may do nothing, and some that may do everything."""
    rich = [{"id": f"rich-{n}", "secret": "rich-secret"} for n in range(3)]
    poor = {"id": "poor", "secret": "poor-secret", "permissions": []}
    return {"organization": {"clients": [*rich, poor]}}


@pytest.fixture
async def ear(simulator: Running) -> AsyncIterator[Listen]:
    """Make a source; `ear("v2.users.*.conversations", …)`. It listens once it is told to."""
    simulator.act({"do": "notifications", "heartbeat": HEARTBEAT})
    simulator.act({"do": "traffic", "users": 20, "queues": 3})
    made: list[Ear] = []

    def open_(
        *topics: str,
        listener: str = "a",
        known: Known | None = None,
        cache: Cache | None = None,
        clients: Sequence[tuple[str, str, int]] = (),
        privacy: Privacy | None = None,
        **settings: Any,
    ) -> Ear:
        noted: list[tuple[str, Mapping[str, Any]]] = []
        context = Context(
            connection="cx",
            clock=SystemClock(),
            cache=cache or MemoryCache(),
            observe=lambda event, fields: noted.append((event, fields)),
        )
        subscription = Subscription(
            job="mirror",
            topics=topics or (USERS, QUEUES),
            listener=listener,
            known=known,
            privacy=privacy or Privacy(),
        )
        own = Settings(
            **{**plain(simulator), "listeners": listeners(listener, clients), **settings}
        )
        made.append(Ear(NotificationSource(own, context, subscription), noted))
        return made[-1]

    yield open_
    for one in made:
        await one.stop()
        await one.source.aclose()


def plain(simulator: Running) -> dict[str, Any]:
    (secret,) = simulator.env.values()
    return {
        "region": simulator.connection["region"],
        "client_id": simulator.connection["client_id"],
        "client_secret": Secret(secret),
        "requests_per_minute": 60_000,
        "repairs_per_minute": 6_000,
        "heartbeat": timedelta(seconds=HEARTBEAT),
        "analytics_lag": timedelta(seconds=1),
    }


def listeners(name: str, clients: Sequence[tuple[str, str, int]]) -> dict[str, Listener]:
    """Return the table of one listener: ids, secrets and most channels of its clients."""
    if not clients:
        return {}
    made = tuple(
        ListeningClient(
            client_id=id, client_secret=Secret(secret), channels=most, requests_per_minute=60_000
        )
        for id, secret, most in clients
    )
    return {name: Listener(clients=made)}


Plain: TypeAlias = dict[str, Any]


@pytest.fixture(name="plain")
def plain_settings(simulator: Running) -> Plain:
    """The settings of a connection that has no listeners."""
    return plain(simulator)


Remembered: TypeAlias = Callable[[Sequence[str], datetime | None], Known]


@pytest.fixture
def remembered() -> Remembered:
    """Make what a process that ended had remembered: open conversations, and until when."""
    return Known


@pytest.fixture
def org(simulator: Running) -> Organization:
    """The organisation that is listened to."""
    return Organization(simulator)
