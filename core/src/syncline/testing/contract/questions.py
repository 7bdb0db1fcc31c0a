"""What every part of the contract asks of a store."""

from __future__ import annotations

import pytest

from ...errors import NotFound
from ...model import JSON, Complete, Document, Head, Incomplete, Record, Ref, Status, restrict
from ...ports import Capability, Store
from ..attempt import Attempt
from .samples import article

ELSEWHERE = "elsewhere"
"""The connection that the contract's articles come from."""


def origin(id: str = "1") -> Ref:
    """Return a reference to an article on the other side."""
    return Ref(ELSEWHERE, id)


async def listing(store: Store) -> tuple[dict[Ref, Head], Complete | Incomplete]:
    """Return one listing, checked for its form: each item once, and exactly one end."""
    heads: dict[Ref, Head] = {}
    end: Complete | Incomplete | None = None
    async for entry in store.heads():
        assert end is None, f"the listing went on after {end}"
        if isinstance(entry, Head):
            assert entry.ref not in heads, f"{entry.ref} was listed twice"
            heads[entry.ref] = entry
        else:
            end = entry
    assert end is not None, "the listing ended without Complete or Incomplete"
    return heads, end


async def complete(store: Store) -> dict[Ref, Head]:
    """Return a listing that has to be complete."""
    heads, end = await listing(store)
    assert isinstance(end, Complete), f"expected a complete listing, got {end}"
    assert end.count == len(heads), f"{len(heads)} items were listed, the end says {end.count}"
    return heads


async def status_of(store: Store, ref: Ref) -> Status | None:
    """Return the status of an item; None where the store cannot say why it is not there."""
    try:
        return (await store.fetch(ref)).status
    except NotFound:
        return None


async def created(
    store: Store,
    value: Document | None = None,
    *,
    copy_of: str = "1",
    files: tuple[bytes, ...] = (),
) -> Record:
    """Return a new item, made as the engine makes copies."""
    attempt = Attempt(origin(copy_of), files=files)
    return await store.create(value or article(), write=attempt.write)


def content(value: Document | None) -> dict[str, JSON]:
    """Return the content of a live record."""
    assert value is not None, "a live record has a value"
    return value.canonical()


def held(store: Store, value: Document) -> dict[str, JSON]:
    """Return what a store has to hold of `value`: the fields it has, as it projects them."""
    return restrict(store.project(restrict(value, store.fields)), store.fields).canonical()


def needs(store: Store, capability: Capability) -> None:
    """Skip a test of something that the store does not claim to do."""
    if capability not in store.capabilities:
        pytest.skip(f"the store does not have {capability.name}")
