"""Pages of losses and of proposed pairs."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from syncline.body import rewrite_links
from syncline.model import Ref

Site = Any

Make = Any


async def test_losses_are_told_from_stored_texts_without_a_call(make_site: Make) -> None:
    site = await make_site(right={"fields": frozenset({"title", "body", "labels"})})
    site.left.write("With phrases", "<p>a</p>", alternatives=("say it so",))
    site.left.write("Without", "<p>a</p>")
    await site.sync()
    before = dict(site.left.calls), dict(site.right.calls)
    page = await site.get("/jobs/job/losses")
    assert "With phrases" in page.text
    assert "alternatives have no place there" in page.text
    assert "Without" not in page.text
    assert (dict(site.left.calls), dict(site.right.calls)) == before


def without_links_elsewhere(value: Any) -> Any:
    """Hold links to articles of its own only, as a wiki does."""
    body = rewrite_links(value.body, lambda href: None if ":doc/kb:" in href else href)
    return evolve(value, body=body)


async def test_a_link_that_is_led_to_the_other_side_is_no_loss(make_site: Make) -> None:
    site = await make_site(left={"project": without_links_elsewhere})
    other = site.left.write("Other", "<p>o</p>")
    lonely = site.left.draft("Lonely")
    site.left.write("Linking", f'<p>see <a href="syncline:doc/{other}">this</a></p>')
    site.left.write("Lost", f'<p>see <a href="syncline:doc/{lonely}">that</a></p>')
    await site.sync()
    await site.sync()
    page = await site.get("/jobs/job/losses")
    assert "Linking" not in page.text
    assert "1 link leads to an article without a counterpart" in page.text


async def test_losses_of_many_articles_are_paged(make_site: Make) -> None:
    site = await make_site(right={"fields": frozenset({"title", "body"})})
    for n in range(60):
        site.left.write(f"A{n:02d}", "<p>a</p>", labels=frozenset({f"label-{n:02d}"}))
    await site.sync()
    page, seen = await site.get("/jobs/job/losses"), []
    while True:
        seen += [n for n in range(60) if f"label-{n:02d}" in page.text]
        following = page.links('[^"]*after=[^"]*')
        if not following:
            break
        page = await site.get(following[0])
    assert seen == list(range(60))


async def test_proposed_pairs_are_accepted_and_rejected(site: Site) -> None:
    for title in ("Refunds", "Opening hours"):
        site.left.write(title, f"<p>all about {title}</p>")
        site.right.write(title, f"<p>all about {title}, in other words</p>")
    await site.sync()
    page = await site.get("/jobs/job/pairs", "viewer")
    assert "Refunds" in page.text
    assert "<button" not in page.main
    assert (await site.post("/jobs/job/pairs", "viewer", pair="wiki:1\nkb:1")).status == 403
    page = await site.post("/jobs/job/pairs", do="accept")
    assert "Tick at least one pair." in page.text
    page = await site.post("/jobs/job/pairs", do="accept", pair="wiki:1\r\nkb:1")
    assert "1 pair are one article each" in page.text
    page = await site.post("/jobs/job/pairs", do="reject", pair="wiki:2\r\nkb:2")
    assert "No pair waits for an answer." in page.text
    await site.sync()
    assert site.state.link("job", Ref("wiki", "1")).right.ref == Ref("kb", "1")
    assert site.state.link("job", Ref("wiki", "2")).right.ref != Ref("kb", "2")
    page = await site.post("/jobs/job/pairs", do="accept", pair="kb:2\r\nwiki:2")
    assert "a pair of this job is wiki:ID kb:ID" in page.text


async def test_the_two_articles_of_a_proposed_pair_are_read_and_compared(site: Site) -> None:
    left = site.left.write("Refunds", "<p>money back in <em>three</em> days</p>")
    right = site.right.write("Refunds", "<p>money back in four days</p>")
    await site.sync()
    page = await site.get("/jobs/job/pairs", "editor")
    page = await site.get(page.link("Compare"), "editor")
    assert "<del>three</del><ins>four</ins>" in page.html
    page = await site.post("/jobs/job/pairs", do="accept", pair=page.hidden("pair"))
    assert "Accepted" in page.text
    path = f"/jobs/job/pairs/compare?left={left}&right={right}"
    assert (await site.get(path, "viewer")).status == 403
    assert (await site.get(path, "editor")).status == 404


@pytest.mark.parametrize("how", ["restrict", "spoil", "hide"])
async def test_a_proposed_pair_with_a_side_that_is_not_open_is_not_shown(
    site: Site, how: str
) -> None:
    left = site.left.write("Refunds", "<p>secret sums</p>")
    right = site.right.write("Refunds", "<p>money</p>")
    await site.sync()
    getattr(site.left, how)(left)
    page = await site.get(f"/jobs/job/pairs/compare?left={left}&right={right}", "operator")
    assert page.status in (409, 502)
    assert "secret" not in page.text
