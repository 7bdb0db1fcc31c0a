"""Users: their skills and their queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline.config_items import ConfigRecord
from syncline.errors import Rejected
from syncline.model import Status

Do: TypeAlias = Callable[..., Any]


async def test_skills_and_queues_of_a_user_are_written_one_by_one(config: Any, do: Do) -> None:
    robin = do("create", "user", name="Robin")["id"]
    for name in ("French", "German"):
        do("create", "skill", name=name)
    for name in ("Support", "Sales"):
        do("create", "queue", name=name)
    do("edit", "user", id=robin, set={"skills": {"German": 2}})
    do("edit", "queue", name="Support", set={"members": {robin: True}})
    record = await config.look(f"user/{robin}")
    assert record.values["joinedQueueCount"] == 1
    after, steps = await config.write(
        record,
        skills__French=4,
        queues__Support__joined=False,
        queues__Sales__member=True,
    )
    values: Any = after.values
    assert values["skills"] == {"French": 4, "German": 2}
    assert values["queues"]["Support"] == {"member": True, "joined": False}
    assert values["queues"]["Sales"]["member"] is True
    assert (values["queueCount"], steps) == (2, ["skills", "queue", "queue"])
    with pytest.raises(Rejected, match="no skills called 'Latin'"):
        await config.write(after, skills__Latin=1)
    assert len(config.mutations()) == 3


async def test_who_is_to_work_for_a_queue_is_made_a_member_and_nobody_leaves_twice(
    config: Any, do: Do
) -> None:
    robin = do("create", "user", name="Robin")["id"]
    do("create", "queue", name="Support")
    record = await config.look(f"user/{robin}")
    same, _ = await config.write(record, queues__Support__member=False)
    assert config.mutations() == []
    after, steps = await config.write(same, queues__Support__joined=True)
    queues: Any = after.values["queues"]
    assert (queues["Support"], steps) == ({"member": True, "joined": True}, ["queue", "queue"])
    gone, _ = await config.write(after, queues__Support__member=False)
    assert gone.values["queues"] == {}


async def test_a_user_is_called_by_the_id(config: Any) -> None:
    found = await config.sights("user/Robin", "user/00000000-0000-4000-8000-000000000000")
    assert isinstance(found["user/Robin"], Rejected)
    nobody = found["user/00000000-0000-4000-8000-000000000000"]
    assert isinstance(nobody, ConfigRecord)
    assert nobody.status is not Status.LIVE
