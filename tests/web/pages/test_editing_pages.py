"""A person edits the proposed merge, looks at it, and applies it."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline import body as _body
from syncline.mapping import Mapping, ToLabel
from syncline.testing import bodies
from syncline_web.pages.layout import laid_out

Site = Any
Make = Any


def address(site: Site) -> str:
    return f"/jobs/job/conflicts/{site.conflict()}/edit"


async def send(site: Site, do: str, page: Any | None = None, **fields: str) -> Any:
    page = page or await site.get(address(site), "editor")
    values = {"title": "Opening hours", "body": "<p>mine</p>", "category": "", "labels": ""}
    values |= {"alternatives": "", **fields}
    return await site.post(address(site), do=do, seen=page.hidden("seen"), **values)


def body_of(site: Site, ref: Any) -> tuple[str, str]:
    right = site.state.link("job", ref).right.ref
    return site.left.value(ref).body, site.right.value(right).body


async def test_the_form_starts_from_the_proposed_merge_or_a_side(site: Site) -> None:
    await site.clash("<p>a</p>", "<p>left says</p>", "<p>right says</p>")
    page = await site.get(address(site), "editor")
    assert "&lt;p&gt;left says&lt;/p&gt;</textarea>" in page.html
    page = await site.get(address(site), "editor", start="right")
    assert "&lt;p&gt;right says&lt;/p&gt;</textarea>" in page.html


async def test_a_preview_is_shown_and_nothing_is_written(site: Site) -> None:
    ref = await site.clash()
    page = await send(site, "preview", body="<p>one and <b>more</b></p>")
    assert "Preview" in page.text
    assert "<ins> and more</ins>" in page.html
    assert body_of(site, ref) == ("<p>two</p>", "<p>three</p>")
    frame = await site.get(page.links('[^"]*/draft')[0], "editor")
    assert "<p>one and <strong>more</strong></p>" in frame.html


async def test_an_edited_text_is_written_to_both_sides(site: Site) -> None:
    ref = await site.clash()
    page = await send(site, "apply", title="Hours", labels="open\nhours\n")
    assert "Both sides have your text." in page.text
    assert body_of(site, ref) == ("<p>mine</p>", "<p>mine</p>")
    assert site.left.value(ref).title == "Hours"
    assert site.left.value(ref).labels == {"open", "hours"}
    assert "Your own text is kept" not in page.text


async def test_hostile_html_is_cleaned_before_it_is_kept_shown_or_written(site: Site) -> None:
    ref = await site.clash()
    evil = '<p onclick="x()">safe<script>alert(1)</script><img src=x onerror=alert(1)></p>'
    page = await send(site, "preview", body=evil)
    frame = await site.get(page.links('[^"]*/draft')[0], "editor")
    assert "alert" not in frame.html
    await send(site, "apply", body=evil)
    assert body_of(site, ref) == ("<p>safe</p>", "<p>safe</p>")


async def test_when_a_side_moved_the_edit_is_kept_and_can_be_applied_later(site: Site) -> None:
    ref = await site.clash()
    form = await site.get(address(site), "editor")
    site.right.edit(site.twin(ref), body="<p>moved meanwhile</p>")
    page = await send(site, "apply", form, body="<p>hours of work</p>")
    assert "Nothing was done" in page.text
    assert "moved meanwhile" in page.text
    assert "Your own text is kept." in page.text
    assert body_of(site, ref) == ("<p>two</p>", "<p>moved meanwhile</p>")
    page = await site.get(address(site), "editor")
    assert "&lt;p&gt;hours of work&lt;/p&gt;</textarea>" in page.html
    page = await send(site, "apply", page, body="<p>hours of work</p>", looked=looked(page))
    assert body_of(site, ref) == ("<p>hours of work</p>", "<p>hours of work</p>")


def looked(page: Any) -> str:
    """What ticking the box sends that tells that a person has looked at what has moved."""
    found = re.search(r'name="looked" value="([0-9a-f]+)"', page.html)
    assert found, page.text
    return found[1]


@pytest.mark.parametrize("sent", ["preview", "apply"])
async def test_a_text_begun_before_a_side_moved_is_not_applied_unasked(
    site: Site, sent: str
) -> None:
    # A pass has looked at the conflict in between: the page of before knows nothing of that edit.
    ref = await site.clash()
    form = await site.get(address(site), "editor")
    site.right.edit(site.twin(ref), body="<p>an agent's edit</p>")
    await site.sync()
    await send(site, sent, form, body="<p>mine</p>")
    page = await site.get(address(site), "editor")
    assert "has moved since you began this text" in page.text
    page = await send(site, "apply", page, body="<p>mine</p>")
    assert "Nothing was done" in page.text
    assert body_of(site, ref) == ("<p>two</p>", "<p>an agent's edit</p>")


async def test_a_form_that_is_refused_does_not_forget_what_its_text_was_begun_from(
    site: Site,
) -> None:
    ref = await site.clash()
    form = await site.get(address(site), "editor")
    site.right.edit(site.twin(ref), body="<p>an agent's edit</p>")
    await site.sync()
    page = await send(site, "apply", form, title=" ", body="<p>mine</p>")
    assert page.status == 422
    await send(site, "apply", page, body="<p>mine</p>")
    assert body_of(site, ref) == ("<p>two</p>", "<p>an agent's edit</p>")


async def test_a_text_belongs_to_the_person_who_typed_it(site: Site) -> None:
    await site.clash()
    await send(site, "preview", body="<p>private thoughts</p>")
    page = await site.get(address(site), "operator")
    assert "private thoughts" not in page.html
    draft = f"/jobs/job/conflicts/{site.conflict()}/draft"
    assert (await site.get(draft, "operator")).status == 404
    assert (await site.get(draft, "editor")).status == 200


async def test_a_text_can_be_given_up(site: Site) -> None:
    await site.clash()
    page = await send(site, "preview", body="<p>no good</p>")
    page = await send(site, "discard", page)
    assert "forgotten" in page.text
    assert "no good" not in (await site.get(address(site), "editor")).html


async def test_a_form_without_a_title_comes_back_with_what_was_typed(site: Site) -> None:
    await site.clash()
    page = await send(site, "apply", title="  ", body="<p>long <i>work</i></p>")
    assert page.status == 422
    assert "An article needs a title." in page.text
    assert "&lt;p&gt;long &lt;i&gt;work&lt;/i&gt;&lt;/p&gt;" in page.html


async def test_a_text_that_is_too_deep_is_refused_with_the_reason(site: Site) -> None:
    await site.clash()
    page = await send(site, "apply", body="<blockquote>" * 500 + "x")
    assert page.status == 422
    assert "cannot be taken like this" in page.text


async def test_a_form_beyond_all_measure_is_not_read(site: Site) -> None:
    await site.clash()
    page = await send(site, "preview", body="x" * 17_000_000)
    assert page.status == 413


async def test_labels_that_a_rule_renames_survive_an_edit_of_the_text(make_site: Make) -> None:
    # The form speaks the words that both sides share; what the left alone says stays there.
    site = await make_site(mapping=Mapping(rules=(ToLabel(label="howto", to_label="how-to"),)))
    ref = site.left.write("A", "<p>one</p>", labels=frozenset({"howto"}))
    await site.sync()
    site.left.edit(ref, body="<p>two</p>")
    site.right.edit(site.twin(ref), body="<p>three</p>")
    await site.sync()
    page = await site.get(address(site), "editor")
    assert "how-to</textarea>" in page.html
    await send(site, "apply", page, labels="how-to")
    assert site.left.value(ref).labels == {"howto"}
    assert site.right.value(site.twin(ref)).labels == {"how-to"}


async def test_links_in_a_text_taken_from_the_right_lead_to_the_lefts_articles(site: Site) -> None:
    other = site.left.write("Other", "<p>o</p>")
    ref = await site.clash(
        f'<p>see <a href="syncline:doc/{other}">it</a></p>',
        f'<p>look at <a href="syncline:doc/{other}">it</a></p>',
        "<p>replaced below</p>",
    )
    twin = site.twin(other)
    site.right.edit(site.twin(ref), body=f'<p>do see <a href="syncline:doc/{twin}">it</a></p>')
    await site.sync()
    page = await site.get(address(site), "editor", start="right")
    assert f"syncline:doc/{other}" in page.html
    assert f"syncline:doc/{twin}" not in page.html


@settings(max_examples=80)
@given(st.randoms(use_true_random=False))
def test_a_text_laid_out_for_typing_is_the_same_text(rng: Random) -> None:
    body = bodies.body(rng)
    assert _body.from_html(laid_out(body)) == body
    # A browser sends a textarea's lines with CRLF.
    assert _body.from_html(laid_out(body).replace("\n", "\r\n")) == body


def test_a_text_is_laid_out_one_block_a_line() -> None:
    body = _body.from_html("<h2>a</h2><p>b<ul><li>c<li>d<ul><li>e</ul></ul>")
    assert laid_out(body).splitlines() == [
        "<h2>a</h2>",
        "<p>b</p>",
        "<ul>",
        "  <li>c</li>",
        "  <li>",
        "    <p>d</p>",
        "    <ul>",
        "      <li>e</li>",
        "    </ul>",
        "  </li>",
        "</ul>",
    ]
