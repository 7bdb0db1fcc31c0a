"""Starts everything, shows it, and proves at the end what was promised."""

from __future__ import annotations

import json
import secrets
import signal
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen
from rich.console import Console
from rich.live import Live

from syncline.testing.host import Host

from ..systems import started
from . import audience, brokers
from .hosts import CLIENTS, HEARTBEAT, hosts
from .proof import Proof, lines, proved
from .tale import Tale
from .view import Lines, Standing, Tables, View

_REFRESH = 0.25


@frozen(kw_only=True)
class Wishes:
    """What is asked for on the command line."""

    keep: Path | None = None
    """Folder for configurations, states and logs; None for one that is removed."""
    seconds: float = 20.0
    """How long conversations begin."""
    rate: float = 100.0
    """Changes in a second, more or less."""
    mock: bool = False
    """librdkafka's imitation instead of Kafka."""


def run(wishes: Wishes) -> int:
    """Tell the tale; 1 when a promise was broken.

    Raises:
        ConfigError: there is no Kafka to be had.
        RuntimeError: a process does not start, or ended by itself.
    """
    # Whoever ends us ends what we started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    mock = wishes.mock or _has_to(console)
    with ExitStack() as stack:
        folder = wishes.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        proof = _told(folder, wishes, console, mock=mock)
    for line in lines(proof):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0 if proof.holds else 1


def _has_to(console: Console) -> bool:
    """Tell whether Kafka cannot run here, and say why."""
    lacking = brokers.lacking()
    if lacking:
        console.print(f"{lacking} not found: librdkafka's imitation takes the place of Kafka")
    return bool(lacking)


def _told(folder: Path, wishes: Wishes, console: Console, *, mock: bool) -> Proof:
    with ExitStack() as stack:
        view = stack.enter_context(_view(console))
        view.say("a Kafka and a simulated organisation of Genesys Cloud are started")
        kafka = stack.enter_context(brokers.started(mock=mock))
        view.say(f"{kafka.name} answers at {kafka.bootstrap}, topic {brokers.TOPIC}")
        secret = secrets.token_urlsafe(24)
        vendor = stack.enter_context(started("genesys", _organization(folder, secret)))
        vendor.act(do="notifications", heartbeat=HEARTBEAT)
        there = hosts(folder, vendor.url, kafka.bootstrap, secret, merges=kafka.whole)
        _prepare(kafka, there, view)
        heard = stack.enter_context(audience.listening(kafka.bootstrap, drop=not kafka.whole))
        for host in there.values():
            stack.callback(host.kill)
        tale = Tale(
            vendor=vendor, kafka=kafka, hosts=there, heard=heard, seconds=wishes.seconds,
            rate=wishes.rate, say=view.say,
        )  # fmt: skip
        _watch(tale, Standing(hosts=there, heard=heard), view)
        _stop(there.values())
        topic = brokers.RAW if kafka.whole else brokers.TOPIC
        raw = audience.written(kafka.bootstrap, topic)
        return proved(vendor.truth(), heard, raw, merged=kafka.whole)


def _organization(folder: Path, secret: str) -> list[str]:
    """Return the arguments of a simulator whose OAuth clients are ours."""
    loaded = folder / "organization.json"
    clients = [{"id": name, "secret": secret} for name in CLIENTS]
    loaded.write_text(json.dumps({"organization": {"clients": clients}}), encoding="utf-8")
    loaded.chmod(0o600)
    people = ["--users", "50", "--queues", "5"]
    return ["--load", str(loaded), *people, "--rate-limit", "6000/min"]


def _prepare(kafka: brokers.Kafka, there: Mapping[str, Host], view: View) -> None:
    if not kafka.whole:
        view.say(
            "it does not merge: both listeners write to one topic, and the reader drops repeats"
        )
        return
    there["merge one"].run("check", "--online", "--create")
    view.say("`syncline check --online --create` made three topics: raw, clean, state")


def _watch(tale: Tale, standing: Standing, view: View) -> None:
    """Show where everything stands until the tale is told.

    Raises:
        RuntimeError: it cannot be told to its end.
    """
    with ThreadPoolExecutor(1) as pool:
        telling = pool.submit(tale.tell)
        try:
            while not telling.done():
                standing.look()
                view.update(standing)
                time.sleep(_REFRESH)
        finally:
            tale.over.set()
        telling.result()
        view.update(standing)


def _stop(there: Collection[Host]) -> None:
    with ThreadPoolExecutor(len(there)) as pool:
        list(pool.map(Host.stop, there))


@contextmanager
def _view(console: Console) -> Iterator[View]:
    if not console.is_terminal:
        yield Lines(console)
        return
    with Live(console=console, auto_refresh=False, transient=False) as live:
        yield Tables(live)


__all__ = ["Wishes", "run"]
