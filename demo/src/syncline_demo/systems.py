"""The two simulated systems as processes of their own, and what their people can do."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class System:
    """A simulator that runs; everything about it is asked over its admin address."""

    name: str
    url: str
    admin_url: str
    connection: Mapping[str, Any]
    env: Mapping[str, str]

    def items(self) -> list[dict[str, Any]]:
        """Return everything that the system holds, as its people see it."""
        items: list[dict[str, Any]] = self._ask("/items")
        return items

    def act(self, **action: Any) -> dict[str, Any]:
        """Do what a person does there, and return the item."""
        item: dict[str, Any] = self._ask("/act", action)
        return item

    def fault(self, **fault: Any) -> None:
        """Let something go wrong there."""
        self._ask("/faults", fault)

    def later(self, seconds: float) -> None:
        """Move the time there."""
        self._ask("/clock", {"advance": f"{seconds:.0f}s"})

    def calls(self) -> list[dict[str, Any]]:
        """Return every request so far."""
        calls: list[dict[str, Any]] = self._ask("/calls")
        return calls

    def truth(self) -> Iterator[dict[str, Any]]:
        """Yield what happened there, line by line, where a system keeps that."""
        since = 0
        while True:
            page = self._ask(f"/truth?since={since}")
            yield from page["lines"]
            if page["next"] == since:
                return
            since = page["next"]

    def titled(self, title: str) -> dict[str, Any]:
        """Return the live item of this title."""
        return next(i for i in self.items() if i["title"] == title and is_live(i))

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 -- our own process on loopback
            self.admin_url + path, data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- as above
            return json.load(answer)


def is_live(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is one that people can read."""
    return item["state"] in ("current", "Published")


@contextmanager
def started(name: str, arguments: Sequence[str]) -> Iterator[System]:
    """Start a simulator and stop it again."""
    command = [sys.executable, "-m", "syncline", "simulate", name, "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- ours
    try:
        if process.stdout is None:
            raise RuntimeError("no output to read")
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {name} simulator did not start; see its message above")
        ready = json.loads(line)
        yield System(
            name=name,
            url=ready["url"],
            admin_url=ready["admin_url"],
            connection=ready["connection"],
            env=ready["env"],
        )
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
