"""`syncline demo --serve`: the demonstration goes on, and whoever watches takes part."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from syncline.config import read
from syncline.errors import ConfigError
from syncline.logs import configure as configure_logs
from syncline.runner import Runner

from .systems import System
from .tale import line_of

SECRET = "SYNCLINE_DEMO_WEBHOOK"  # noqa: S105 -- the variable's name
TITLE = "Vouchers"
"""The article in which a conflict comes up."""
_OLD, _LEFT, _RIGHT = "3 years", "5 years", "2 years"

_SERVICE = """
[service]
pages = "127.0.0.1:{port}"
webhooks = "127.0.0.1:0"

[connections.wiki.webhook]
form = "automation"
secret = {{ env = "{secret}" }}
"""


def refuse_taken(port: int) -> None:
    """Find out before the demonstration begins whether its page can be served.

    Raises:
        ConfigError: another program has the port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigError([f"port {port} is taken; say another one with --port"]) from None


def configure(path: Path, port: int) -> None:
    """Add to the configuration what the service needs: addresses, a webhook, a short poll."""
    os.environ[SECRET] = secrets.token_urlsafe(24)
    job = "[jobs.handbook]\n"
    text = path.read_text(encoding="utf-8").replace(job, job + 'poll = "5s"\n')
    path.write_text(text + _SERVICE.format(port=port, secret=SECRET), encoding="utf-8")


async def serve(path: Path, wiki: System, kb: System, say: Callable[[str], None]) -> None:
    """Run the service on the systems of the demonstration until Ctrl-C or SIGTERM."""
    from syncline_web.serving import serve as listen

    configure_logs(level=logging.ERROR)  # what happens is said by its history
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    addresses: dict[str, str] = {}

    def listening(name: str, url: str) -> None:
        if name in addresses:  # the address before can be used once, and was
            say(f"To enter from another browser: {url}")
        addresses[name] = url

    async with Runner(read(path)) as runner, listen(runner, listening):
        runner.subscribe(partial(_follow, runner, say))
        wiki.act(
            do="subscribe",
            url=f"{addresses['webhooks']}/webhooks/wiki",
            form="automation",
            secret=os.environ[SECRET],
            header="X-Syncline-Secret",
        )
        work = asyncio.create_task(runner.run())
        await _disagree(wiki, kb)
        for line in guide(addresses["pages"], wiki, kb):
            say(line)
        await stop.wait()
        await runner.stop()
        await work


def _follow(
    runner: Runner, say: Callable[[str], None], event: str, fields: Mapping[str, object]
) -> None:
    """Say what a pass did, as its history has it."""
    if event == "pass.ended":
        session = runner.session(str(fields["job"]))
        for entry in reversed(session.history(run=str(fields["run"]))):
            say(f"  {line_of(entry)}")


async def _disagree(wiki: System, kb: System) -> None:
    """Let two people change the same words."""
    page, article = wiki.titled(TITLE), kb.titled(TITLE)
    kb.act(do="edit", id=article["id"], replace={"old": _OLD, "new": _RIGHT})
    wiki.act(do="edit", id=page["id"], replace={"old": _OLD, "new": _LEFT})


def guide(pages: str, wiki: System, kb: System) -> list[str]:
    """Return what a reader can do now."""
    page, article = wiki.titled("Opening hours"), kb.titled("Delete an account")
    return [
        "",
        f"The service runs. Open {pages}",
        f"Two people have just changed the same words of {TITLE!r}: the conflict is in the queue.",
        "",
        "Be a person in either system, and watch the page:",
        _curl(wiki, page["id"], "Saturday", "Saturdays"),
        _curl(kb, article["id"], "eight years", "nine years"),
        "",
        f"Everything in Confluence: {wiki.admin_url}/items, in Genesys: {kb.admin_url}/items",
        "Ctrl-C ends the service and both systems.",
    ]


def _curl(system: System, id_: str, old: str, new: str) -> str:
    action = {"do": "edit", "id": id_, "replace": {"old": old, "new": new}}
    return f"  curl -s {system.admin_url}/act -d '{json.dumps(action)}'"
