"""Images: uploaded once, found again, and told where Genesys does not take them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from syncline.body import assets
from syncline.errors import NotFound, Rejected
from syncline.model import Asset, Document, Record, Ref
from syncline.testing import Attempt, MemoryCache
from syncline_genesys.pictures import kind
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running

Json = dict[str, Any]
Connect = Callable[..., GenesysStore]
PNG = b"\x89PNG\r\n\x1a\n" + b"a plan"
SHA = hashlib.sha256(PNG).hexdigest()


def article(sha256: str = SHA) -> Document:
    body = f'<p>see <img alt="a plan" src="syncline:asset/{sha256}"></p>'
    return Document(title="Plan", body=body)


async def created(store: GenesysStore, number: int, content: bytes = PNG) -> Record:
    attempt = Attempt(Ref("wiki", str(number)), files=(content,))
    return await store.create(article(hashlib.sha256(content).hexdigest()), write=attempt.write)


def uploads(simulator: Running) -> int:
    return sum(call["path"].endswith("/responseassets/uploads") for call in simulator.calls())


async def test_a_picture_is_uploaded_once_however_often_it_is_used(
    store: GenesysStore, simulator: Running
) -> None:
    for number in range(3):
        record = await created(store, number)
        assert record.value is not None
        assert assets(record.value.body) == (SHA,)
        assert record.value.assets[SHA] == Asset(
            sha256=SHA, name=f"{SHA}.png", media_type="image/png", size=len(PNG)
        )
    assert uploads(simulator) == 1
    assert await store.asset(record.ref, SHA) == PNG


async def test_a_lost_cache_costs_calls_and_nothing_else(
    store: GenesysStore, simulator: Running, connect: Connect
) -> None:
    first = await created(store, 1)
    other = connect(cache=MemoryCache())
    again = await other.fetch(first.ref)
    assert again.value == first.value
    assert await other.asset(first.ref, SHA) == PNG
    simulator.clear_calls()
    after = await other.update(
        first.ref,
        attrs.evolve(article(), title="Plan B"),
        expected=again.version,
        write=Attempt(Ref("wiki", "1"), files=(PNG,)).write,
    )
    assert uploads(simulator) == 0
    assert not any("/variations" in c["path"] for c in simulator.calls() if c["method"] == "PATCH")
    assert after.value is not None
    assert after.value.body == first.value.body if first.value else ""


async def test_a_picture_that_is_replaced_is_written_anew(store: GenesysStore) -> None:
    record = await created(store, 1)
    other = b"GIF89a" + b"another plan"
    sha256 = hashlib.sha256(other).hexdigest()
    after = await store.update(
        record.ref,
        article(sha256),
        expected=record.version,
        write=Attempt(Ref("wiki", "1"), files=(other,)).write,
    )
    assert after.value is not None
    assert assets(after.value.body) == (sha256,)


async def test_a_kind_of_picture_that_genesys_does_not_take_is_refused(
    store: GenesysStore, simulator: Running
) -> None:
    with pytest.raises(Rejected, match="no PNG, JPEG or GIF"):
        await created(store, 1, b"RIFF....WEBP")
    assert simulator.items() == []


async def test_a_picture_known_to_be_of_another_kind_is_projected_to_its_text(
    store: GenesysStore,
) -> None:
    svg = Asset(sha256=SHA, name="plan.svg", media_type="image/svg+xml", size=10)
    projected = store.project(attrs.evolve(article(), assets={SHA: svg}))
    assert projected.body == "<p>see a plan</p>"
    figure = Document(
        title="x", body=f'<figure><img src="syncline:asset/{SHA}"></figure>', assets={SHA: svg}
    )
    assert store.project(figure).body == "<p>plan.svg</p>"
    png = attrs.evolve(svg, media_type="image/png")
    assert store.project(attrs.evolve(article(), assets={SHA: png})).body == article().body


class TestFull:
    @pytest.fixture
    def content(self) -> Json:
        return {"organization": {"limits": {"response.management": {"response.assets.max": 0}}}}

    async def test_no_room_for_pictures_says_what_to_do(
        self, store: GenesysStore, simulator: Running
    ) -> None:
        with pytest.raises(Rejected, match="ASSET_COUNT_LIMIT_REACHED"):
            await created(store, 1)
        assert simulator.items() == []


async def test_a_picture_that_is_not_ours_stays_an_address(
    store: GenesysStore, simulator: Running
) -> None:
    url = "https://cdn.example.com/plan.png"
    blocks = [{"type": "Image", "image": {"url": url, "properties": {"width": 20.0}}}]
    made = simulator.act({"do": "create", "title": "x", "body": json.dumps({"blocks": blocks})})
    record = await store.fetch(Ref("kb", made["id"]))
    assert record.value is not None
    assert record.value.body == f'<figure><img src="{url}"></figure>'
    with pytest.raises(NotFound):
        await store.asset(record.ref, "0" * 64)


def test_kinds_are_told_by_the_first_bytes() -> None:
    assert kind(b"\xff\xd8\xff\xe0rest") == ("image/jpeg", "jpg")
    assert kind(b"GIF87a") == ("image/gif", "gif")
    assert kind(PNG) == ("image/png", "png")
    assert kind(b"<svg>") is None
    assert kind(b"") is None
