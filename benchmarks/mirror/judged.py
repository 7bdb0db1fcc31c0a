"""The mirror against bridges in JavaScript and against receiving alone, over one recording.

All read the same frames from the same simulator, through one socket, and write to librdkafka's
mock cluster in a process of its own: what is compared is the program in the middle. The frames are
those of the simulator's conversations, some 4 KB each, every change on all topics that carry it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from ..measuring import ROOT, Options, Outcome, Result, Skipped, as_installed, pairs, process
from ..peers import FOLDER, PeerMissing
from .record import recorded
from .vendor import Vendor, vendor

_BRIDGE = Path(__file__).parent / "bridge.mjs"
_TOPIC = "interactions"
_RATE = 2000
_CONFIG = """state = "sqlite:///{folder}/state.db"
[connections.cx]
connector = "genesys"
region = "{region}"
client_id = "{client}"
client_secret = {{ file = "{folder}/secret" }}
requests_per_minute = 6000
[connections.bus]
connector = "kafka"
bootstrap_servers = ["{brokers}"]
topic = "{topic}"
[jobs.mirror]
kind = "events"
source = "cx"
sink = "bus"
dedupe = "consumer"
topics = ["v2.users.*.conversations", "v2.routing.queues.*.conversations"]
"""


@frozen(kw_only=True)
class Bench:
    """What all programs run against."""

    folder: Path
    vendor: Vendor
    brokers: str
    recording: Path
    part: Path
    """What is sent at a rate: some ten seconds of it."""

    def ours(self, recording: Path, per_second: float = 0) -> dict[str, Any]:
        """Mirror a recording."""
        self.vendor.replay(recording, per_second=per_second)
        command = [sys.executable, "-m", "benchmarks.mirror.ours", self.config()]
        return {**self._figures(*command), "frames": _frames(recording)}

    def floor(self, recording: Path) -> dict[str, Any]:
        """Receive and decode it, and do nothing with it."""
        socket = self.vendor.socket()
        self.vendor.replay(recording)
        return self._figures(sys.executable, "-m", "benchmarks.mirror.floor", socket)

    def bridge(self, way: str, recording: Path, per_second: float = 0) -> dict[str, Any]:
        """Send its frames to Kafka as they are, in JavaScript."""
        socket = self.vendor.socket()
        self.vendor.replay(recording, per_second=per_second)
        return self._figures("node", str(bridge_home() / _BRIDGE.name), socket, self.brokers,
                             _TOPIC, way)  # fmt: skip

    def config(self) -> str:
        """Write the job, and return its file."""
        (self.folder / "secret").write_text(self.vendor.secret, encoding="utf-8")
        file = self.folder / "mirror.toml"
        text = _CONFIG.format(
            folder=self.folder, region=self.vendor.region, brokers=self.brokers, topic=_TOPIC,
            client=self.vendor.system.connection["client_id"],
        )  # fmt: skip
        file.write_text(text, encoding="utf-8")
        return str(file)

    def _figures(self, *command: str) -> dict[str, Any]:
        said = process(command, cwd=ROOT, environment=as_installed()).output
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found


def _frames(recording: Path) -> int:
    with recording.open("rb") as lines:
        return sum(1 for _ in lines) - 1


def bridge_home() -> Path:
    """Return the folder in which the bridge can be run, with its packages.

    Raises:
        PeerMissing: npm could not install them.
    """
    home = FOLDER / "bridge"
    if shutil.which("npm") is None:
        raise PeerMissing("there is no npm; `apt-get install npm`")
    if not (home / "node_modules").exists():
        home.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", "--silent",
                   "ws", "kafkajs"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerMissing(f"npm: {done.stderr.strip()[-300:]}")
    shutil.copy(_BRIDGE, home / _BRIDGE.name)
    return home


@contextmanager
def _broker() -> Iterator[str]:
    command = [sys.executable, "-m", "syncline", "simulate", "kafka", "--mock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield json.loads(child.stdout.readline())["bootstrap"]
        finally:
            child.terminate()


@contextmanager
def bench(changes: int) -> Iterator[Bench]:
    """Record, and run what all programs talk to."""
    with tempfile.TemporaryDirectory() as name, vendor() as one:
        folder = Path(name)
        recording, part = folder / "frames.jsonl", folder / "part.jsonl"
        recorded(recording, changes)
        lines = recording.read_bytes().splitlines(keepends=True)
        part.write_bytes(b"".join([*lines[:-1][: _RATE * 10], lines[-1]]))
        with _broker() as brokers:
            yield Bench(folder=folder, vendor=one, brokers=brokers, recording=recording, part=part)


def run(options: Options) -> Iterator[Result]:
    """Judge throughput, CPU of an event, and the wait for an acknowledgement."""
    with bench(5_000 if options.quick else 40_000) as one:
        yield from _flat_out(one, options)
        yield from _at_a_rate(one)


def _flat_out(one: Bench, options: Options) -> Iterator[Result]:
    news: list[dict[str, Any]] = []

    def ours() -> float:
        news.append(one.ours(one.recording))
        return float(news[-1]["cpu"])

    found = pairs(lambda: float(one.floor(one.recording)["cpu"]), ours, options.rounds)
    yield Outcome(
        goal="E1", what="mirror flat out: events a second", at_least=True, unit="",
        samples=tuple(each["events"] / each["seconds"] for each in news), limit=40_000,
        beside=f"{_frames_a_second(news)}, {news[0]['events']:,} events", control=found.control,
    )  # fmt: skip
    yield Outcome(
        goal="E2", what="CPU of an event", unit="us",
        samples=tuple(1e6 * each["cpu"] / each["events"] for each in news), limit=20,
        beside=found.medians(1e6 / news[0]["frames"], "us a frame", "receive and decode"),
        control=found.control,
    )  # fmt: skip
    yield Outcome(
        goal="E2", what="CPU by that of receiving and decoding", samples=found.ratios, limit=3,
        control=found.control, beside=f"most memory {max(each['mb'] for each in news):.0f} MB",
    )  # fmt: skip
    for way in ("batch", "await"):
        yield _bridged(one, way, news)


def _frames_a_second(news: list[dict[str, Any]]) -> str:
    best = max(each["frames"] / each["seconds"] for each in news)
    return f"at best {best:,.0f} frames/s"


def _bridged(one: Bench, way: str, news: list[dict[str, Any]]) -> Result:
    what = f"CPU of a frame by that of ws + kafkajs, {way}"
    try:
        recording = one.recording if way == "batch" else one.part
        theirs = one.bridge(way, recording)
    except (PeerMissing, RuntimeError) as error:
        return Skipped(goal="E3", what=what, reason=str(error))
    cpu = theirs["cpu"] / theirs["frames"]
    return Outcome(
        goal="E3", what=what, limit=1,
        samples=tuple(each["cpu"] / each["frames"] / cpu for each in news),
        beside=f"it sends frames as they are: {theirs['frames'] / theirs['seconds']:,.0f} frames/s,"
        f" {1e6 * cpu:.1f} us each",
    )  # fmt: skip


def _at_a_rate(one: Bench) -> Iterator[Result]:
    ours = one.ours(one.part, per_second=_RATE)
    told = f"{ours['events'] / ours['seconds']:,.0f} events/s"
    for name, what in (("socket", "frame"), ("produce", "call of the sink")):
        p50, p99 = ours[name]
        yield Outcome(
            goal="E4", what=f"{_RATE:,} frames/s: p99 from the {what} to the acknowledgement",
            samples=(p99,), limit=50, unit="ms", beside=f"p50 {p50:.1f} ms, {told}",
        )  # fmt: skip
    for way in ("batch", "await"):
        what = f"the same by that of ws + kafkajs, {way}"
        try:
            theirs = one.bridge(way, one.part, per_second=_RATE)
        except (PeerMissing, RuntimeError) as error:
            yield Skipped(goal="E4", what=what, reason=str(error))
            continue
        yield Outcome(
            goal="E4", what=what, samples=(ours["socket"][1] / theirs["p99"],), limit=1,
            beside=f"its p50 {theirs['p50']:.1f} ms, p99 {theirs['p99']:.1f} ms",
        )  # fmt: skip
