"""atlassian-python-api against the simulator: a client that we did not write.

Its v2 class knows pages, spaces, properties and versions; labels, uploads and search are in its
class for v1, which Cloud still serves on those paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from atlassian import Confluence
from atlassian.confluence import ConfluenceServer
from requests import HTTPError

V1: Any = ConfluenceServer
V2: Any = Confluence
"""The SDK's classes, which have no annotations."""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:atlassian")


@pytest.fixture
def clients(wiki: Any) -> Iterator[tuple[Any, Any]]:
    """The SDK's client for v2 and its client for v1, with their connections closed afterwards."""
    token = wiki.sim.env["CONFLUENCE_TOKEN"]
    options = {"username": "sync@example.com", "password": token, "cloud": True}
    with pytest.warns(DeprecationWarning, match="V1 methods"):
        v2 = V2(wiki.sim.url + "/wiki", api_version=2, **options)
    v1 = V1(wiki.sim.url + "/wiki", **options)
    yield v2, v1
    v2.close()
    v1.close()


def test_a_page_is_driven_through_its_whole_life(
    wiki: Any, clients: tuple[Any, Any], tmp_path: Path
) -> None:
    v2, v1 = clients
    space = v2.get_space_by_key("KB")
    assert (space["id"], space["name"]) == (wiki.space, "Knowledge Base")

    made = v2.create_page(space_id=space["id"], title="Refunds", body="<p>In 14 days.</p>")
    page = made["id"]
    assert made["version"]["number"] == 1
    assert (
        "In 14 days" in v2.get_page_by_id(page, body_format="storage")["body"]["storage"]["value"]
    )
    assert v2.get_page_id("KB", "Refunds") == page

    changed = v2.update_page(
        page, title="Refunds", body="<p>In 30 days.</p>", status="current", version=1
    )
    assert changed["version"]["number"] == 2
    assert [one["number"] for one in v2.get_all_page_versions(page)] == [2, 1]
    with pytest.raises(HTTPError) as caught:
        v2.update_page(page, title="Refunds", body="<p>x</p>", status="current", version=1)
    assert caught.value.response is not None
    assert caught.value.response.status_code == 409

    v1.set_page_label(page, "KB")
    assert [label["name"] for label in v2.get_page_labels(page)] == ["kb"]
    v1.remove_page_label(page, "kb")
    assert wiki.sim.item(page)["labels"] == []

    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG")
    v1.attach_file(str(picture), page_id=page)
    [attachment] = v1.get_attachments_from_content(page)["results"]
    assert (attachment["title"], attachment["extensions"]["fileSize"]) == ("a.png", 4)
    assert v1.get(attachment["_links"]["download"], not_json_response=True) == b"\x89PNG"

    v2.create_page_property(page, "syncline", {"target": "kb"})
    assert v2.get_page_properties(page)[0]["value"] == {"target": "kb"}

    v2.delete_page(page)
    assert v2.get_page_by_id(page, body_format="storage")["status"] == "trashed"


def test_listings_are_followed_to_their_end(wiki: Any, clients: tuple[Any, Any]) -> None:
    v2, _ = clients
    for number in range(7):
        v2.create_page(space_id=wiki.space, title=f"P{number}", body="<p>x</p>")
    listed = v2.get_pages(space_id=wiki.space, limit=3, sort="id", body_format="storage")
    titles = [page["title"] for page in listed]
    assert titles == ["Knowledge Base", *(f"P{number}" for number in range(7))]


def test_search_finds_what_the_index_knows(wiki: Any, clients: tuple[Any, Any]) -> None:
    v2, v1 = clients
    v2.create_page(space_id=wiki.space, title="Refunds", body="<p>money</p>")
    wiki.sim.clock(advance="1m")
    found = v1.cql('space = "KB" and text ~ "money"')
    assert [row["title"] for row in found["results"]] == ["Refunds"]
