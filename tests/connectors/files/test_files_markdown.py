"""Markdown says what the body says, and an edit touches only what was edited."""

from __future__ import annotations

import difflib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import from_html, parse, plain_text, render
from syncline.errors import Rejected
from syncline.testing import bodies
from syncline_files.decoding import body_of_html, body_of_markdown
from syncline_files.encoding import markdown_of
from syncline_files.names import clean
from syncline_files.page import Page
from syncline_files.splicing import spliced_html, spliced_markdown

SEEDS = st.randoms(use_true_random=False)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_is_written_reads_back_as_the_same_body(rng: random.Random) -> None:
    body = bodies.body(rng)
    assert body_of_markdown(markdown_of(body)) == body


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_an_edit_is_in_the_file_whatever_was_edited(rng: random.Random) -> None:
    body = bodies.body(rng)
    edited = bodies.edited(rng, body, rng.randint(1, 3))
    text = spliced_markdown(markdown_of(body), edited, str, str)
    assert body_of_markdown(text) == edited
    page = "".join(render((block,)) + "\n" for block in parse(body))
    assert body_of_html(spliced_html(page, edited, str, str)) == edited


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_body_or_refused(text: str) -> None:
    body = body_of_markdown(text)
    assert body_of_markdown(markdown_of(body)) == body


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_html_soup_in_markdown_comes_out_as_a_body(rng: random.Random) -> None:
    body = body_of_markdown(bodies.soup(rng))
    assert parse(body) is not None


@settings(max_examples=200, deadline=None)
@given(st.text("aZ09 ,;()?%'-.*_\\&#<", max_size=12))
def test_a_heading_is_the_title_that_its_markdown_says(title: str) -> None:
    page = Page.parse(f"# {title}\n\nText.\n".encode(), "stem.md")
    said = clean(plain_text(body_of_markdown(f"# {title}\n")))
    assert page.title == (said if page._heading else "stem")


PLAIN = [
    ("<p>a <strong>b</strong> <em>c</em></p>", "a **b** *c*\n"),
    ("<h2>C# in depth</h2>", "## C# in depth\n"),
    ("<h2>Sharp #</h2>", "## Sharp \\#\n"),
    ("<p># no heading</p>", "\\# no heading\n"),
    ("<p>1. no list</p>", "1\\. no list\n"),
    ("<p>snake_case_name</p>", "snake_case_name\n"),
    ("<p>a<strong>,b</strong>c</p>", "a<strong>,b</strong>c\n"),
    ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b\n"),
    ('<ol start="3"><li><p>a</p></li></ol>', "3. a\n"),
    ('<pre><code data-lang="sql">a\n\nb</code></pre>', "```sql\na\n\nb\n```\n"),
    ("<pre><code>```</code></pre>", "````\n```\n````\n"),
    ("<p>H<sub>2</sub>O</p>", "H<sub>2</sub>O\n"),
    ("<p>a<br>b</p>", "a\\\nb\n"),
    (
        "<table><tr><th>a|b</th></tr><tr><td>c<br>d</td></tr></table>",
        "| a\\|b |\n| --- |\n| c<br>d |\n",
    ),
    (
        '<section data-panel="tip"><p>a</p></section>',
        '<section data-panel="tip">\n\na\n\n</section>\n',
    ),
    ("<p>wow!<a href='https://a.example/'>b</a></p>", "wow\\![b](https://a.example/)\n"),
]


@pytest.mark.parametrize(("html", "markdown"), PLAIN)
def test_common_constructs_are_written_as_people_write_them(html: str, markdown: str) -> None:
    assert markdown_of(from_html(html)) == markdown


KEPT = [
    "<table><tr><td colspan=2>a</td></tr><tr><td>b</td><td>c</td></tr></table>",
    '<div data-opaque="wiki.toc.0123456789ab">text</div>',
    '<p>a <span data-opaque="wiki.status.0123456789ab">b*c</span></p>',
    '<figure><img src="https://a.example/b.png" alt="x"><figcaption>y</figcaption></figure>',
    "<ul><li>a</li></ul><ul><li>b</li></ul><ol><li>c</li></ol><ol><li>d</li></ol>",
    "<ul><li><table><caption>c</caption><tr><td>a</td></tr></table></li></ul>",
    "<blockquote><pre><code>a\n\n\tb</code></pre></blockquote>",
    '<ol start="-3"><li>a</li></ol>',
    "<p></p><p>after an empty line</p>",
]


