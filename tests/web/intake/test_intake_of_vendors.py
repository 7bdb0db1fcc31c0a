"""The simulator's own senders, over sockets, into a receiver that knows their form."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from syncline.config import Config, load
from syncline_simulators.running import Running, running

SECRET = "what-confluence-signs-with-01234567"
APP = "ari:cloud:ecosystem::app/1"
TEXT = """
[connections.wiki]
connector = "confluence"
site = "http://127.0.0.1:9"
space = "KB"
user = "a"
token = {{ env = "HOOK" }}
[connections.wiki.webhook]
{hook}
[connections.kb]
connector = "files"
path = "right"
[jobs.one]
kind = "documents"
left = "wiki"
right = "kb"
"""
HOOKS = {
    "data-center": 'form = "data-center"\nsecret = { env = "HOOK" }',
    "connect": 'form = "connect"\nclient_key = "syncline-simulator"\nsecret = { env = "HOOK" }',
    "automation": 'form = "automation"\nheader = "X-Mine"\nsecret = { env = "HOOK" }',
    "forge": f'form = "forge"\napp = "{APP}"\nkeys_file = "keys.json"',
}


@pytest.fixture
def wiki() -> Iterator[Running]:
    with running("confluence") as made:
        yield made


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Config]:
    monkeypatch.setenv("HOOK", SECRET)
    return lambda form: load(TEXT.format(hook=HOOKS[form]).encode(), folder=tmp_path)


def forge_token(folder: Path) -> str:
    """Publish a key, and return a token by it: the simulator sends it as it is."""
    key = rsa.generate_private_key(65537, 2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    (folder / "keys.json").write_text(json.dumps({"keys": [{**public, "kid": "k"}]}))
    now = int(datetime.now(timezone.utc).timestamp())
    claims = {"iss": "forge/invocation-token", "aud": APP, "iat": now, "exp": now + 300}
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k"})


def waited(receiver: Any, *pages: str) -> dict[str, bool]:
    """Return what waits to be looked at, and whether with all below, once these pages do."""
    end = time.monotonic() + 60
    while True:
        found = {row.change.ref.id: row.change.subtree for row in receiver.waiting()}
        if set(pages) <= set(found) or time.monotonic() > end:
            return found
        time.sleep(0.02)


def ended(receiver: Any, count: int) -> list[str]:
    """Return how deliveries ended, once so many have; that is told after they are marked."""
    end = time.monotonic() + 60
    while len(receiver.results()) < count and time.monotonic() < end:
        time.sleep(0.02)
    results: list[str] = receiver.results()
    return results


@pytest.mark.parametrize("form", HOOKS)
def test_an_edit_is_a_hint_a_moment_later(
    wiki: Running, serve: Any, configured: Any, tmp_path: Path, form: str
) -> None:
    secret = forge_token(tmp_path) if form == "forge" else SECRET
    receiver = serve(configured(form))
    url = f"http://127.0.0.1:{receiver.port}/webhooks/wiki"
    subscription = {"do": "subscribe", "url": url, "form": form, "secret": secret}
    wiki.act({**subscription, "header": "X-Mine"} if form == "automation" else subscription)
    page = wiki.act({"do": "create", "title": "Refunds", "body": "<p>x</p>"})["id"]
    assert page in waited(receiver, page)
    assert ended(receiver, 1)[0] == "accepted"


def test_what_cascades_is_looked_at_with_all_below(
    wiki: Running, serve: Any, configured: Any
) -> None:
    edited = wiki.act({"do": "create", "title": "Edited", "body": "<p>x</p>"})["id"]
    trashed = wiki.act({"do": "create", "title": "Trashed", "body": "<p>x</p>"})["id"]
    hidden = wiki.act({"do": "create", "title": "Hidden", "body": "<p>x</p>"})["id"]
    receiver = serve(configured("data-center"))
    url = f"http://127.0.0.1:{receiver.port}/webhooks/wiki"
    wiki.act({"do": "subscribe", "url": url, "form": "data-center", "secret": SECRET})
    wiki.act({"do": "edit", "id": edited, "body": "<p>y</p>"})
    wiki.act({"do": "delete", "id": trashed})
    wiki.act({"do": "restrict", "id": hidden})
    found = waited(receiver, edited, trashed, hidden)
    assert found == {edited: False, trashed: True, hidden: True}


def test_doubled_and_shuffled_events_mark_each_page_once(
    wiki: Running, serve: Any, configured: Any
) -> None:
    receiver = serve(configured("data-center"))
    url = f"http://127.0.0.1:{receiver.port}/webhooks/wiki"
    wiki.act(
        {
            "do": "subscribe",
            "url": url,
            "form": "data-center",
            "secret": SECRET,
            "duplicate": 1.0,
            "reorder": True,
        }
    )
    pages = [
        wiki.act({"do": "create", "title": f"P{n}", "body": "<p>x</p>"})["id"] for n in range(10)
    ]
    assert set(waited(receiver, *pages)) == set(pages)
    assert sorted(ended(receiver, 20)) == ["accepted"] * 10 + ["repeated"] * 10


@pytest.mark.parametrize("form", [form for form in HOOKS if form != "automation"])
def test_a_form_refuses_what_the_others_send(
    wiki: Running, serve: Any, configured: Any, tmp_path: Path, form: str
) -> None:
    token = forge_token(tmp_path)
    receiver = serve(configured(form))
    others = [other for other in HOOKS if other != form]
    for other in others:
        url = f"http://127.0.0.1:{receiver.port}/webhooks/wiki"
        secret = token if other == "forge" else SECRET
        wiki.act({"do": "subscribe", "url": url, "form": other, "secret": secret})
    wiki.act({"do": "create", "title": "Refunds", "body": "<p>x</p>"})
    assert ended(receiver, len(others)) == ["refused"] * len(others)
    assert receiver.waiting() == []


async def test_keys_that_are_not_at_hand_are_fetched_once_for_many_deliveries(
    serve: Any, configured: Any, tmp_path: Path
) -> None:
    token = forge_token(tmp_path)
    receiver = serve(configured("forge"))
    event = {"eventType": "avi:confluence:updated:page", "content": {"id": "7", "type": "page"}}
    body = json.dumps(event).encode()
    headers = {"Authorization": f"Bearer {token}"}
    answers = await asyncio.gather(
        *(asyncio.to_thread(receiver.post, "/webhooks/wiki", body, headers) for _ in range(8))
    )
    assert {answer[0] for answer in answers} == {202}


def test_keys_that_cannot_be_had_are_no_refusal(
    serve: Any, configured: Any, tmp_path: Path
) -> None:
    token = forge_token(tmp_path)
    (tmp_path / "keys.json").unlink()
    receiver = serve(configured("forge"))
    headers = {"Authorization": f"Bearer {token}"}
    status, answered, _ = receiver.post("/webhooks/wiki", b"{}", headers)
    assert (status, answered["retry-after"]) == (503, "5")
