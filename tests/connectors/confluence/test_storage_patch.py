"""What an edit keeps: markers, macros, parameters, tasks, tables, wrappers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncline.errors import Rejected
from syncline_confluence.storage.decode import decode
from syncline_confluence.storage.patch import patch
from syncline_confluence.storage.resolver import Resolver

Edit = Callable[[str, str, str], str]

MARKER = '<ac:inline-comment-marker ac:ref="r-1">red button</ac:inline-comment-marker>'
STATUS = (
    '<ac:structured-macro ac:name="status" ac:macro-id="s"><ac:parameter ac:name="title">NEW'
    "</ac:parameter></ac:structured-macro>"
)
TOC = '<ac:structured-macro ac:name="toc" ac:schema-version="1" />'


@pytest.fixture
def edit(linked: Resolver) -> Edit:
    """`edit(raw, old, new)` replaces `old` by `new` in the body and returns the page."""

    def run(raw: str, old: str, new: str) -> str:
        body = decode(raw, linked).body
        assert old in body, body
        wanted = body.replace(old, new, 1)
        result = patch(raw, wanted, linked)
        assert decode(result, linked).body == wanted
        return result

    return run


KEPT = [
    # what is around the words stays: markers, colours, attributes
    (f'<p local-id="1">Press the {MARKER} now.</p>', "now", "today", f"{MARKER} today.</p>"),
    (f"<p>Press {MARKER}.</p>", "Press", "Push hard", f"<p>Push hard {MARKER}.</p>"),
    (
        '<p style="text-align: center;">a <span style="color: red;">b c</span> d</p>',
        "d",
        "e",
        '<p style="text-align: center;">a <span style="color: red;">b c</span> e</p>',
    ),
    ("<p>a&nbsp;<b>b&eacute;</b> c</p>", "c", "d", "<b>b&eacute;</b> d</p>"),
    # inside a marked text the marker stays around what is left of it
    (
        f"<p>The {MARKER}.</p>",
        "red button",
        "red big button",
        '<ac:inline-comment-marker ac:ref="r-1">red big button</ac:inline-comment-marker>',
    ),
    # atoms are copied
    (f"<p>State {STATUS} of it</p>", "of it", "of that", f"<p>State {STATUS} of that</p>"),
    (
        '<p>Hi <ac:emoticon ac:name="smile" ac:emoji-id="1f642" /> you</p>',
        "you",
        "all",
        '<ac:emoticon ac:name="smile" ac:emoji-id="1f642" /> all',
    ),
    (
        '<p>See <ac:link ac:card-appearance="inline"><ri:page ri:content-title="Seven &amp; more" '
        'ri:version-at-save="3" /><ac:link-body>seven</ac:link-body></ac:link> or ask</p>',
        "or ask",
        "first",
        'ri:version-at-save="3" /><ac:link-body>seven</ac:link-body></ac:link> first</p>',
    ),
    # the text of a link changes, its target stays
    (
        '<p>See <ac:link ac:local-id="9"><ri:page ri:content-title="Seven &amp; more" />'
        "<ac:link-body>seven days</ac:link-body></ac:link></p>",
        "seven days",
        "seven weeks",
        '<ac:link ac:local-id="9"><ri:page ri:content-title="Seven &amp; more" />'
        "<ac:link-body>seven weeks</ac:link-body></ac:link>",
    ),
    # what is not shown stays where it is
    (f"{TOC}<p>a</p>", "a", "b", f"{TOC}<p>b</p>"),
    (
        '<p><ac:structured-macro ac:name="anchor"><ac:parameter ac:name="">x</ac:parameter>'
        "</ac:structured-macro>a</p>",
        "a",
        "b",
        "</ac:structured-macro>b</p>",
    ),
    # code keeps its macro, and CDATA is split where it has to be
    (
        '<ac:structured-macro ac:name="code" ac:macro-id="m"><ac:parameter ac:name="theme">Dark'
        "</ac:parameter><ac:plain-text-body><![CDATA[a]]></ac:plain-text-body>"
        "</ac:structured-macro>",
        "<code>a",
        "<code>b]]&gt;c",
        'ac:name="theme">Dark</ac:parameter><ac:plain-text-body><![CDATA[b]]]]><![CDATA[>c]]>',
    ),
    # titles are parameters
    (
        '<ac:structured-macro ac:name="expand" ac:macro-id="m"><ac:parameter ac:name="title">T'
        "</ac:parameter><ac:rich-text-body><p>a</p></ac:rich-text-body></ac:structured-macro>",
        "<summary>T",
        "<summary>U &lt;v&gt;",
        '<ac:parameter ac:name="title">U &lt;v&gt;</ac:parameter>',
    ),
    (
        '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>a</p></ac:rich-text-body>'
        "</ac:structured-macro>",
        '<section data-panel="info">',
        '<section data-panel="warning" title="Mind">',
        '<ac:structured-macro ac:name="warning"><ac:parameter ac:name="title">Mind</ac:parameter>'
        "<ac:rich-text-body><p>a</p>",
    ),
    # tasks: their ids and status
    (
        "<ac:task-list><ac:task><ac:task-id>4</ac:task-id><ac:task-status>incomplete"
        "</ac:task-status><ac:task-body>do it</ac:task-body></ac:task></ac:task-list>",
        "☐ do it",
        "☑ done it",
        "<ac:task-id>4</ac:task-id><ac:task-status>complete</ac:task-status>"
        "<ac:task-body>done it</ac:task-body>",
    ),
    (
        "<ac:task-list><ac:task><ac:task-id>4</ac:task-id><ac:task-status>incomplete"
        "</ac:task-status><ac:task-body>a</ac:task-body></ac:task></ac:task-list>",
        "</li>",
        "</li><li><p>☑ b</p></li>",
        "</ac:task><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>b",
    ),
    # lists and tables
    ("<ul><li>a</li></ul>", "</li>", "</li><li><p>b</p></li>", "<li>a</li><li><p>b</p></li>"),
    ("<ul><li>a</li><li>b</li></ul>", "<li><p>a</p></li>", "", "<ul><li>b</li></ul>"),
    (
        '<table><colgroup><col style="width: 9px;" /></colgroup><tbody><tr><td>a</td></tr>'
        "</tbody></table>",
        "</tr>",
        "</tr><tr><td><p>b</p></td></tr>",
        "<tr><td>a</td></tr><tr><td><p>b</p></td></tr></tbody>",
    ),
    (
        '<table><tbody><tr><td><p local-id="e" /></td><td>b</td></tr></tbody></table>',
        "<td></td>",
        "<td><p>new</p></td>",
        '<td><p local-id="e">new</p></td><td>b</td>',
    ),
    (
        '<table><tbody><tr><td class="x">a</td></tr><tr><td>b</td></tr></tbody></table>',
        "<td><p>a</p></td>",
        '<td colspan="2"><p>a</p></td>',
        '<td colspan="2" class="x">a</td>',
    ),
    # headings change their level and keep their text
    (
        '<h2 local-id="h">a <i>b</i></h2><p>c</p>',
        "<h2>a <em>b</em></h2>",
        "<h3>a <em>b</em></h3>",
        '<h3 local-id="h">a <i>b</i></h3><p>c</p>',
    ),
    # captions and alternative texts
    (
        '<ac:image ac:width="9" ac:alt="A"><ri:attachment ri:filename="a b.png" />'
        "<ac:caption><p>old words</p></ac:caption></ac:image>",
        "old words",
        "new words",
        '<ac:image ac:width="9" ac:alt="A"><ri:attachment ri:filename="a b.png" />'
        "<ac:caption><p>new words</p></ac:caption></ac:image>",
    ),
    (
        '<ac:image ac:width="9" ac:alt="A"><ri:attachment ri:filename="a b.png" /></ac:image>',
        'alt="A"',
        'alt="B &amp; C"',
        'ac:width="9"><ri:attachment ri:filename="a b.png" />',
    ),
    # a layout: new blocks go into the cell of the block before them
    (
        "<ac:layout><ac:layout-section><ac:layout-cell><p>a</p></ac:layout-cell><ac:layout-cell>"
        "<p>b</p></ac:layout-cell></ac:layout-section></ac:layout>",
        "<p>a</p>",
        "<p>a</p><p>c</p>",
        "<ac:layout-cell><p>a</p><p>c</p></ac:layout-cell>",
    ),
    # a paragraph split by a macro
    (
        '<p local-id="1">a<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[x]]>'
        "</ac:plain-text-body></ac:structured-macro>b</p>",
        "<p>b</p>",
        "<p>c d</p>",
        "</ac:structured-macro>c d</p>",
    ),
]


@pytest.mark.parametrize(("raw", "old", "new", "wanted"), KEPT)
def test_an_edit_keeps_what_it_does_not_touch(
    edit: Edit, raw: str, old: str, new: str, wanted: str
) -> None:
    result = edit(raw, old, new)
    assert wanted in result, result


EXACTLY = [
    ("<p>Caf&eacute; &ndash; open&nbsp;9 to 5 &amp; &lsquo;x&rsquo;</p>", "open", "closed"),
    ("<p>It&rsquo;s &#8217;two&#x2019; &apos;late&apos;  &quot;show&quot;</p>", "two", "three"),
    ("<p>one<br/>two &rarr; three<br />four\n   five</p>", "five", "six"),
    ('<p>a &ndash; <span style="color: red;">red word here</span> z</p>', "word", "term"),
    ('<p>a <span style="color: red;">crimson</span> z</p>', "crimson", "scarlet"),
    ('<p>a <strong>b <span style="color: red;">in rot</span></strong> z</p>', "rot", "blau"),
    ('<p>1 <ac:inline-comment-marker ac:ref="x">two three</ac:inline-comment-marker> 4</p>',
     "three", "drei"),
    ('<p><a href="https://a.b/?x=1&amp;y=2" data-card-appearance="inline">the link</a></p>',
     "the", "one"),
    ("<table><tbody><tr><td><p>a&nbsp;b &mdash; end</p></td></tr></tbody></table>", "end", "z"),
    ("<ul><li>it&apos;s a <u>list</u> item</li></ul>", "item", "thing"),
    ("<p>A<sup>2</sup> &times; <code>x &lt; y</code> last</p>", "last", "first"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "old", "new"), EXACTLY)
def test_the_rest_of_an_edited_line_keeps_its_bytes_and_a_new_word_its_place(
    edit: Edit, raw: str, old: str, new: str
) -> None:
    assert edit(raw, old, new) == raw.replace(old, new)


def test_a_wrapper_that_holds_only_dynamic_content_stays(edit: Edit) -> None:
    inner = f"<ac:rich-text-body>{TOC}<p>a</p></ac:rich-text-body>"
    raw = f'<ac:structured-macro ac:name="excerpt">{inner}</ac:structured-macro>'
    assert edit(raw, "<p>a</p>", "") == raw.replace("<p>a</p>", "")


def test_an_emptied_layout_is_filled_in_its_first_cell(linked: Resolver) -> None:
    raw = (
        "<ac:layout><ac:layout-section><ac:layout-cell></ac:layout-cell></ac:layout-section>"
        "</ac:layout>"
    )
    assert "<ac:layout-cell><p>a</p></ac:layout-cell>" in patch(raw, "<p>a</p>", linked)


def test_a_block_that_moves_keeps_its_markup(edit: Edit) -> None:
    macro = '<ac:structured-macro ac:name="children" ac:macro-id="m" />'
    raw = f"{macro}<p>a</p><p>b</p>"
    body = "<p>a</p><p>b</p>"
    assert edit(raw, "", "").startswith(macro)
    shown = '<div data-opaque="confluence.children.'
    assert shown in _body(raw)
    block = _body(raw).removesuffix(body)
    assert edit(raw, block + body, body + block) == f"<p>a</p><p>b</p>{macro}"


def _body(raw: str) -> str:
    return decode(raw, Resolver()).body


def test_an_opaque_node_that_is_not_known_is_refused(linked: Resolver) -> None:
    body = '<p>a</p><div data-opaque="confluence.html.0123456789ab"></div>'
    with pytest.raises(Rejected, match="is not known"):
        patch("<p>a</p>", body, linked)


def test_an_edit_of_what_stands_for_a_macro_is_refused(linked: Resolver) -> None:
    raw = (
        '<ac:structured-macro ac:name="widget"><ac:parameter ac:name="url">https://v.example/1 2'
        "</ac:parameter></ac:structured-macro>"
    )
    body = decode(raw, linked).body
    with pytest.raises(Rejected, match="only Confluence can change"):
        patch(raw, body.replace("</a>", " now</a>"), linked)


def test_what_an_edit_cannot_keep_is_refused_rather_than_lost(linked: Resolver) -> None:
    raw = (
        "<ac:task-list><ac:task><ac:task-status>incomplete</ac:task-status><ac:task-body>a "
        f"{MARKER}</ac:task-body></ac:task></ac:task-list>"
    )
    body = decode(raw, linked).body.replace("☐ a", "a")
    with pytest.raises(Rejected, match="inline-comment-marker"):
        patch(raw, body, linked)


def test_the_fallback_of_an_extension_follows_its_content(edit: Edit) -> None:
    raw = (
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-content><p>press here</p>'
        "</ac:adf-content></ac:adf-node><ac:adf-fallback><div><p>press here</p></div>"
        "</ac:adf-fallback></ac:adf-extension>"
    )
    assert edit(raw, "here", "there").count("<p>press there</p>") == 2


def test_a_fallback_that_cannot_follow_goes(edit: Edit) -> None:
    raw = (
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-content><p>press here</p>'
        "</ac:adf-content></ac:adf-node><ac:adf-fallback><div><p>other</p></div>"
        "</ac:adf-fallback></ac:adf-extension>"
    )
    assert "ac:adf-fallback" not in edit(raw, "here", "there")


def test_a_large_page_is_patched_in_bounded_time(linked: Resolver) -> None:
    raw = "".join(f'<p local-id="{n}">same words</p>' for n in range(4_000))
    body = decode(raw, linked).body
    wanted = body.replace("same words", "other words", 2_000)
    result = patch(raw, wanted, linked)
    assert decode(result, linked).body == wanted
