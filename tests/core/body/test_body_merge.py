"""Three-way merges: laws over random edits, and what people expect."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import Merge, finish, from_html, merge, parse, plain_text
from syncline.body.merging import (
    ATTRIBUTES,
    DELETED,
    MOVED,
    NEIGHBOURS,
    REPLACED,
    SAME_MARKS,
    SAME_PLACE,
    SAME_WORDS,
)
from syncline.errors import Rejected
from syncline.testing import bodies

RANDOM = st.randoms(use_true_random=False)


def merged(base: str, left: str, right: str, separation: int = 1) -> Merge:
    outcome = merge(from_html(base), from_html(left), from_html(right), separation=separation)
    assert finish(parse(outcome.body)) == outcome.body
    return outcome


TABLE = "<table><tr><th>key<th>value<tr><td>a<td>1<tr><td>b<td>2<tr><td>c<td>3</table>"

CLEAN = {
    "edits of blocks apart": (
        "<p>one<p>two<p>three",
        "<p>ONE<p>two<p>three",
        "<p>one<p>two<p>THREE",
        "<p>ONE<p>two<p>THREE",
    ),
    "edits of words apart in one paragraph": (
        "<p>the quick brown fox jumps",
        "<p>a quick brown fox jumps",
        "<p>the quick brown fox leaps",
        "<p>a quick brown fox leaps",
    ),
    "a mark on one word and a correction of another": (
        "<p>press the green button",
        "<p>press the <b>green</b> button",
        "<p>push the green button",
        "<p>push the <b>green</b> button",
    ),
    "a mark on a sentence and a correction in it": (
        "<p>press the green button",
        "<p><b>press the green button</b>",
        "<p>press the red button",
        "<p><b>press the red button</b>",
    ),
    "no mark on a sentence any more and a correction in it": (
        "<p><b>press the green button</b>",
        "<p>press the green button",
        "<p><b>press the red button</b>",
        "<p>press the red button",
    ),
    "the same mark on both sides and a word beside it": (
        "<p>press the green button",
        "<p>press the <b>green</b> button",
        "<p>push the <b>green</b> button",
        "<p>push the <b>green</b> button",
    ),
    "a link on one side and bold on the other": (
        "<p>press the green button",
        "<p>press the <a href=https://a.example/>green</a> button",
        "<p>press the <b>green</b> button",
        "<p>press the <a href=https://a.example/><b>green</b></a> button",
    ),
    "different marks on the same word": (
        "<p>press the green button",
        "<p>press the <b>green</b> button",
        "<p>press the <i>green</i> button",
        "<p>press the <b><i>green</i></b> button",
    ),
    "the same edit on both sides": ("<p>a<p>b", "<p>x<p>b", "<p>x<p>b", "<p>x<p>b"),
    "an addition here and a deletion there": (
        "<p>a<p>b<p>c<p>d",
        "<p>a<p>new<p>b<p>c<p>d",
        "<p>a<p>b<p>c",
        "<p>a<p>new<p>b<p>c",
    ),
    "a heading's level and its words": (
        "<h2>the old title</h2><p>x",
        "<h3>the old title</h3><p>x",
        "<h2>the new title</h2><p>x",
        "<h3>the new title</h3><p>x",
    ),
    "items of one list": (
        "<ul><li>a<li>b<li>c</ul>",
        "<ul><li>a1<li>b<li>c</ul>",
        "<ul><li>a<li>b<li>c<li>d</ul>",
        "<ul><li>a1<li>b<li>c<li>d</ul>",
    ),
    "neighbouring rows": (
        TABLE,
        TABLE.replace("1", "11"),
        TABLE.replace("2", "22"),
        TABLE.replace("1", "11").replace("2", "22"),
    ),
    "a new row and an edited one": (
        TABLE,
        TABLE.replace("</table>", "<tr><td>d<td>4</table>"),
        TABLE.replace("3", "33"),
        TABLE.replace("3", "33").replace("</table>", "<tr><td>d<td>4</table>"),
    ),
    "a new column, an edited cell and a new row": (
        TABLE,
        "<table><tr><th>key<th>value<th>unit<tr><td>a<td>1<td>m<tr><td>b<td>2<td>kg"
        "<tr><td>c<td>3<td>s</table>",
        TABLE.replace("2", "22").replace("</table>", "<tr><td>d<td>4</table>"),
        "<table><tr><th>key<th>value<th>unit<tr><td>a<td>1<td>m<tr><td>b<td>22<td>kg"
        "<tr><td>c<td>3<td>s<tr><td>d<td>4<td></table>",
    ),
    "lines of code": (
        "<pre>one\ntwo\nthree</pre>",
        "<pre>ONE\ntwo\nthree</pre>",
        "<pre>one\ntwo\n  three</pre>",
        "<pre>ONE\ntwo\n  three</pre>",
    ),
    "an image and its caption": (
        "<figure><img src=https://a.example/1 alt=x><figcaption>old words</figcaption></figure>",
        "<figure><img src=https://a.example/2 alt=x><figcaption>old words</figcaption></figure>",
        "<figure><img src=https://a.example/1 alt=y><figcaption>new words</figcaption></figure>",
        "<figure><img src=https://a.example/2 alt=y><figcaption>new words</figcaption></figure>",
    ),
    "a panel's kind and its content": (
        "<section data-panel=info title=T><p>a b c</section>",
        "<section data-panel=note title=T><p>a b c</section>",
        "<section data-panel=info title=T><p>a b d</section>",
        "<section data-panel=note title=T><p>a b d</section>",
    ),
    "an opaque word stays between edits": (
        "<p>one <span data-opaque=c.status.0123456789ab>x</span> two three",
        "<p>ONE <span data-opaque=c.status.0123456789ab>x</span> two three",
        "<p>one <span data-opaque=c.status.0123456789ab>x</span> two THREE",
        "<p>ONE <span data-opaque=c.status.0123456789ab>x</span> two THREE",
    ),
}


@pytest.mark.parametrize(("base", "left", "right", "both"), CLEAN.values(), ids=CLEAN)
def test_both_edits_survive(base: str, left: str, right: str, both: str) -> None:
    outcome = merged(base, left, right)
    assert outcome.conflicts == ()
    assert outcome.body == from_html(both)
    assert merged(base, right, left) == outcome


CLASHES = {
    "the same word": (
        "<p>one two<p>b",
        "<p>one TWO<p>b",
        "<p>one three<p>b",
        ("two", "TWO", "three", SAME_WORDS),
    ),
    "words side by side": (
        "<p>one two three<p>b",
        "<p>ONE two three<p>b",
        "<p>one TWO three<p>b",
        ("one two", "ONE two", "one TWO", SAME_WORDS),
    ),
    "a link to two targets": (
        "<p>see <a href=https://a.example/>x</a>",
        "<p>see <a href=https://b.example/>x</a>",
        "<p>see <a href=https://c.example/>x</a>",
        ("x", "x", "x", SAME_MARKS),
    ),
    "a deletion of what was edited": (
        "<p>a<p>b<p>c",
        "<p>a<p>c",
        "<p>a<p>bb<p>c",
        ("b", "", "bb", DELETED),
    ),
    "two additions at one place": (
        "<p>a<p>b",
        "<p>a<p>x<p>b",
        "<p>a<p>y<p>b",
        ("", "x", "y", SAME_PLACE),
    ),
    "two new rows at one place": (
        TABLE,
        TABLE.replace("</table>", "<tr><td>x<td>9</table>"),
        TABLE.replace("</table>", "<tr><td>y<td>8</table>"),
        ("", "x 9", "y 8", SAME_PLACE),
    ),
    "edits of neighbouring blocks": (
        "<p>a a a<p>b b b<p>c",
        "<p>a a x<p>b b b<p>c",
        "<p>a a a<p>b b y<p>c",
        ("a a a\nb b b", "a a x\nb b b", "a a a\nb b y", NEIGHBOURS),
    ),
    "a block moved to two places": (
        "<p>a a<p>b b<p>c c<p>d d<p>e e",
        "<p>a a<p>b b<p>d d<p>e e<p>c c",
        "<p>c c<p>a a<p>b b<p>d d<p>e e",
        ("c c", "c c", "c c", MOVED),
    ),
    "an attribute with two values": (
        "<ol start=2><li>a</ol>",
        "<ol start=3><li>a</ol>",
        "<ol start=4><li>a</ol>",
        ("2", "3", "4", ATTRIBUTES),
    ),
    "an opaque block with two successors": (
        "<div data-opaque=c.toc.000000000001>x</div>",
        "<div data-opaque=c.toc.000000000002>x</div>",
        "<div data-opaque=c.toc.000000000003>y</div>",
        ("c.toc.000000000001", "c.toc.000000000002", "c.toc.000000000003", ATTRIBUTES),
    ),
}


@pytest.mark.parametrize(("base", "left", "right", "clash"), CLASHES.values(), ids=CLASHES)
def test_what_does_not_go_together_is_a_clash(
    base: str, left: str, right: str, clash: tuple[str, str, str, str]
) -> None:
    first = merged(base, left, right).conflicts[0]
    assert (first.base, first.left, first.right, first.reason) == clash
    mirrored = merged(base, right, left).conflicts[0]
    assert (mirrored.left, mirrored.right) == (first.right, first.left)


def test_neighbours_merge_where_no_separation_is_asked_for() -> None:
    outcome = merged("<p>a a<p>b b", "<p>a x<p>b b", "<p>a a<p>b y", separation=0)
    assert outcome == Merge(body="<p>a x</p><p>b y</p>")


def test_a_wider_separation_queues_more() -> None:
    texts = ("<p>a a<p>b<p>c c", "<p>a x<p>b<p>c c", "<p>a a<p>b<p>c y")
    assert not merged(*texts, separation=1).conflicts
    assert merged(*texts, separation=2).conflicts


def test_a_proposal_has_no_markers_and_keeps_both_additions() -> None:
    outcome = merged("<p>a<p>b", "<p>a<p>x<p>b", "<p>a<p>y<p>b")
    assert plain_text(outcome.body).split() == ["a", "x", "y", "b"]
    assert outcome.conflicts[0].path == (1,)


def test_a_clash_says_where_it_is_in_the_proposal() -> None:
    moved = merged(*CLASHES["a block moved to two places"][:3])
    assert [clash.path for clash in moved.conflicts] == [(5,)]
    item = merged(
        "<p>a<ul><li>x<li>one two</ul>",
        "<p>a<ul><li>x<li>one 2</ul>",
        "<p>a<ul><li>x<li>one II</ul>",
    )
    assert [clash.path for clash in item.conflicts] == [(1, 1, 0)]


def test_rows_without_a_key_of_their_own_are_told_apart_by_their_words() -> None:
    table = "<table><tr><td><td>red green blue<tr><td><td>one two three</table>"
    outcome = merged(table, table.replace("green", "GREEN"), table.replace("two", "TWO"))
    assert outcome.conflicts == ()
    assert outcome.body == from_html(table.replace("green", "GREEN").replace("two", "TWO"))


def test_a_block_replaced_by_another_kind_on_one_side_is_a_clash_with_an_edit() -> None:
    outcome = merged("<p>a b c", "<ul><li>a b c</ul>", "<p>a b d")
    assert {clash.reason for clash in outcome.conflicts} <= {DELETED, REPLACED, NEIGHBOURS}
    assert outcome.conflicts


def test_a_deleted_column_whose_cell_was_edited_is_a_clash() -> None:
    less = "<table><tr><th>key<tr><td>a<tr><td>b<tr><td>c</table>"
    outcome = merged(TABLE, less, TABLE.replace("2", "22"))
    assert [clash.reason for clash in outcome.conflicts] == [REPLACED]


def test_what_is_no_body_is_refused() -> None:
    with pytest.raises(Rejected):
        merge("hi", "<p>a</p>", "<p>b</p>")


@given(RANDOM)
@settings(max_examples=120, deadline=None)
def test_the_laws_of_a_merge_hold(rng: Random) -> None:
    base = bodies.body(rng)
    left = bodies.edited(rng, base, rng.randint(0, 2))
    right = bodies.edited(rng, base, rng.randint(0, 2))
    assert merge(base, base, right) == Merge(body=right)
    assert merge(base, left, base) == Merge(body=left)
    assert merge(base, left, left) == Merge(body=left)
    outcome, mirrored = merge(base, left, right), merge(base, right, left)
    assert finish(parse(outcome.body)) == outcome.body
    assert len(outcome.conflicts) == len(mirrored.conflicts)
    assert outcome.conflicts or outcome.body == mirrored.body


@given(RANDOM)
@settings(max_examples=120, deadline=None)
def test_edits_far_apart_both_survive(rng: Random) -> None:
    first, middle, last = (bodies.body(rng, 2) for _ in range(3))
    wall = "<p>wall one</p><p>wall two</p>"
    base = f"{first}{wall}{middle}{wall}{last}"
    if finish(bodies.parse_loosely(base)) != base:
        return
    left = f"{bodies.edited(rng, first)}{wall}{middle}{wall}{last}"
    right = f"{first}{wall}{middle}{wall}{bodies.edited(rng, last)}"
    if right.endswith(wall):
        return
    outcome = merge(base, left, right)
    assert outcome.conflicts == ()
    assert outcome.body == left[: len(left) - len(last)] + right[len(base) - len(last) :]
