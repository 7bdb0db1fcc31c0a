"""A person settles conflicts in the browser."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.decision import Deletes, OnConflict, Policy
from syncline.model import Ref

Site = Any
Make = Any


async def shown(site: Site, role: str = "editor") -> Any:
    return await site.get(f"/jobs/job/conflicts/{site.conflict()}", role)


async def take(site: Site, which: str, page: Any | None = None, **more: str) -> Any:
    page = page or await shown(site)
    path = f"/jobs/job/conflicts/{site.conflict()}"
    return await site.post(path, take=which, seen=page.hidden("seen"), **more)


def bodies(site: Site, left: Ref) -> tuple[str, str]:
    right = site.state.link("job", left).right.ref
    return site.left.value(left).body, site.right.value(right).body


async def test_the_queue_names_what_waits_and_leads_to_it(site: Site) -> None:
    await site.clash(title="Refunds")
    page = await site.get("/jobs/job/conflicts")
    assert "Refunds" in page.text
    assert "edited on both sides" in page.text
    assert (await site.get(page.link("Refunds"))).status == 200


async def test_a_conflict_shows_every_text_with_the_changed_words_marked(site: Site) -> None:
    await site.clash("<p>open at nine</p>", "<p>open at eight</p>", "<p>open at ten</p>")
    page = await shown(site)
    for text in ("<del>nine</del>", "<ins>eight</ins>", "<ins>ten</ins>"):
        assert text in page.html
    for heading in ("Base:", "Left: wiki", "Right: kb", "Proposed merge"):
        assert heading in page.text
    assert "± changed" in page.text


async def test_fields_that_differ_are_told_beside_the_text(site: Site) -> None:
    ref = site.left.write("Hours", "<p>a</p>", labels=frozenset({"old"}))
    await site.sync()
    site.left.edit(ref, title="Opening hours", labels=frozenset({"new"}))
    site.right.edit(site.twin(ref), title="Times")
    await site.sync()
    page = await shown(site)
    assert "<del>Hours</del> <ins>Opening hours</ins>" in page.html
    assert "<del>Hours</del> <ins>Times</ins>" in page.html
    assert "<del>old</del> <ins>new</ins>" in page.html


@pytest.mark.parametrize(("which", "text"), [("left", "two"), ("right", "three"), ("merge", "two")])
async def test_taking_a_side_writes_it_to_the_other(site: Site, which: str, text: str) -> None:
    ref = await site.clash()
    page = await take(site, which)
    assert "Done:" in page.text
    assert "The conflict is settled." in page.text
    assert bodies(site, ref) == (f"<p>{text}</p>", f"<p>{text}</p>")
    assert site.state.conflicts("job") == []


async def test_keeping_both_makes_two_articles(site: Site) -> None:
    await site.clash()
    await take(site, "both")
    assert sorted(v.body for v in site.left.live().values()) == ["<p>three</p>", "<p>two</p>"]
    assert sorted(v.body for v in site.right.live().values()) == ["<p>three</p>", "<p>two</p>"]


async def test_nothing_is_applied_when_a_side_moved_meanwhile_and_the_page_shows_how_it_is_now(
    site: Site,
) -> None:
    ref = await site.clash()
    page = await shown(site)
    site.left.edit(ref, body="<p>moved meanwhile</p>")
    before = len(site.right.mutations)
    page = await take(site, "left", page)
    assert "Nothing was done" in page.text
    assert "it was edited since the conflict was shown" in page.text
    assert "moved meanwhile" in page.text
    assert len(site.right.mutations) == before
    assert "Your choice" in page.text
    page = await take(site, "left", page)
    assert bodies(site, ref) == ("<p>moved meanwhile</p>", "<p>moved meanwhile</p>")


async def test_nothing_is_applied_when_a_pass_has_refreshed_what_the_person_saw(site: Site) -> None:
    # The engine alone would take what the pass saw, which this person has not seen.
    ref = await site.clash()
    page = await shown(site)
    site.left.edit(ref, body="<p>seen by a pass</p>")
    await site.sync()
    page = await take(site, "left", page)
    assert "one of the sides has moved since this page was shown" in page.text
    assert "seen by a pass" in page.text
    assert bodies(site, ref)[1] == "<p>three</p>"


async def test_a_conflict_that_somebody_else_settled_is_told_as_settled(site: Site) -> None:
    await site.clash()
    id, page = site.conflict(), await shown(site)
    await site.session.resolve(id, "right")
    page = await site.post(f"/jobs/job/conflicts/{id}", take="left", seen=page.hidden("seen"))
    assert "Nothing was done" in page.text
    assert "It is settled: right" in page.text


async def test_a_viewer_looks_and_settles_nothing(site: Site) -> None:
    ref = await site.clash()
    page = await shown(site, "viewer")
    assert "Editors and operators may settle it" in page.text
    assert "<button" not in page.main
    path = f"/jobs/job/conflicts/{site.conflict()}"
    refused = await site.post(path, "viewer", take="left", seen="x")
    assert refused.status == 403
    refused = await site.get(path + "/edit", "viewer")
    assert refused.status == 403
    assert bodies(site, ref) == ("<p>two</p>", "<p>three</p>")


async def test_a_choice_that_removes_an_article_says_so_and_asks_twice(make_site: Make) -> None:
    site = await make_site(policy=Policy(deletes=Deletes.HOLD))
    ref = site.left.write("Old", "<p>old</p>")
    await site.sync()
    twin = site.twin(ref)
    site.left.trash(ref)
    await site.sync()
    page = await shown(site)
    assert "The article in kb is removed, too." in page.text
    assert "It is created again in wiki." in page.text
    page = await take(site, "left")
    assert "tick the box" in page.text
    assert twin in site.right.live()
    page = await take(site, "left", sure="yes")
    assert "Done:" in page.text
    assert twin not in site.right.live()


async def test_taking_the_side_that_is_left_creates_the_other_again(make_site: Make) -> None:
    site = await make_site()
    ref = site.left.write("Old", "<p>old</p>")
    await site.sync()
    site.right.trash(site.twin(ref))
    await site.sync()
    page = await shown(site)
    assert "It is created again in kb." in page.text
    assert "The article in wiki is removed, too." in page.text
    await take(site, "left")
    assert [v.title for v in site.right.live().values()] == ["Old"]


async def test_a_losing_edit_that_was_kept_can_be_brought_back(make_site: Make) -> None:
    site = await make_site(policy=Policy(on_conflict=OnConflict.LEFT_WINS))
    ref = await site.clash()
    page = await site.get("/jobs/job/conflicts", which="review")
    assert "Opening hours" in page.text
    page = await shown(site)
    assert "gave way" in page.text
    assert "It stays as it was decided." in page.text
    await take(site, "right", page)
    assert bodies(site, ref) == ("<p>three</p>", "<p>three</p>")


async def test_after_one_conflict_the_next_one_is_a_click_away(site: Site) -> None:
    await site.clash(title="First")
    id, page = site.conflict(), await shown(site)
    await site.clash(title="Second")
    page = await site.post(f"/jobs/job/conflicts/{id}", take="left", seen=page.hidden("seen"))
    following = await site.get(page.link("Next conflict"))
    assert "Conflict: Second" in following.text


async def test_a_conflict_of_a_restricted_article_is_settled_by_operators_only(site: Site) -> None:
    ref = await site.clash()
    page = await shown(site)
    site.left.obscure(ref)
    await site.sync()
    id = site.conflict()
    refused = await take(site, "left", page)
    assert refused.status == 403
    assert "An operator may settle this." in (await shown(site)).text
    assert "Take left" in (await shown(site, "operator")).text
    assert site.conflict() == id


async def test_nothing_hidden_turns_the_direction_of_a_text_that_is_compared(site: Site) -> None:
    await site.clash("<p>pay 10</p>", "<p>pay \u202e01\u202c</p>", "<p>pay 20</p>")
    page = await shown(site)
    assert "\u202e" not in page.html
    assert "[U+202E]" in page.text


async def test_a_text_beyond_all_measure_is_cut_on_the_page_and_whole_in_its_frame(
    site: Site,
) -> None:
    long = "".join(f"<p>{n} {'word ' * 40}</p>" for n in range(3000))
    await site.clash(long, long + "<p>the end</p>", long + "<p>another end</p>")
    page = await shown(site)
    assert "more paragraphs are not shown here" in page.text
    assert "<ins>the end</ins>" in page.html
    assert "<ins>another end</ins>" in page.html
    assert len(page.html) < 3_000_000
    frame = await site.get(f"/jobs/job/conflicts/{site.conflict()}/text/left")
    assert "the end" in frame.text


async def test_an_unknown_conflict_or_choice_is_told_plainly(site: Site) -> None:
    assert (await site.get("/jobs/job/conflicts/nope")).status == 404
    assert (await site.get("/jobs/nope/conflicts")).status == 404
    await site.clash()
    page = await site.post(f"/jobs/job/conflicts/{site.conflict()}", take="everything", seen="x")
    assert "That is no choice here." in page.text


async def test_what_a_store_refuses_is_shown_and_nothing_is_lost(site: Site) -> None:
    from syncline.errors import Unavailable

    ref = await site.clash()
    page = await shown(site)
    site.right.fail("update", Unavailable("kb:1: the server answered 503; try later"))
    page = await take(site, "left", page)
    assert "It did not work" in page.text
    assert "the server answered 503" in page.text
    assert bodies(site, ref)[1] == "<p>three</p>"
    assert site.conflict()


async def test_a_draft_that_is_still_open_is_told_and_the_conflict_stays(make_site: Make) -> None:
    from syncline.ports import Capability
    from syncline.testing import EVERYTHING

    site = await make_site(right={"capabilities": EVERYTHING | Capability.DRAFTS})
    ref = site.left.write("Hours", "<p>one</p>")
    await site.sync()
    site.right.start_draft(site.twin(ref), body="<p>an hour of work</p>")
    site.left.edit(ref, body="<p>two</p>")
    await site.sync()
    before, page = site.conflict(), await shown(site)
    assert "Look whether the draft was published or discarded" in page.text
    page = await take(site, "left", page)
    assert "Nothing was done" in page.text
    assert "publish or discard it there" in page.text
    assert "Your choice" in page.text
    assert site.conflict() == before
    assert bodies(site, ref)[1] == "<p>one</p>"
