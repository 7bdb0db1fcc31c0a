"""Differences for people: blocks, then words."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import (
    Change,
    Hunk,
    Span,
    diff,
    diff_html,
    diff_text,
    from_html,
)
from syncline.testing import bodies

RANDOM = st.randoms(use_true_random=False)


def shown(old: str, new: str) -> str:
    return diff_text(diff(from_html(old), from_html(new)))


LINES = {
    "a changed word": (
        "<p>one two three",
        "<p>one 2 three",
        "~ p: one [-two-]{+2+} three\n",
    ),
    "a new and an old paragraph": (
        "<p>a<p>b<p>c",
        "<p>a<p>c<p>d",
        "  … 1 unchanged\n- p: b\n  … 1 unchanged\n+ p: d\n",
    ),
    "an item": (
        "<ul><li>a<li>b</ul>",
        "<ul><li>a<li>b<li>c</ul>",
        "  … 2 unchanged\n+ ul › li › p: c\n",
    ),
    "a heading of another level": ("<h2>a</h2>", "<h3>a</h3>", "~ h2 → h3: a\n"),
    "a mark": ("<p>a b c", "<p>a <b>b</b> c", '~ p: a b c  ("b": bold)\n'),
    "a mark that went": ("<p>a <i>b</i> c", "<p>a b c", '~ p: a b c  ("b": not italic)\n'),
    "a link's target": (
        "<p><a href=https://a.example/>x</a>",
        "<p><a href=https://b.example/>x</a>",
        '~ p: x  ("x": link https://a.example/ → https://b.example/)\n',
    ),
    "a line of code": (
        "<pre>a\nb\nc</pre>",
        "<pre>a\nB\nc</pre>",
        "~ pre: a\n    [-b-]{+B+}\n    c\n",
    ),
    "the language of code": (
        "<pre data-lang=py>a</pre>",
        "<pre data-lang=sh>a</pre>",
        "~ pre: a  (data-lang: py → sh)\n",
    ),
    "an image's text": (
        "<img src=https://a.example/ alt=x>",
        "<img src=https://a.example/ alt=y>",
        "~ figure: [-[image: x]-]{+[image: y]+}  (alt: x → y)\n",
    ),
    "a place": ("<p>a", "<ul><li>a</ul>", "~ ul › li › p: a  (place: top level → ul › li)\n"),
    "where a list starts": (
        "<ol start=2><li>a</ol>",
        "<ol start=3><li>a</ol>",
        '~ ol › li › p: a  (<ol start="2"> → <ol start="3">)\n',
    ),
    "an opaque block": (
        "<p>a",
        "<p>a<div data-opaque=confluence.toc.0123456789ab></div>",
        "  … 1 unchanged\n+ div: [confluence.toc]\n",
    ),
    "an empty panel": (
        "<p>a",
        "<p>a<section data-panel=info title=T></section>",
        "  … 1 unchanged\n+ section: \n",
    ),
    "nothing": ("<p>a", "<p>a", ""),
}


@pytest.mark.parametrize(("old", "new", "text"), LINES.values(), ids=LINES)
def test_a_difference_is_readable(old: str, new: str, text: str) -> None:
    assert shown(old, new) == text


def test_nothing_in_a_difference_steers_a_terminal() -> None:
    text = shown("<p>a", "<p>a \u202e\u200b\u2028\x1b[31m b")
    assert "\\u202e\\u200b\\u2028[31m b" in text
    assert all(c.isprintable() or c == "\n" for c in text)


def test_html_marks_insertions_and_deletions_and_escapes() -> None:
    hunks = diff(from_html("<p>a &lt;b&gt; c<hr>"), from_html("<p>a &lt;i&gt; c<hr>"))
    assert diff_html(hunks) == (
        '<p data-place="p">a &lt;<del>b</del><ins>i</ins>&gt; c</p>'
        '<p data-skipped="1">… 1 unchanged</p>'
    )


def test_a_hunk_says_what_happened() -> None:
    added, changed = diff(from_html("<p>a b"), from_html("<h1>t</h1><p>a c"))
    assert added.change is Change.ADDED
    assert changed.change is None
    assert changed == Hunk(
        kind="p",
        spans=(Span(Change.SAME, "a "), Span(Change.REMOVED, "b"), Span(Change.ADDED, "c")),
    )


@given(RANDOM)
@settings(max_examples=60, deadline=None)
def test_a_difference_is_empty_exactly_when_nothing_changed(rng: Random) -> None:
    old = bodies.body(rng)
    new = bodies.edited(rng, old, rng.randint(0, 2))
    hunks = diff(old, new)
    assert bool(hunks) == (old != new)
    assert diff_text(hunks).count("\n") >= len(hunks)


def test_two_thousand_identical_blocks_do_not_make_it_quadratic() -> None:
    old = "<p>the same words in every block</p>" * 2_000
    start = time.process_time()
    hunks = diff(old, old.replace("same", "other", 3) + "<p>end</p>")
    assert time.process_time() - start < 5
    assert 4 <= len(hunks) <= 10


@settings(max_examples=150)
@given(RANDOM)
def test_a_whole_difference_tells_every_leaf_of_both_texts_once(rng: Random) -> None:
    old = bodies.body(rng)
    new = bodies.edited(rng, old, times=3)
    brief, whole = diff(old, new), diff(old, new, whole=True)
    assert [h for h in whole if h.change is not Change.SAME] == [h for h in brief if not h.skipped]
    unchanged = sum(h.change is Change.SAME for h in whole)
    counted = sum(h.skipped for h in brief) if brief else len(whole)
    assert unchanged == counted


def test_a_whole_difference_holds_the_unchanged_words_too() -> None:
    old, new = from_html("<p>a<ul><li>b</ul><p>c"), from_html("<p>a<ul><li>b</ul><p>d")
    assert diff_text(diff(old, new, whole=True)) == "~ p: a\n~ ul › li › p: b\n~ p: [-c-]{+d+}\n"
    assert [h.change for h in diff(old, old, whole=True)] == [Change.SAME] * 3
