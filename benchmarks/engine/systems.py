"""Both vendors' simulators, each in a process of its own, and a job between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from syncline.config import Config, load

JOB = "knowledge"
_PARAGRAPH = (
    "<p>Refunds are paid in <strong>fourteen days</strong> to the account that the customer paid"
    ' from; see <a href="https://example.com/terms">the terms</a>.</p>'
)
_LIST = "<ul><li><p>Find the order.</p></li><li><p>Check the date.</p></li></ul>"


@frozen(kw_only=True)
class System:
    """A simulator by its addresses."""

    url: str
    admin_url: str
    connection: Mapping[str, Any]
    env: Mapping[str, str]

    def calls(self) -> list[dict[str, Any]]:
        """Return the requests that arrived, oldest first."""
        found: list[dict[str, Any]] = self._admin("GET")
        return found

    def forget_calls(self) -> None:
        self._admin("DELETE")

    def _admin(self, method: str) -> Any:
        request = urllib.request.Request(self.admin_url + "/calls", method=method)  # noqa: S310 -- our own loopback address
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310 -- the same
            content = response.read()
        return json.loads(content) if content else None


@contextmanager
def simulate(system: str, *options: str) -> Iterator[System]:
    """Run one simulator while the block runs."""
    command = [sys.executable, "-m", "syncline", "simulate", system, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            line = json.loads(child.stdout.readline())
            names = ("url", "admin_url", "connection", "env")
            yield System(**{name: line[name] for name in names})
        finally:
            child.terminate()


def write_pages(folder: Path, count: int) -> None:
    """Write `count` pages of some 2 KB in storage format."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        body = f"<h2>Article {number}</h2>{_PARAGRAPH * 8}{_LIST}"
        (folder / f"article-{number:05}.xhtml").write_text(body, encoding="utf-8")


@contextmanager
def both(folder: Path, rate: str, **genesys: object) -> Iterator[tuple[System, System, Config]]:
    """Run both simulators at `rate`, and yield them with a job that copies left to right."""
    with ExitStack() as stack:
        load_ = ("--load", str(folder / "pages"), "--rate-limit", rate)
        wiki = stack.enter_context(simulate("confluence", *load_))
        kb = stack.enter_context(simulate("genesys", "--rate-limit", rate))
        os.environ.update({**wiki.env, **kb.env})
        text = "\n".join(
            [
                f"state = {json.dumps(f'sqlite:///{folder}/state.db')}",
                toml_table("connections.wiki", wiki.connection),
                toml_table("connections.kb", {**kb.connection, **genesys}),
                toml_table(f"jobs.{JOB}", {"kind": "documents", "left": "wiki", "right": "kb"}),
            ]
        )
        yield wiki, kb, load(text.encode(), folder=folder)


def toml_table(name: str, values: Mapping[str, Any]) -> str:
    return "\n".join([f"[{name}]", *(f"{k} = {_toml(v)}" for k, v in values.items())])


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)
