"""How a store signs in, and what it says when it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncline.errors import Forbidden
from syncline.model import Ref
from syncline.ports import Secret
from syncline.testing.contract.questions import complete
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Attach: TypeAlias = Callable[..., None]
Opened: TypeAlias = Callable[..., ConfluenceStore]


async def test_a_scoped_token_works_through_the_gateway(
    picture: Any, page: Page, attach: Attach, wiki: Running, opened: Opened
) -> None:
    store = opened(
        token=Secret(wiki.env["CONFLUENCE_SCOPED_TOKEN"]),
        cloud_id=wiki.env["CONFLUENCE_CLOUD_ID"],
    )
    ref = page("Page", f"<p>{picture.markup}</p>")
    attach(ref)
    for n in range(251):
        page(f"Page {n}")
    assert len(await complete(store)) == 253
    assert await store.asset(ref, picture.sha256) == picture.content


async def test_oauth_keeps_its_rotating_refresh_token(
    page: Page, wiki: Running, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    first = wiki.env["CONFLUENCE_REFRESH_TOKEN"]
    file.write_text(json.dumps({"refresh_token": first}), encoding="utf-8")
    file.chmod(0o600)
    store = opened(
        user="",
        token=None,
        cloud_id=wiki.env["CONFLUENCE_CLOUD_ID"],
        client_id=wiki.env["CONFLUENCE_CLIENT_ID"],
        client_secret=Secret(wiki.env["CONFLUENCE_CLIENT_SECRET"]),
        refresh_token_file=file,
    )
    page("Page")
    assert len(await complete(store)) == 2
    assert json.loads(file.read_text(encoding="utf-8"))["refresh_token"] not in ("", first)
    assert file.stat().st_mode & 0o077 == 0


async def test_a_token_that_was_revoked_says_what_to_do(
    wiki: Running, store: ConfluenceStore
) -> None:
    wiki.act({"do": "revoke"})
    with pytest.raises(Forbidden, match="credentials"):
        await store.fetch(Ref("wiki", "1"))


async def test_a_space_that_is_not_there_says_what_to_check(opened: Opened) -> None:
    with pytest.raises(Forbidden, match=r"space NOPE .* check the key"):
        await opened(space="NOPE").fetch(Ref("wiki", "1"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user": ""}, "how to sign in"),
        ({"audience": "everybody"}, "group"),
        ({"space": " "}, "space is empty"),
        ({"requests_per_second": 0.0}, "more than 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    opened: Opened, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        opened(**wrong)
