"""moto as a child process: how it is started, asked and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

import attrs
import httptools
from boto3.session import Session
from botocore.config import Config

REGION = "eu-central-1"
ACCOUNT = "123456789012"
PATIENCE = 60.0
"""Seconds that moto has to start; importing it takes one or two on a quiet machine."""
_HOP = frozenset({b"connection", b"content-length", b"transfer-encoding", b"keep-alive"})


@attrs.frozen(kw_only=True)
class Passed:
    """What moto answered."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Backend:
    """One moto with one account.

    Raises:
        ValueError: it is not installed, or does not start.
    """

    def __init__(self) -> None:
        self._process = _started()
        self.port = _port(self._process)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """A boto3 client of moto itself, beside all rules; safe in any thread."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = _client(service, self.port)
            return self._clients[service]

    async def pass_on(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> Passed:
        """Let moto answer this request; its address is the one that the client used.

        Raises:
            OSError: moto is gone.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            kept = [b"%s: %s" % header for header in headers if header[0] not in _HOP]
            lines = [b"%s %s HTTP/1.1" % (method.encode(), target), *kept]
            lines += [b"content-length: %d" % len(body), b"connection: close"]
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            return await _answer(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def end(self) -> None:
        """End the process and everything under way in it."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        for client in self._clients.values():
            client.close()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _started() -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "MOTO_ACCOUNT_ID": ACCOUNT,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [sys.executable, "-m", f"{__package__}.child"]
    return subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )


def _port(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None  # noqa: S101 - it was opened with a pipe
    overdue = threading.Timer(PATIENCE, process.kill)
    overdue.start()
    try:
        line = process.stdout.readline()
    finally:
        overdue.cancel()
    if not line.strip().isdigit():
        process.kill()
        process.wait()
        raise ValueError("moto does not start; is it there? pip install 'syncline-simulators[aws]'")
    return int(line)


def _client(service: str, port: int) -> Any:
    session = Session("moto", "takes-all", region_name=REGION)
    return session.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}),
    )


class _Answer:
    """Collects one answer from the parser."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() not in _HOP:
            self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        self.whole = True


async def _answer(reader: asyncio.StreamReader) -> Passed:
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    while not answer.whole:
        data = await reader.read(1 << 16)
        if not data:
            break
        parser.feed_data(data)
    return Passed(
        status=parser.get_status_code(), headers=tuple(answer.headers), body=b"".join(answer.body)
    )