@pytest.mark.parametrize("html", KEPT)
def test_what_markdown_cannot_say_is_kept_as_html(html: str) -> None:
    body = from_html(html)
    assert body
    assert body_of_markdown(markdown_of(body)) == body


HANDWRITTEN = """\
Intro with a [link][r] and *emphasis*
over   two lines.

* one
* two   with  spaces
    * deep
* three

| A | B |
|:--|--:|
| 1 |  2 |
| 3 |  4 |

[r]: https://example.com "t"

<details><summary>S</summary>

inside *it*

</details>

Setext heading
--------------
~~~python
x = 1
~~~
last __paragraph__
"""

EDITS = [
    ("three", "drei", ["-* three", "+* drei"]),
    ("<p>4</p>", "<p>5|6</p>", ["-| 3 |  4 |", "+| 3 | 5\\|6 |"]),
    ("inside", "in", ["-inside *it*", "+in *it*"]),
    ("Setext", "Other", ["-Setext heading", "---------------", "+## Other heading"]),
    ("x = 1", "x = 2", ["-~~~python", "-x = 1", "-~~~", "+```python", "+x = 2", "+```"]),
    ("<li><p>three</p></li>", "<li><p>three</p></li><li><p>four</p></li>", ["+* four"]),
    ("<li><p>three</p></li>", "", ["-* three"]),
    ("<h2>", "<p>new</p><h2>", ["+new", "+"]),
]


@pytest.mark.parametrize(("old", "new", "changed"), EDITS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_edit_changes_only_the_lines_of_what_was_edited(
    old: str, new: str, changed: list[str], newline: str
) -> None:
    text = HANDWRITTEN.replace("\n", newline)
    body = body_of_markdown(text)
    assert old in body
    result = spliced_markdown(text, body.replace(old, new, 1), str, str)
    diff = difflib.unified_diff(text.split(newline), result.split(newline), n=0, lineterm="")
    lines = [line for line in [*diff][2:] if not line.startswith("@@")]
    # A blank line may move with what was added; every other line is told.
    assert [x for x in lines if x not in "+-"] == [x for x in changed if x not in "+-"]
    assert newline == "\n" or "\n" not in result.replace(newline, "")


def test_link_definitions_stay_when_the_block_before_them_goes() -> None:
    text = "See [it][r].\n\ngone\n\n[r]: https://example.com\n\nlast\n"
    body = body_of_markdown(text)
    result = spliced_markdown(text, body.replace("<p>gone</p>", ""), str, str)
    assert result == "See [it][r].\n\n[r]: https://example.com\n\nlast\n"


def test_an_html_page_keeps_its_head_and_its_other_elements() -> None:
    page = (
        '<!DOCTYPE html>\n<html><head><title>T</title></head>\n<body class="b">\n'
        '  <h1 style="color: red">Head</h1>\n  <p class="lead">Some <b>bold</b> text</p>\n'
        "  <ul><li>a<li>b</ul>\n</body></html>\n"
    )
    body = body_of_html(page)
    result = spliced_html(page, body.replace("text", "words"), str, str)
    assert result.startswith(page[: page.index("<p")])
    assert result.endswith(page[page.index("<ul>") :])
    assert "<p>Some <strong>bold</strong> words</p>" in result


@pytest.mark.parametrize(
    "text", [">" * 300 + " a", "".join("  " * n + "- a\n" for n in range(150)), "a" * 250_001]
)
def test_what_is_too_deep_or_too_long_is_refused_and_not_cut(text: str) -> None:
    with pytest.raises(Rejected):
        body_of_markdown(text)


def test_nested_lists_keep_every_level() -> None:
    text = "".join("  " * n + f"- level{n}.\n" for n in range(25))
    assert all(f"level{n}." in body_of_markdown(text) for n in range(25))


@pytest.mark.parametrize("text", ["[" * 20_000, "![a](" * 5_000, "*a" * 8_000, "<a " * 8_000])
@pytest.mark.timeout(20)
def test_hostile_text_takes_no_more_than_its_length(text: str) -> None:
    body_of_markdown(text)


def test_an_edit_of_the_first_paragraph_adds_no_blank_line_at_the_top() -> None:
    text = "\nHello world.\n\nBye.\n"
    edited = body_of_markdown(text).replace("Hello", "Bonjour")
    assert spliced_markdown(text, edited, str, str) == text.replace("Hello", "Bonjour")
