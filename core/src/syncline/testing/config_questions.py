"""What the tests of a store of configuration objects ask it again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import pytest

from ..config_items import ConfigRecord
from ..config_store import ConfigStore, FieldWrite
from ..model import JSON, Cursor, Ref
from ..ports import Capability, Note
from .attempt import Crash
from .config_person import ConfigPerson


@attrs.define
class Notebook:
    """Keeps what a write notes; may die when the first note is durable."""

    dies: bool = False
    notes: list[Note] = attrs.field(factory=list)

    def note(self, step: str, detail: str) -> None:
        """Keep a note, as the journal does."""
        self.notes.append(Note(step=step, detail=detail))
        if self.dies:
            raise Crash(f"after noting {step}")

    def write(self) -> FieldWrite:
        """Return what a write is lent."""
        return FieldWrite(note=self.note, earlier=(*self.notes,))


async def fetched(store: ConfigStore, refs: Sequence[Ref]) -> dict[Ref, ConfigRecord | Exception]:
    """Return what a store yields for these objects."""
    found: dict[Ref, ConfigRecord | Exception] = {}
    async for each in store.fetch_many(refs):
        ref, what = (each.ref, each) if isinstance(each, ConfigRecord) else each
        assert ref not in found, f"{ref} came twice"
        found[ref] = what
    return found


async def one(store: ConfigStore, ref: Ref) -> ConfigRecord:
    """Return one object as it is now."""
    record = (await fetched(store, [ref]))[ref]
    assert isinstance(record, ConfigRecord), record
    return record


async def changed(
    store: ConfigStore, record: ConfigRecord, changes: Mapping[str, JSON]
) -> ConfigRecord:
    """Change fields of an object as the engine does."""
    write = Notebook().write()
    return await store.update(record.ref, changes, expected=record.version, write=write)


def needs(store: ConfigStore, capability: Capability) -> None:
    """Skip a test that the store does not claim to pass."""
    if capability not in store.capabilities:
        pytest.skip(f"the store does not claim {capability.name}")


def other_field(person: ConfigPerson) -> tuple[str, JSON]:
    """Return another field that people change, and what to; skip a test where there is none."""
    if person.other is None:
        pytest.skip("objects of this test have no other field that people change")
    return person.other


async def read_feed(store: ConfigStore, cursor: Cursor | None, seen: set[Ref]) -> Cursor | None:
    """Read a feed to its end; return the cursor to save."""
    async for page in store.changes(cursor):
        seen.update(change.ref for change in page.changes)
        cursor = page.cursor if page.cursor is not None else cursor
    return cursor


__all__ = ["Notebook", "changed", "fetched", "needs", "one", "other_field", "read_feed"]
