"""What a page says: links, pictures, versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from syncline.errors import Rejected
from syncline.model import Ref, Version
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running

Page: TypeAlias = Callable[..., Ref]
Attach: TypeAlias = Callable[..., None]


async def test_links_between_pages_are_by_id_and_pictures_by_content(
    picture: Any, page: Page, attach: Attach, wiki: Running, store: ConfluenceStore
) -> None:
    target = page("Target & more")
    body = (
        '<p>See <ac:link><ri:page ri:content-title="Target &amp; more" /></ac:link> '
        f"and {picture.markup}</p>"
    )
    ref = page("Page", body)
    attach(ref)
    value = (await store.fetch(ref)).value
    assert value is not None
    assert f'href="syncline:doc/wiki:{target.id}"' in value.body
    assert f'src="syncline:asset/{picture.sha256}"' in value.body
    assert await store.asset(ref, picture.sha256) == picture.content
    assert value.url is not None
    assert value.url.startswith(f"{wiki.url}/wiki/spaces/KB/pages/{ref.id}")


async def test_a_file_is_downloaded_once_for_each_version(
    picture: Any, page: Page, attach: Attach, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page", f"<p>a {picture.markup}</p>")
    attach(ref)
    await store.fetch(ref)
    await store.fetch(ref)
    assert len([c for c in wiki.calls() if c["path"].endswith("/download")]) == 1


async def test_a_page_that_is_not_well_formed_is_rejected_with_its_place(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page")
    body = {"representation": "storage", "value": "<p>broken"}
    values = {"body": {"storage": body}}
    match = {"path": f"/pages/{ref.id}$"}
    wiki.faults([{"kind": "extra", "values": values, "times": "always", "match": match}])
    with pytest.raises(Rejected, match=rf"wiki:{ref.id}: .*line 1, column"):
        await store.fetch(ref)


async def test_earlier_versions_are_told_and_read(
    page: Page, wiki: Running, store: ConfluenceStore
) -> None:
    ref = page("Page", "<p>one</p>")
    wiki.act({"do": "edit", "id": ref.id, "body": "<p>two</p>"})
    assert [v.version for v in await store.versions(ref)] == ["2", "1"]
    old = await store.fetch_version(ref, Version("1"))
    assert old.value is not None
    assert (old.version, old.value.body) == ("1", "<p>one</p>")
