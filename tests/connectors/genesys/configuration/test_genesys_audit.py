"""Who changed a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from syncline.config_store import AuditedStore
from syncline.model import Ref
from syncline_genesys.config.store import GenesysConfigStore

Do: TypeAlias = Callable[..., Any]
TIMEOUT = "mediaSettings__call__alertingTimeoutSeconds"


async def test_it_is_told_who_changed_a_field(config: Any, cx: GenesysConfigStore, do: Do) -> None:
    assert isinstance(cx, AuditedStore)
    do("create", "queue", name="Support")
    record = await config.look("queue/Support")
    after, _ = await config.write(record, **{TIMEOUT: 25})
    path = TIMEOUT.replace("__", ".")
    ours = await cx.author(after.ref, path, None)
    assert ours is not None
    assert ours.ours
    do("edit", "queue", name="Support", set={path: 30})
    do("edit", "queue", name="Support", set={"description": "more"})
    theirs = await cx.author(after.ref, path, None)
    assert theirs is not None
    assert (theirs.name, theirs.ours) == ("Kim Editor", False)
    do("edit", "utilization", set={"call.maximumCapacity": 9})
    found = await cx.author(Ref("cx", "utilization/organization"), "call.maximumCapacity", None)
    assert found is not None
    assert found.name == "Kim Editor"
    assert await cx.author(Ref("cx", "data-table-row/Limits/ivr"), "maximum", None) is None
