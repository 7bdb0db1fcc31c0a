"""A service in a process of its own that can be killed, and a look into its state afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from functools import cached_property
from pathlib import Path

from attrs import define, field

from syncline.state import SqliteState

TEXT = """
[connections.wiki]
connector = "confluence"
site = "http://127.0.0.1:{dead}"
space = "KB"
user = "nobody"
token = {{ env = "INTAKE_TOKEN" }}
[connections.wiki.webhook]
form = "generic"
secret = {{ env = "INTAKE_SECRET" }}
[connections.kb]
connector = "genesys"
region = "eu-central-1"
client_id = "nobody"
client_secret = {{ env = "INTAKE_TOKEN" }}
knowledge_base = "none"
api_url = "http://127.0.0.1:{dead}"
login_url = "http://127.0.0.1:{dead}"
[jobs.knowledge]
kind = "documents"
left = "wiki"
right = "kb"
[service]
pages = ""
webhooks = "127.0.0.1:{port}"
[service.intake]
rate = 1000000
burst = 1000000
"""
WITNESS = """
create table if not exists witness (ref text primary key) without rowid;
create trigger if not exists witnessed after insert on dirty
    begin insert or ignore into witness values (new.ref); end;
"""
START_SECONDS = 60.0
"""How long it may take until it listens."""


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@define(slots=False)
class Victim:
    """`syncline run` on a configuration whose systems are down."""

    folder: Path
    secret: str = field(factory=lambda: secrets.token_urlsafe(32))
    port: int = field(factory=_free)
    _process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens.

        Raises:
            RuntimeError: it does not.
        """
        file = self.folder / "syncline.toml"
        self._witness()
        file.write_text(TEXT.format(dead=_free(), port=self.port), encoding="utf-8")
        environment = {**os.environ, "INTAKE_SECRET": self.secret, "INTAKE_TOKEN": self.secret}
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220  nothing else waits here
                [sys.executable, "-m", "syncline", "run", "--config", str(file)],
                env=environment,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(START_SECONDS):
            while not await asyncio.to_thread(self._listens):
                if self._process.poll() is not None:
                    said = (self.folder / "log.txt").read_text(encoding="utf-8")[-2000:]
                    raise RuntimeError(f"the service ended with {self._process.returncode}: {said}")
                await asyncio.sleep(0.02)

    def _listens(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """End it as a power cut ends it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def holds(self, id_: str) -> bool:
        """Tell whether the state knows a delivery, and once held its item as one to look at."""
        return self._state.seen("wiki", id_) and f"wiki:{id_}" in self._marked

    @cached_property
    def _state(self) -> SqliteState:
        return SqliteState.open(self._file)

    @cached_property
    def _marked(self) -> set[str]:
        with contextlib.closing(sqlite3.connect(self._file)) as db:
            return {row[0] for row in db.execute("select ref from witness")}

    @property
    def _file(self) -> Path:
        return self.folder / "syncline-state.db"

    def _witness(self) -> None:
        """Have the file itself note what was marked: the workers clear what they have looked at."""
        SqliteState.open(self._file).close()
        with contextlib.closing(sqlite3.connect(self._file)) as db:
            db.executescript(WITNESS)


__all__ = ["START_SECONDS", "Victim"]
