"""Every place that remembers conversations keeps the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from syncline.events import Event
from syncline.events.conversations import (
    Conversation,
    ConversationStore,
    MemoryConversations,
    Patience,
    merge,
)
from syncline.events.interaction import ENDED, STARTED
from syncline.state import SqliteState

HOUR = 3_600_000_000
PATIENCE = Patience({"voice": 4 * HOUR}, 4 * HOUR, HOUR)
MakeEvent = Callable[..., Event]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConversationStore]:
    if request.param == "memory":
        yield MemoryConversations(PATIENCE.due)
        return
    state = SqliteState.open(tmp_path / "state.db")
    yield state.conversations("mirror", PATIENCE.due)
    state.close()


def _open(event: MakeEvent, second: int = 0) -> Conversation:
    return merge(None, event(STARTED, second))[0]


def test_what_is_remembered_is_returned(store: ConversationStore, event: MakeEvent) -> None:
    known = {"c1": _open(event), "c2": _open(event, 5)}
    store.put_many(known)
    assert store.get_many(["c1", "c2", "c3", "c1"]) == known


def test_the_last_that_was_remembered_counts(store: ConversationStore, event: MakeEvent) -> None:
    store.put_many({"c1": _open(event)})
    ended, _ = merge(_open(event), event(ENDED, 9))
    store.put_many({"c1": ended})
    assert store.get_many(["c1"]) == {"c1": ended}
    assert list(store.open()) == []


def test_what_is_forgotten_is_unknown(store: ConversationStore, event: MakeEvent) -> None:
    store.put_many({"c1": _open(event), "c2": _open(event)})
    store.forget(["c1", "c9"])
    assert store.get_many(["c1", "c2"]).keys() == {"c2"}


def test_those_heard_of_last_are_opened_first(store: ConversationStore, event: MakeEvent) -> None:
    many = {f"c{n:04}": _open(event, n // 2) for n in range(1200)}
    store.put_many(many)
    found = list(store.open())
    assert len(found) == len(set(found)) == 1200
    heard = [many[key].heard for key in found]
    assert heard == sorted(heard, reverse=True)


def test_the_longest_due_come_first(store: ConversationStore, event: MakeEvent) -> None:
    store.put_many({f"c{n}": _open(event, n) for n in (3, 1, 2)})
    now = _open(event, 2).heard + 4 * HOUR
    assert list(store.due(now, 9)) == ["c1", "c2"]
    assert list(store.due(now, 1)) == ["c1"]
    assert list(store.due(now - 3 * HOUR, 9)) == []


def test_what_ended_is_due_to_be_forgotten(store: ConversationStore, event: MakeEvent) -> None:
    ended, _ = merge(_open(event), event(ENDED, 9))
    store.put_many({"c1": ended})
    assert store.due(ended.heard + HOUR, 9) == {"c1": ended}


def test_conversations_survive_a_restart_and_belong_to_their_job(
    tmp_path: Path, event: MakeEvent
) -> None:
    state = SqliteState.open(tmp_path / "state.db")
    known = {"c1": attrs.evolve(_open(event), asks=3, later=77)}
    state.conversations("mirror", PATIENCE.due).put_many(known)
    state.close()
    again = SqliteState.open(tmp_path / "state.db")
    assert again.conversations("mirror", PATIENCE.due).get_many(["c1"]) == known
    assert again.conversations("other", PATIENCE.due).get_many(["c1"]) == {}
    again.close()
