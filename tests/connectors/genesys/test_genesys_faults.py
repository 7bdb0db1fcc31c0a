"""Whatever goes wrong on the wire, repeated writes end in one right article each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import pytest

from syncline.errors import StoreError, VersionMismatch
from syncline.model import Complete, Document, Head, Record, Ref
from syncline.testing import Attempt
from syncline_genesys.store import GenesysStore
from syncline_simulators.running import Running

KINDS = [
    "status",
    "html",
    "empty",
    "cut-json",
    "short-body",
    "reset",
    "hang-up",
    "duplicate",
    "expired-token",
    "rate-limited",
]
PATIENCE = 30


def value(number: int, body: str) -> Document:
    return Document(title=f"Article {number}", body=body, labels=frozenset({"public"}))


async def insisted(write: Callable[[Attempt], Awaitable[Record]], origin: Ref) -> Record:
    """Repeat a write as the engine does, with what the attempts before have noted."""
    attempt = Attempt(origin)
    for _ in range(PATIENCE):
        try:
            record = await write(attempt)
        except StoreError:
            attempt = Attempt(origin, after=attempt)
        else:
            return record
    raise AssertionError(f"{origin} did not come through")


async def _created(store: GenesysStore, value: Document, attempt: Attempt) -> Record:
    return await store.create(value, write=attempt.write)


async def _updated(store: GenesysStore, ref: Ref, now: Document, attempt: Attempt) -> Record:
    record = await store.fetch(ref)
    if record.value is not None and record.value.canonical() == now.canonical():
        return record
    try:
        return await store.update(ref, now, expected=record.version, write=attempt.write)
    except VersionMismatch:
        return await store.update(
            ref, now, expected=(await store.fetch(ref)).version, write=attempt.write
        )


@pytest.mark.parametrize("seed", range(3))
async def test_faults_at_random_leave_one_right_copy_of_each(
    connect: Callable[..., GenesysStore], simulator: Running, seed: int
) -> None:
    store = connect()
    fault = {"kind": "random", "kinds": KINDS, "probability": 0.15, "seed": seed}
    simulator.faults([{**fault, "match": {"path": "/api/v2/"}}])
    refs: dict[Ref, Document] = {}
    for number in range(6):
        origin = Ref("wiki", str(number))
        first = value(number, "<p>before</p>")
        made = await insisted(partial(_created, store, first), origin)
        after = attrs.evolve(value(number, f"<p>after {number}</p>"), alternatives=())
        after = attrs.evolve(after, category=())
        await insisted(partial(_updated, store, made.ref, after), origin)
        refs[made.ref] = after
    simulator.clear_faults()
    fresh = connect()
    items = {item["id"]: item for item in simulator.items()}
    assert set(items) == {ref.id for ref in refs}
    assert not any(item["draft"] for item in items.values())
    for ref, expected in refs.items():
        record = await fresh.fetch(ref)
        assert record.value is not None
        assert record.value.canonical() == expected.canonical()


@pytest.mark.parametrize("seed", range(3))
async def test_a_listing_among_faults_is_right_or_incomplete(
    store: GenesysStore, simulator: Running, seed: int
) -> None:
    made = {
        simulator.act({"do": "create", "title": f"Article {n}", "body": "<p>x</p>"})["id"]
        for n in range(5)
    }
    assert [type(entry) async for entry in store.heads()][-1] is Complete
    kinds = [*KINDS, "short-listing", "repeated-cursor", "empty-last-page"]
    fault = {"kind": "random", "kinds": kinds, "probability": 0.5, "seed": seed}
    simulator.faults([{**fault, "match": {"path": "/documents$"}}])
    for _ in range(10):
        seen: set[str] = set()
        try:
            async for entry in store.heads():
                if isinstance(entry, Head):
                    seen.add(entry.ref.id)
                elif isinstance(entry, Complete):
                    assert seen == made
        except StoreError:
            continue
