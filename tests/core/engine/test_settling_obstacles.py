"""A person chooses while something outside of the content is still in the way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from syncline.decision import Reason
from syncline.errors import Stale
from syncline.model import Ref
from syncline.ports import Capability
from syncline.testing import EVERYTHING


@pytest.fixture
def pair(make_pair: Callable[..., Any]) -> Any:
    """A right side where writes are drafts first."""
    return make_pair(right={"capabilities": EVERYTHING | Capability.DRAFTS})


async def drafted(pair: Any) -> tuple[Ref, str]:
    """Let an edit of the left wait for a draft of its copy; return the copy and the conflict."""
    ref = await pair.paired("Hours", "<p>one</p>")
    twin = pair.twin(ref)
    pair.right.start_draft(twin, body="<p>an hour of work</p>")
    pair.left.edit(ref, body="<p>two</p>")
    await pair.sync()
    (conflict,) = pair.session.conflicts()
    return twin, conflict.record.id


@pytest.mark.parametrize("take", ["left", "right"])
async def test_a_choice_while_the_draft_is_still_open_says_that_nothing_has_changed(
    pair: Any, take: str
) -> None:
    twin, conflict = await drafted(pair)
    with pytest.raises(Stale, match=f"nothing has changed: {twin}: .*publish or discard it"):
        await pair.session.resolve(conflict, take)
    (still,) = pair.session.conflicts()
    assert still.record.id == conflict
    assert pair.right.live()[twin].body == "<p>one</p>"
    assert [e.event for e in pair.session.history()].count("conflict") == 1
    assert not [e for e in pair.session.history() if e.event == "resolved"]


async def test_a_choice_after_the_draft_was_discarded_carries_the_edit(pair: Any) -> None:
    twin, conflict = await drafted(pair)
    pair.right.discard_draft(twin)
    report = await pair.session.resolve(conflict, "left")
    assert report.counts["writes"] == 1
    assert pair.right.live()[twin].body == "<p>two</p>"
    assert not pair.session.conflicts()


async def test_a_choice_after_the_edit_was_taken_back_settles_it_without_a_write(pair: Any) -> None:
    twin, conflict = await drafted(pair)
    pair.left.edit(pair.twin(twin), body="<p>one</p>")
    with pytest.raises(Stale, match="edited since"):
        await pair.session.resolve(conflict, "left")
    await pair.session.resolve(conflict, "left")
    assert not pair.session.conflicts()
    assert pair.right.live()[twin].body == "<p>one</p>"


async def test_a_choice_while_the_draft_is_still_open_leaves_the_pair_waiting_for_the_draft(
    pair: Any,
) -> None:
    twin, conflict = await drafted(pair)
    with contextlib.suppress(Stale):
        await pair.session.resolve(conflict, "left")
    await pair.sync()
    (waiting,) = pair.session.conflicts()
    assert waiting.record.reason is Reason.OPEN_DRAFT
    pair.right.discard_draft(twin)
    await pair.sync()
    assert pair.right.live()[twin].body == "<p>two</p>"
    assert not pair.session.conflicts()
