"""What goes on in queues, and how many users are in what status: it is only read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeAlias

import pytest

from syncline.errors import Rejected
from syncline.model import Status
from syncline_genesys.config.store import GenesysConfigStore
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)


async def test_what_goes_on_in_many_queues_takes_one_query(
    config: Any, simulator: Running, do: Do
) -> None:
    ids = [do("create", "queue", name=f"Queue {n}")["id"] for n in range(50)]
    robin = do("create", "user", name="Robin", routingStatus="IDLE")["id"]
    do("edit", "queue", id=ids[3], set={"members": {robin: True}})
    do("edit", "queue-observation", id=ids[3], set={"oWaiting": 4, "oInteracting": 1})
    do("edit", "queue-observation", id=ids[3], set={"oWaiting": 2}, mediaType="chat")
    simulator.clear_calls()
    found = await config.sights(*(f"queue-observation/Queue {n}" for n in range(50)),
                         "user-status-count/queue/Queue 3")  # fmt: skip
    assert len(config.sent("POST")) == 1
    assert len(config.sent("GET")) == 1
    third: Any = found["queue-observation/Queue 3"]
    assert (third.values["oWaiting"], third.values["voice"]["oWaiting"]) == (6, 4)
    assert third.values["oOnQueueUsers"] == 1
    quiet: Any = found["queue-observation/Queue 0"]
    assert (quiet.values["oWaiting"], quiet.values["chat"]["oWaiting"]) == (0, 0)
    counts: Any = found["user-status-count/queue/Queue 3"]
    assert (counts.values["IDLE"], counts.values["onQueue"], counts.values["total"]) == (1, 1, 1)


async def test_users_of_the_organisation_are_counted_by_status(config: Any, do: Do) -> None:
    for n, status in enumerate(["IDLE", "IDLE", "INTERACTING", "OFF_QUEUE"]):
        do("create", "user", name=f"Agent {n}", routingStatus=status, presence="BUSY")
    values: Any = (await config.look("user-status-count/organization")).values
    assert (values["IDLE"], values["INTERACTING"], values["NOT_RESPONDING"]) == (2, 1, 0)
    assert (values["total"], values["onQueue"], values["presence"]) == (4, 3, {"BUSY": 4})


async def test_what_is_observed_is_never_written(
    config: Any, cx: GenesysConfigStore, do: Do
) -> None:
    do("create", "queue", name="Support")
    record = await config.look("queue-observation/Support")
    assert cx.objection(record, {"oWaiting": 5}, NOW) is not None
    with pytest.raises(Rejected, match="only be read"):
        await config.write(record, oWaiting=5)


async def test_an_id_that_is_no_queue_s_is_not_a_queue_where_nothing_goes_on(config: Any) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for id in (f"queue-observation/{nobody}", f"user-status-count/queue/{nobody}"):
        assert (await config.look(id)).status is not Status.LIVE
