"""What the simulator sends in each form is what that form takes, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler
from queue import Queue
from typing import Any

import pytest

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.model import Ref
from syncline.ports import Secret, WebhookRequest
from syncline.testing.deliveries import arrived, hints_of
from syncline_confluence import connector
from syncline_confluence.webhooks.settings import (
    AutomationSettings,
    ConnectSettings,
    DataCenterSettings,
)
from syncline_simulators.running import Running

KEY = "the-shared-secret-of-one-installation"


def test_what_the_simulator_sends_in_each_form_is_genuine(
    serving: Any, wiki: Running, context: Context
) -> None:
    taken: Queue[WebhookRequest] = Queue()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = self.rfile.read(int(self.headers["Content-Length"]))
            now = datetime.now(timezone.utc)
            taken.put(arrived(body, headers, query=query, path=path, received_at=now))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    settings: Mapping[str, tuple[Any, Callable[[], dict[str, str]]]] = {
        "automation": (
            AutomationSettings(secret=Secret(KEY), header="X-Mine"),
            lambda: {"secret": KEY, "header": "X-Mine"},
        ),
        "data-center": (DataCenterSettings(secret=Secret(KEY)), lambda: {"secret": KEY}),
        "connect": (
            ConnectSettings(client_key="syncline-simulator", secret=Secret(KEY)),
            lambda: {"secret": KEY},
        ),
    }
    with serving(Take) as url:
        for form, (chosen, how) in settings.items():
            told = f"{url}/hooks/{form}?b=2&a=x%20y"
            wiki.act({"do": "subscribe", "url": told, "form": form, **how()})
            page = wiki.act({"do": "create", "title": f"By {form}", "body": "<p>x</p>"})["id"]
            webhook = connector.webhooks[form].open(chosen, context)
            while (one := taken.get(timeout=60)).path != f"/hooks/{form}":
                pass
            assert hints_of(webhook, one).changes[0].ref == Ref("wiki", page)
            others = [
                connector.webhooks[f].open(c, context)
                for f, (c, _) in settings.items()
                if f != form
            ]
            for other in others:
                with pytest.raises(Forbidden):
                    other.receive(one)
