"""What befalls the mirror while a contact centre works, from the first call to the proof."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import define, field

from syncline.events.interaction import ENDED
from syncline.testing.host import Host
from syncline.testing.mirrored import Done, done_of

from ..systems import System
from .audience import Heard
from .brokers import Kafka

CHANGES_EACH = 20.0
"""Changes that a conversation has, more or less."""
PACE, HURRY = 20, 400
"""How many times faster than real ones conversations go on; and once no other begins."""
_AWAY = 1.5
_START = 120.0
_QUIET = 4.0
"""Seconds without anything new after which nothing more is expected."""
_DRAIN = 90.0
_LOOK = 0.25


class Interrupted(Exception):
    """Whoever watches has had enough."""


@define(kw_only=True)
class Tale:
    """The demonstration. `say` takes what happens, a line each."""

    vendor: System
    kafka: Kafka
    hosts: Mapping[str, Host]
    heard: Heard
    seconds: float
    rate: float
    """Changes in a second, more or less."""
    say: Callable[[str], None]
    over: threading.Event = field(factory=threading.Event)
    """Set by whoever wants it to end early."""

    def tell(self) -> None:
        """Run through it.

        Raises:
            Interrupted: `over` was set.
            RuntimeError: a process ended by itself, or the end does not come.
        """
        self._begin()
        began = time.monotonic()
        for part, befall in (
            (0.10, self._kill_listener),
            (0.25, self._kill_merge),
            (0.40, self._restart_broker),
            (0.85, self._reconnect),
        ):
            self._pause(began + part * self.seconds - time.monotonic())
            befall()
        self._pause(began + self.seconds - time.monotonic())
        self._drain()

    def open_sockets(self) -> int:
        """Return how many sockets the vendor has open."""
        return int(self.vendor.act(do="notifications")["open_sockets"])

    # -- how it goes ---------------------------------------------------------------------------

    def _begin(self) -> None:
        for name, host in self.hosts.items():
            host.start()
            self.say(f"{name}: `syncline {' '.join(host.arguments[:4])}`")
        self._await("both listeners listen", lambda: self.open_sockets() >= 2, _START)
        self.vendor.act(do="traffic", conversations_per_second=self.rate / CHANGES_EACH, pace=PACE)
        self.say(f"calls, chats, messages and e-mails begin: some {self.rate:.0f} changes a second")

    def _kill_listener(self) -> None:
        self._kill("listener a", "the other one hears on")

    def _kill_merge(self) -> None:
        if "merge one" in self.hosts:
            self._kill("merge one", "what it had begun is undone by its next process")

    def _kill(self, name: str, meanwhile: str) -> None:
        self.hosts[name].kill()
        self.say(f"kill -9 of {name}: {meanwhile}")
        self._sleep(_AWAY)
        self.hosts[name].start()
        self.say(f"{name} is started again, with what its folder has")

    def _reconnect(self) -> None:
        closed = self.vendor.act(do="close-sockets", how="reset")["closed"]
        self.say(f"the vendor cuts all {closed} sockets: nobody hears until they are open again")

    def _restart_broker(self) -> None:
        self.say("Kafka is restarted: listeners keep on disk what they hear")
        self.kafka.restart()
        self.say("Kafka is back")

    def _drain(self) -> None:
        made = max(1, int(self._traffic()["made"]))
        self.vendor.act(do="traffic", conversations_per_second=0, changes=made, pace=HURRY)
        self.say("no conversation begins any more; those that are open go on to their end")
        self._await("all conversations end", lambda: bool(self._traffic()["finished"]), _DRAIN)
        self.say("the last one has ended; waiting until nothing new is read")
        self._settle(frozenset(ended(map(done_of, self.vendor.truth()))))

    def _settle(self, expected: frozenset[str]) -> None:
        """Wait until the ends of these conversations were read, and then nothing for a while."""
        until = time.monotonic() + _DRAIN
        seen, since = -1, time.monotonic()
        while time.monotonic() < until and time.monotonic() - since < _QUIET:
            now = len(self.heard.lines)
            if now != seen or not expected <= self.heard.ended():
                seen, since = now, time.monotonic()
            self._pause(_LOOK)

    def _traffic(self) -> Mapping[str, int]:
        counts: Mapping[str, int] = self.vendor.act(do="traffic")["counts"]
        return counts

    # -- waiting -------------------------------------------------------------------------------

    def _await(self, what: str, done: Callable[[], bool], patience: float) -> None:
        until = time.monotonic() + patience
        while not done():
            if time.monotonic() > until:
                raise RuntimeError(f"after {patience:g} s not yet: {what}; {self._said()}")
            self._pause(_LOOK)

    def _pause(self, seconds: float) -> None:
        self._sleep(seconds)
        for name, host in self.hosts.items():
            if host.starts and not host.alive:
                raise RuntimeError(f"{name} has ended by itself: {_tail(host)}")

    def _sleep(self, seconds: float) -> None:
        if self.over.wait(max(0.0, seconds)):
            raise Interrupted

    def _said(self) -> str:
        return "\n".join(f"{name}: {_tail(host)}" for name, host in self.hosts.items())


def ended(done: Iterable[Done]) -> Iterator[str]:
    """Yield the conversations of whose end the vendor told somebody."""
    return (one.conversation for one in done if one.type == ENDED and one.told)


def _tail(host: Host) -> str:
    return host.log.read_text(encoding="utf-8", errors="replace")[-1500:]


__all__ = ["Interrupted", "Tale", "ended"]
