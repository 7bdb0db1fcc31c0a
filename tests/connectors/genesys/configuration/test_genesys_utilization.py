"""What agents may be given at once, of the organisation and of a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline.errors import Rejected, VersionMismatch

Do: TypeAlias = Callable[..., Any]


async def test_the_other_media_of_a_utilization_stay(config: Any, do: Do) -> None:
    do("create", "utilization-label", name="Urgent")
    do("edit", "utilization", set={"chat.maximumCapacity": 7, "maxInboundCalls": 3,
                                   "labelUtilizations.Urgent.maximumCapacity": 2})  # fmt: skip
    record = await config.look("utilization/organization")
    after, _ = await config.write(
        record, call__maximumCapacity=5, labelUtilizations__Urgent__maximumCapacity=4
    )
    values: Any = after.values
    assert (values["call"]["maximumCapacity"], values["chat"]["maximumCapacity"]) == (5, 7)
    assert values["labelUtilizations"]["Urgent"]["maximumCapacity"] == 4
    assert values["maxInboundCalls"] == 3
    do("edit", "utilization", set={"email.maximumCapacity": 2})
    with pytest.raises(VersionMismatch):
        await config.write(after, call__maximumCapacity=6)


async def test_a_label_that_has_no_number_yet_gets_one(config: Any, do: Do) -> None:
    do("create", "utilization-label", name="Urgent")
    record = await config.look("utilization/organization")
    after, _ = await config.write(record, labelUtilizations__Urgent__maximumCapacity=4)
    labels: Any = after.values["labelUtilizations"]
    assert labels["Urgent"]["maximumCapacity"] == 4
    with pytest.raises(Rejected, match="no utilization label is called 'Calm'"):
        await config.write(after, labelUtilizations__Calm__maximumCapacity=4)


async def test_a_user_goes_on_following_the_organisation_for_the_other_media(
    config: Any, do: Do
) -> None:
    robin = do("create", "user", name="Robin")["id"]
    record = await config.look(f"utilization/user/{robin}")
    assert record.values["level"] == "Organization"
    after, _ = await config.write(record, call__maximumCapacity=3)
    assert after.values["level"] == "Agent"
    do("edit", "utilization", set={"chat.maximumCapacity": 9})
    later: Any = (await config.look(f"utilization/user/{robin}")).values
    assert (later["call"]["maximumCapacity"], later["chat"]["maximumCapacity"]) == (3, 9)
