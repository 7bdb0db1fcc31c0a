"""From an edit in Confluence to its publication in Genesys, through a webhook, with `syncline run`.

An edit's time is taken just before the person's action is sent to the simulator; its arrival is the
moment at which the Genesys simulator took the call that published it. Both are clocks of this
machine. All four parties (two simulators, the service, this program) share it.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from ..engine.systems import JOB, System, both, toml_table, write_pages
from ..measuring import Options, Outcome, Result

SECRET = "benchmark-of-thirty-two-letters!"  # noqa: S105 -- known to nobody else's system
_PUBLISHED = "/versions"
_PATIENCE = 120.0


@frozen(kw_only=True)
class Arrivals:
    """What became of the edits at one rate."""

    seconds: tuple[float, ...]
    """Of every edit that arrived, sorted."""
    missing: int
    lasted: float
    """Seconds from the first edit to the last arrival."""

    def share(self, share: float) -> float:
        """Return the seconds within which this share of the edits that arrived did so."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]

    @property
    def told(self) -> str:
        """The figures, for people."""
        return (
            f"{len(self.seconds)} edits, p50 {statistics.median(self.seconds):.2f} s, p99"
            f" {self.share(0.99):.2f} s, {len(self.seconds) / self.lasted:.0f}/s went through"
        )


def run(options: Options) -> Iterator[Result]:
    """Judge the slowest hundredth at one edit a second, and that none is missing at fifty."""
    slow = _measured(1, 20 if options.quick else 120)
    yield Outcome(
        goal="S1",
        what="an edit in Confluence seen in Genesys, 1 edit/s: p99",
        samples=(slow.share(0.99),),
        limit=1.0,
        unit="s",
        beside=slow.told,
    )
    fast = _measured(50, 150 if options.quick else 1000)
    yield Outcome(
        goal="S1",
        what="the same, 50 edits/s of distinct pages: edits missing",
        samples=(float(fast.missing),),
        limit=0,
        unit="edits",
        exact=True,
        beside=fast.told,
    )


def _measured(rate: int, edits: int) -> Arrivals:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pages(folder / "pages", edits)
        with both(folder, "100000/s", requests_per_minute=6_000_000) as (wiki, kb, _):
            file = _written(folder, wiki, kb)
            subprocess.run(_command(file, "sync", JOB), check=True, capture_output=True)
            with _service(file) as address:
                _act(wiki, do="subscribe", url=f"{address}/webhooks/wiki", form="automation",
                     secret=SECRET, header="X-Syncline-Secret")  # fmt: skip
                kb.forget_calls()
                return _edited(wiki, kb, rate, edits)


def _written(folder: Path, wiki: System, kb: System) -> Path:
    os.environ["BENCHMARK_WEBHOOK"] = SECRET
    webhook = {"form": "automation", "secret": {"env": "BENCHMARK_WEBHOOK"}}
    fast = {"requests_per_second": 100_000.0}
    file = folder / "syncline.toml"
    file.write_text(
        "\n".join(
            [
                f"state = {json.dumps(f'sqlite:///{folder}/service.db')}",
                toml_table("connections.wiki", {**wiki.connection, **fast, "webhook": webhook}),
                toml_table("connections.kb", {**kb.connection, "requests_per_minute": 6_000_000}),
                toml_table(f"jobs.{JOB}", {"kind": "documents", "left": "wiki", "right": "kb"}),
            ]
        ),
        encoding="utf-8",
    )
    return file


def _command(file: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "syncline", "--config", str(file), *words]


@contextmanager
def _service(file: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{probe.getsockname()[1]}"
    command = _command(file, "run", "--pages", "", "--webhooks", place)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            _until_it_answers(f"http://{place}/healthz")
            yield f"http://{place}"
        finally:
            child.terminate()


def _until_it_answers(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 -- our own loopback address
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


def _edited(wiki: System, kb: System, rate: int, edits: int) -> Arrivals:
    pages = [i for i in _items(wiki) if i["title"].startswith("article-")][:edits]
    article = {a["externalId"]: a["id"] for a in _items(kb) if a.get("externalId")}
    documents = [article[f"syncline:wiki:{page['id']}"] for page in pages]
    begun: dict[str, float] = {}
    start = time.time()
    threads = []
    for number, (page, document) in enumerate(zip(pages, documents, strict=True)):
        time.sleep(max(0.0, start + number / rate - time.time()))
        begun[document] = time.time()
        body = page["body"].replace("fourteen days", f"{number + 20} days", 1)
        action = {"do": "edit", "id": page["id"], "body": body}
        threads.append(threading.Thread(target=_act, args=(wiki,), kwargs=action))
        threads[-1].start()
    for thread in threads:
        thread.join()
    arrived = _arrivals(kb, begun)
    waits = sorted(arrived[document] - begun[document] for document in arrived)
    lasted = max(arrived.values(), default=start) - start
    return Arrivals(seconds=tuple(waits), missing=edits - len(arrived), lasted=lasted)


def _arrivals(kb: System, begun: dict[str, float]) -> dict[str, float]:
    """Return when each article was published, for as long as new ones come."""
    until, arrived = time.time() + _PATIENCE, dict[str, float]()
    while len(arrived) < len(begun) and time.time() < until:
        time.sleep(0.5)
        arrived = _published(kb.calls(), begun)
    return arrived


def _published(calls: Sequence[dict[str, Any]], begun: dict[str, float]) -> dict[str, float]:
    arrived: dict[str, float] = {}
    for call in calls:
        path = call["path"]
        if call["method"] == "POST" and path.endswith(_PUBLISHED) and call["status"] == 200:
            document = path.removesuffix(_PUBLISHED).rpartition("/")[2]
            if document in begun:
                arrived.setdefault(document, datetime.fromisoformat(call["at"]).timestamp())
    return arrived


def _items(system: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _admin(system, "/items")
    return found


def _act(system: System, **action: Any) -> None:
    _admin(system, "/act", json.dumps(action).encode())


def _admin(system: System, path: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(system.admin_url + path, data=body)  # noqa: S310 -- loopback
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 -- the same
        return json.load(answer)
