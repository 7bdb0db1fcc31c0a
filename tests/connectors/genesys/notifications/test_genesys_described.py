"""What `syncline plan` and `check --online` ask before anybody listens."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.errors import Forbidden


async def test_each_client_of_the_listener_is_tried_before_anything_is_subscribed_to(
    ear: Any,
) -> None:
    a = ear(clients=[("rich-0", "rich-secret", 18), ("rich-1", "rich-secret", 18)])
    assert len(await a.source.describe()) > 1
    assert not a.told("channel.opened")


async def test_a_wrong_secret_of_a_listeners_client_is_told_with_the_clients_name(
    ear: Any,
) -> None:
    a = ear(clients=[("rich-0", "rich-secret", 18), ("rich-1", "not-its-secret", 18)])
    with pytest.raises(Forbidden, match="OAuth client 'rich-1' of the listener: ") as caught:
        await a.source.describe()
    assert "not-its-secret" not in str(caught.value)
