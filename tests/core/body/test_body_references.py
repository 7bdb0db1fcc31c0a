"""What a body refers to."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import (
    assets,
    finish,
    from_html,
    links,
    opaque_keys,
    parse,
    plain_text,
    rewrite_links,
)
from syncline.testing import bodies

SHA = "ab" * 32
RANDOM = st.randoms(use_true_random=False)


def test_links_are_listed_once_in_reading_order() -> None:
    body = from_html(
        "<a href='https://b.example/?x=1&y=2'>1</a> <a href=#a title=t>2</a>"
        "<ul><li><a href='https://b.example/?x=1&y=2'>3</a></ul>"
        "&lt;a href=&quot;https://not.example/&quot;>"
    )
    assert links(body) == ("https://b.example/?x=1&y=2", "#a")


def test_assets_are_those_shown_and_those_linked_to() -> None:
    body = from_html(
        f"<img alt=x src=syncline:asset/{SHA}><a href=syncline:asset/{'cd' * 32}>file</a>"
        f"<video src=syncline:asset/{SHA}></video><p>syncline:asset/{'ef' * 32}"
    )
    assert assets(body) == (SHA, "cd" * 32)


def test_opaque_keys_are_listed_once() -> None:
    body = from_html(
        "<div data-opaque=c.toc.000000000001></div><p><span data-opaque=c.x.000000000002>t</span>"
        "<div data-opaque=c.toc.000000000001></div>"
    )
    assert opaque_keys(body) == ("c.toc.000000000001", "c.x.000000000002")


def test_links_are_rewritten_and_unwrapped() -> None:
    body = from_html("<a href=https://a.example/ title=t>a</a> <b><a href=#b>b</a></b> c")
    table = {"https://a.example/": "syncline:doc/wiki:1#x"}
    assert rewrite_links(body, table.get) == (
        '<p><a href="syncline:doc/wiki:1#x" title="t">a</a> <strong>b</strong> c</p>'
    )
    assert rewrite_links(body, lambda href: "javascript:x") == "<p>a <strong>b</strong> c</p>"


def test_neighbouring_links_that_become_one_are_merged() -> None:
    body = from_html("<a href=#a>a</a><a href=#b>b</a>")
    assert rewrite_links(body, lambda href: "#c") == '<p><a href="#c">ab</a></p>'


def test_plain_text_has_a_line_for_each_leaf() -> None:
    body = from_html(
        "<h1>T &amp; t</h1><ul><li>a <b>b</b><br>c</ul><img src=https://x.example/ alt='an image'>"
        "<pre>d\n  e</pre><hr><p></p><p>f"
    )
    assert plain_text(body) == "T & t\na b\nc\nan image\nd\n  e\nf"


@given(RANDOM)
@settings(max_examples=80, deadline=None)
def test_rewriting_to_the_same_changes_nothing(rng: Random) -> None:
    body = bodies.body(rng)
    assert rewrite_links(body, lambda href: href) == body
    without = rewrite_links(body, lambda href: None)
    assert links(without) == ()
    assert plain_text(without).split() == plain_text(body).split()
    assert finish(parse(without)) == without
