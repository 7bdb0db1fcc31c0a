"""What an event says about which page, whatever brought it."""

from __future__ import annotations

import pytest

from syncline.errors import Rejected
from syncline.testing.deliveries import NOW
from syncline_confluence.webhooks import events

PAGE = {"id": 98312, "idAsString": "98312", "spaceKey": "KB", "contentType": "page"}
EDITED = {"timestamp": int(NOW.timestamp() * 1000), "updateTrigger": "edit_page", "page": PAGE}


@pytest.mark.parametrize(
    ("name", "subtree"),
    [
        ("page_created", False),
        ("page_updated", False),
        ("page_children_reordered", False),
        ("label_added", False),
        ("attachment_updated", False),
        ("page_trashed", True),
        ("page_removed", True),
        ("page_restored", True),
        ("page_moved", True),
        ("page_archived", True),
        ("page_unarchived", True),
        ("content_permissions_updated", True),
    ],
)
def test_what_takes_children_along_has_them_looked_at(name: str, subtree: bool) -> None:
    event = events.classic({"page": PAGE}, name)
    assert (event.page, event.subtree, event.matters) == ("98312", subtree, True)


def test_an_event_without_a_name_might_be_any_unless_it_is_an_edit() -> None:
    assert events.classic({"page": PAGE}, "").subtree
    assert not events.classic(EDITED, "").subtree


@pytest.mark.parametrize("key", ["page", "content", "labeled", "attachedTo"])
def test_the_page_is_found_wherever_the_body_has_it(key: str) -> None:
    assert events.classic({key: PAGE}, "label_added").page == "98312"


def test_other_things_than_pages_are_none_of_ours() -> None:
    assert not events.classic({"page": {**PAGE, "contentType": "blogpost"}}, "x_created").matters
    assert not events.classic({"user": {}}, "user_created").matters
    assert not events.classic({"page": PAGE}, "page_viewed").matters
    told = {"eventType": "avi:confluence:created:space:V2", "space": {}}
    assert not events.forge(told).matters


def test_an_attachment_leads_to_its_page() -> None:
    told = {
        "eventType": "avi:confluence:updated:attachment",
        "content": {
            "id": "att1",
            "type": "attachment",
            "container": {"id": "98312", "type": "page"},
        },
    }
    assert (events.forge(told).page, events.forge(told).subtree) == ("98312", False)


@pytest.mark.parametrize("id_", [None, "", "98312; drop", "../1", "98 312", "９８", -1, 1.5, {}])
def test_an_id_that_is_none_is_rejected(id_: object) -> None:
    with pytest.raises(Rejected):
        events.classic({"page": {"id": id_}}, "page_updated")
    with pytest.raises(Rejected):
        events.automation({"id": id_})
    told = {"type": "page", "id": id_}
    with pytest.raises(Rejected):
        events.forge({"eventType": "avi:confluence:updated:page", "content": told})
