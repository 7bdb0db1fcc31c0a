"""Secrets Manager as a provider of secrets, through a rotation."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from syncline.errors import Forbidden, NotFound, Rejected
from syncline_aws import connector
from syncline_aws.secrets import SecretsManager


@pytest.fixture
async def secrets(cloud: Any) -> AsyncIterator[SecretsManager]:
    """A provider with the simulator's own clock."""
    assert connector.secrets is not None
    opened = connector.secrets(cloud.settings(), cloud.context(simulated=True))
    assert isinstance(opened, SecretsManager)
    yield opened
    await opened.aclose()


def _reads(cloud: Any) -> int:
    return int(cloud.calls().count("/secretsmanager/GetSecretValue"))


async def test_a_member_of_a_json_secret_is_named_after_a_hash(cloud: Any, secrets: Any) -> None:
    name = cloud.create("secret", value={"client_secret": "s3", "port": 1})
    plain = cloud.create("secret", value="text")
    assert (await secrets.get(f"{name}#client_secret")).reveal() == "s3"
    assert (await secrets.get(plain)).reveal() == "text"
    assert "s3" not in repr(secrets.__dict__)
    for wrong, error in ((f"{name}#none", NotFound), (f"{name}#port", NotFound)):
        with pytest.raises(error, match="has no text called"):
            await secrets.get(wrong)
    with pytest.raises(Rejected, match="no JSON object"):
        await secrets.get(f"{plain}#x")
    with pytest.raises(NotFound):
        await secrets.get("nothing")


async def test_no_log_at_any_level_has_a_secret(
    cloud: Any, secrets: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = cloud.create("secret", value={"client_secret": "kanari-0815", "other": "kanari-4711"})
    with caplog.at_level(logging.DEBUG):
        await secrets.get(f"{name}#client_secret")
        await secrets.get(f"{name}#other")
    assert "kanari" not in caplog.text


async def test_a_value_is_kept_for_a_while_and_asked_for_once(cloud: Any, secrets: Any) -> None:
    name = cloud.create("secret", value={"a": "1", "b": "2"})
    found = await asyncio.gather(*(secrets.get(f"{name}#{key}") for key in "abab"))
    assert [secret.reveal() for secret in found] == ["1", "2", "1", "2"]
    assert _reads(cloud) == 1
    cloud.sim.clock(advance="11m")
    await secrets.get(f"{name}#a")
    assert _reads(cloud) == 2


async def test_what_could_not_be_had_is_asked_for_again(cloud: Any, secrets: Any) -> None:
    name = cloud.create("secret", value="text")
    cloud.sim.faults(
        [{"kind": "status", "status": 403, "body": {"__type": "AccessDeniedException"}}]
    )
    with pytest.raises(Forbidden):
        await secrets.get(name)
    assert (await secrets.get(name)).reveal() == "text"


async def test_a_binary_secret_is_refused(cloud: Any, secrets: Any) -> None:
    name = cloud.name()
    cloud("secretsmanager").create_secret(Name=name, SecretBinary=b"\x00")
    with pytest.raises(Rejected, match="binary"):
        await secrets.get(name)


async def test_after_a_rotation_the_new_value_is_found(cloud: Any, secrets: Any) -> None:
    name = cloud.create("secret", value=json.dumps({"k": "old"}))
    old = await secrets.get(f"{name}#k")
    cloud("secretsmanager").put_secret_value(SecretId=name, SecretString='{"k": "new"}')
    assert (await secrets.get(f"{name}#k")).reveal() == "old"
    fresh = await secrets.refreshed(f"{name}#k", old)
    assert fresh.reveal() == "new"
    assert (await secrets.get(f"{name}#k")).reveal() == "new"


async def test_half_way_through_a_rotation_the_pending_value_is_tried_once(
    cloud: Any, secrets: Any
) -> None:
    name = cloud.create("secret", value="old")
    old = await secrets.get(name)
    assert await secrets.refreshed(name, old) is None
    cloud.sim.clock(advance="61s")
    cloud("secretsmanager").put_secret_value(
        SecretId=name, SecretString="next", VersionStages=["AWSPENDING"]
    )
    pending = await secrets.refreshed(name, old)
    assert pending.reveal() == "next"
    # What is current stays what it is, and the pending version is not tried again.
    assert (await secrets.get(name)).reveal() == "old"
    cloud.sim.clock(advance="61s")
    assert await secrets.refreshed(name, old) is None


async def test_a_refused_credential_is_refreshed_once_a_minute(cloud: Any, secrets: Any) -> None:
    name = cloud.create("secret", value="old")
    old = await secrets.get(name)
    await secrets.refreshed(name, old)
    before = _reads(cloud)
    assert await secrets.refreshed(name, old) is None
    assert _reads(cloud) == before
