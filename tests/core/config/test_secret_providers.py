"""Secrets that a plugin provides: looked up once per use, through a connection or by default."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncline.clock import SystemClock
from syncline.config import Config
from syncline.config.secrets import SecretRef
from syncline.engine.opening.secrets import resolve_secrets
from syncline.engine.opening.stores import context_of
from syncline.errors import ConfigError
from syncline.state import SqliteState

TEXT = """
[connections.safe]
connector = "vault"
url = "http://127.0.0.1:7"
token = { env = "SYNCLINE_VAULT_TOKEN" }
"""


async def test_a_connection_provides_the_secrets_of_another(
    loaded: Callable[[str], Config], whole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_VAULT_TOKEN", "canary-51c2")
    text = whole.replace('path = "left"', 'path = "left"\ntoken = { safe = "wiki/token" }')
    config = loaded(TEXT + text)
    context = context_of("a", SqliteState.memory(), SystemClock())
    found = await resolve_secrets(config, config.connections["a"], context)
    assert found[SecretRef("safe", "wiki/token")].reveal() == "http://127.0.0.1:7#wiki/token"


async def test_what_a_provider_needs_and_cannot_have_is_said(
    loaded: Callable[[str], Config], whole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNCLINE_VAULT_TOKEN", raising=False)
    text = whole.replace('path = "left"', 'path = "left"\ntoken = { safe = "wiki/token" }')
    config = loaded(TEXT + text)
    context = context_of("a", SqliteState.memory(), SystemClock())
    with pytest.raises(ConfigError, match="SYNCLINE_VAULT_TOKEN is not set"):
        await resolve_secrets(config, config.connections["a"], context)
