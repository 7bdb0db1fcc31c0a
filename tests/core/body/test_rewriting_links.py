"""Giving the links of a body other targets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import finish, from_html, links, rewrite_links
from syncline.body.markup import build
from syncline.body.references import _relinked

_OLD = ("syncline:doc/wiki:1", "syncline:doc/wiki:2#part", "https://example.com/?a=1&b=2", "#here")
_NEW = (
    *_OLD,
    None,
    "syncline:doc/kb:7",
    "syncline:doc/kb:7%2F8",
    "syncline:doc/kb:a b",
    'syncline:doc/kb:"><b>',
    "javascript:alert(1)",
)
_link = st.builds("<a href='{}'>{}</a>".format, st.sampled_from(_OLD), st.sampled_from("xyé "))
_text = st.sampled_from(["one", " two ", "e\u0301", "<strong>s</strong>", "<br>"])
_bodies = st.lists(st.one_of(_link, _text), max_size=6).map(
    lambda parts: from_html(f"<p>{''.join(parts)}</p>")
)
_changes = st.fixed_dictionaries({old: st.sampled_from(_NEW) for old in _OLD})


@settings(max_examples=300, deadline=None)
@given(_bodies, _changes)
def test_new_targets_give_what_building_the_body_anew_gives(
    body: str, changes: dict[str, str | None]
) -> None:
    anew = finish(_relinked(build(body), changes.__getitem__))
    assert rewrite_links(body, changes.__getitem__) == anew


def test_a_body_whose_links_all_stay_is_the_same_text() -> None:
    body = from_html("<p>See <a href='syncline:doc/wiki:1'>this</a>.</p>")
    assert rewrite_links(body, lambda href: href) is body


def test_two_links_beside_each_other_that_now_lead_to_one_place_become_one() -> None:
    body = from_html(
        "<p><a href='syncline:doc/wiki:1'>a</a><a href='syncline:doc/wiki:2'>b</a></p>"
    )
    assert links(body) == ("syncline:doc/wiki:1", "syncline:doc/wiki:2")
    assert rewrite_links(body, lambda _: "syncline:doc/kb:9") == (
        '<p><a href="syncline:doc/kb:9">ab</a></p>'
    )


@pytest.mark.parametrize("address", ["https://e.org/?a=1&amp;b=2", "https://e.org/&quot;q&quot;"])
def test_an_address_that_stays_keeps_what_is_escaped_in_it(address: str) -> None:
    body = from_html(f'<p><a href="syncline:doc/wiki:1">in</a> <a href="{address}">out</a></p>')
    changed = rewrite_links(body, lambda href: href.replace("wiki:1", "kb:2"))
    assert changed == body.replace("wiki:1", "kb:2")
    assert from_html(changed) == changed
