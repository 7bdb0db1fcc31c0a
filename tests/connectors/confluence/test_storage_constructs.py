"""The construct inventory of the storage format, construct by construct."""

from __future__ import annotations

import pytest
from attrs import evolve

from syncline.body import finish, opaque_keys, parse, plain_text
from syncline.errors import Rejected
from syncline.model import Asset
from syncline_confluence.storage.decode import Decoded, decode, trace
from syncline_confluence.storage.resolver import PageName, Resolver, title_key
from syncline_confluence.storage.source import MAX_BYTES

PICTURE = Asset(sha256="cd" * 32, name="Bild.png", media_type="image/png", size=1)
SRC = f"syncline:asset/{PICTURE.sha256}"
SITE = Resolver(
    connection="wiki",
    page="1",
    space="KB",
    base="https://example.atlassian.net/wiki",
    pages={("KB", title_key("Reset")): "7", ("HR", title_key("Leave & pay")): "8"},
    names={
        "7": PageName(space="KB", title="Reset"),
        "8": PageName(space="HR", title="Leave & pay"),
    },
    files={("1", title_key("Bild.png")): PICTURE, ("7", title_key("other.png")): PICTURE},
)


def macro(name: str, inner: str = "", **parameters: str) -> str:
    """Return a macro in storage format."""
    params = "".join(
        f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items()
    )
    return (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" ac:macro-id="m-1">'
        f"{params}{inner}</ac:structured-macro>"
    )


def rich(inner: str) -> str:
    return f"<ac:rich-text-body>{inner}</ac:rich-text-body>"


def plain(text: str) -> str:
    return f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"


def body_of(raw: str, resolver: Resolver = SITE) -> str:
    return decode(raw, resolver).body


DECODED = [
    # text and marks
    ("<p>a&nbsp;b &eacute; &lt; &hellip;</p>", "<p>a&nbsp;b é &lt; …</p>"),
    ("<p><b>a</b><i>b</i><del>c</del><u>d</u></p>", None),
    ('<p>a<span style="color: rgb(1,2,3);">b</span></p>', "<p>ab</p>"),
    ("<p>one<br/>two<br/></p>", "<p>one<br>two</p>"),
    ("<p />", ""),
    ("<p><br /></p>", ""),
    ("", ""),
    ("<p>a</p><!-- note --><p>b</p>", "<p>a</p><p>b</p>"),
    ('<ol start="4"><li>a</li></ol>', '<ol start="4"><li><p>a</p></li></ol>'),
    (
        "<ul><li><p>a</p><p>b</p><ul><li>c</li></ul></li></ul>",
        "<ul><li><p>a</p><p>b</p><ul><li><p>c</p></li></ul></li></ul>",
    ),
    (
        "<ul><li>a</li><ul><li>b</li></ul></ul>",
        "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>",
    ),
    (
        '<p>Until <time datetime="2026-01-31" />.</p>',
        "Until 2026-01-31.",
    ),
    # code
    (macro("code", plain("a &nbsp;\n\tb")), "<pre><code>a &amp;nbsp;\n\tb</code></pre>"),
    (
        macro("code", plain("x]]]]><![CDATA[>y"), language="python"),
        '<pre><code data-lang="python">x]]&gt;y</code></pre>',
    ),
    (
        macro("code", plain("<script>"), title="Run"),
        "<p>Run</p><pre><code>&lt;script&gt;</code></pre>",
    ),
    (macro("noformat", plain("\n a")), "<pre><code>\n a</code></pre>"),
    # panels and containers
    (macro("info", rich("<p>a</p>")), '<section data-panel="info"><p>a</p></section>'),
    (
        macro("note", rich("<p>a</p>"), title="Mind", icon="false"),
        '<section data-panel="note" title="Mind"><p>a</p></section>',
    ),
    (macro("panel", rich("<p>a</p>"), bgColor="#fff"), None),
    (
        macro("expand", rich("<p>a</p>"), title="More"),
        "<details><summary>More</summary><p>a</p></details>",
    ),
    (macro("excerpt", rich("<p>a</p>")), "<p>a</p>"),
    (macro("excerpt", rich("<p>a</p>"), hidden="true") + "<p>b</p>", "<p>b</p>"),
    (macro("details", rich("<p>a</p>"), hidden="true"), ""),
    (macro("some-vendor", rich("<p>a</p>"), width="9"), "<p>a</p>"),
    (
        "<ac:layout><ac:layout-section ac:type='two_equal'><ac:layout-cell><p>a</p>"
        "</ac:layout-cell><ac:layout-cell><p>b</p></ac:layout-cell></ac:layout-section></ac:layout>",
        "<p>a</p><p>b</p>",
    ),
    (
        "<table><tbody><tr><td>"
        + macro("expand", rich(macro("info", rich(macro("code", plain("x"))))), title="T")
        + "</td></tr></tbody></table>",
        "<table><tbody><tr><td><details><summary>T</summary>"
        '<section data-panel="info"><pre><code>x</code></pre></section></details>'
        "</td></tr></tbody></table>",
    ),
    # what is about the page itself
    (macro("toc", minLevel="1") + "<p>a</p>", "<p>a</p>"),
    (f"<p>{macro('anchor', **{'': 'here'})}text</p>", "<p>text</p>"),
    ("<p><ac:placeholder>Type here</ac:placeholder>a</p>", "<p>a</p>"),
    ('<p>a <ac:inline-comment-marker ac:ref="r">b</ac:inline-comment-marker></p>', "<p>a b</p>"),
    # links
    ('<p><ac:link><ri:page ri:content-title="Reset"/></ac:link></p>', "syncline:doc/wiki:7"),
    (
        '<p><ac:link ac:anchor="a b">'
        '<ri:page ri:space-key="HR" ri:content-title="leave &amp; PAY"/>'
        "<ac:link-body>see <em>it</em></ac:link-body></ac:link></p>",
        '<p><a href="syncline:doc/wiki:8#a%20b">see <em>it</em></a></p>',
    ),
    (
        '<p><ac:link ac:anchor="x"><ac:plain-text-link-body><![CDATA[up]]>'
        "</ac:plain-text-link-body></ac:link></p>",
        '<p><a href="#x">up</a></p>',
    ),
    (
        '<p><ac:link><ri:attachment ri:filename="Bild.png"/></ac:link></p>',
        f'<p><a href="{SRC}">Bild.png</a></p>',
    ),
    ('<p><ac:link><ri:url ri:value="https://a.example/x"/></ac:link></p>', "https://a.example/x"),
    ('<p><ac:link><ri:space ri:space-key="HR"/></ac:link></p>', "/wiki/spaces/HR"),
    (
        '<p><a href="https://example.atlassian.net/wiki/spaces/KB/pages/7/Reset#x">r</a></p>',
        '<p><a href="syncline:doc/wiki:7#x">r</a></p>',
    ),
    ('<p><a href="/wiki/x/BwAAAA">r</a></p>', "syncline:doc/wiki:7"),
    ('<p><a href="/wiki/display/KB/Reset">r</a></p>', "syncline:doc/wiki:7"),
    ('<p><a href="/wiki/pages/viewpage.action?pageId=7">r</a></p>', "syncline:doc/wiki:7"),
    ('<p><a href=" jAvAsCrIpT:alert(1)">r</a></p>', "<p>r</p>"),
    ('<p><a href="java&#10;script:alert(1)">r</a></p>', "<p>r</p>"),
    # images
    (
        '<ac:image ac:alt="A"><ri:attachment ri:filename="Bild.png"/>'
        "<ac:caption><p>C <em>d</em></p></ac:caption></ac:image>",
        f'<figure><img alt="A" src="{SRC}"><figcaption>C <em>d</em></figcaption></figure>',
    ),
    (
        '<p>a <ac:image><ri:attachment ri:filename="other.png"><ri:page ri:content-title="Reset"/>'
        "</ri:attachment></ac:image></p>",
        f'<p>a <img src="{SRC}"></p>',
    ),
    (
        '<p><ac:image ac:alt="I"><ri:url ri:value="https://a.example/i.png"/></ac:image></p>',
        '<p><a href="https://a.example/i.png">I</a></p>',
    ),
    # tasks, emoticons, dates
    (
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
        "<ac:task-body><span>a</span></ac:task-body></ac:task><ac:task-list><ac:task>"
        "<ac:task-status>incomplete</ac:task-status><ac:task-body>b</ac:task-body></ac:task>"
        "</ac:task-list></ac:task-list>",
        "<ul><li><p>☑ a</p><ul><li><p>☐ b</p></li></ul></li></ul>",
    ),
    ('<p><ac:emoticon ac:name="blue-star" ac:emoji-id="1f44d"/></p>', "<p>👍</p>"),
    ('<p><ac:emoticon ac:name="x" ac:emoji-id="1f1e8-1f1ed"/></p>', "<p>🇨🇭</p>"),
    ('<p><ac:emoticon ac:name="tick" ac:emoji-fallback=":check_mark:"/></p>', "<p>✅</p>"),
    ('<p><ac:emoticon ac:name="acme" ac:emoji-shortname=":acme:"/></p>', "<p>:acme:</p>"),
    # extensions of the new editor
    (
        '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note'
        "</ac:adf-attribute><ac:adf-content><p>a</p></ac:adf-content></ac:adf-node>"
        "<ac:adf-fallback><div><p>a</p></div></ac:adf-fallback></ac:adf-extension>",
        '<section data-panel="note"><p>a</p></section>',
    ),
    (
        '<ac:adf-extension><ac:adf-node type="decision-list"><ac:adf-content>'
        '<ac:adf-node type="decision-item"><ac:adf-attribute key="state">DECIDED</ac:adf-attribute>'
        "<ac:adf-content>Go</ac:adf-content></ac:adf-node></ac:adf-content></ac:adf-node>"
        "</ac:adf-extension>",
        "<ul><li><p>Go</p></li></ul>",
    ),
    # structure that browsers would break
    (f"<p>a{macro('code', plain('x'))}b</p>", "<p>a</p><pre><code>x</code></pre><p>b</p>"),
    (
        "<table><tr><th>h</th></tr><tr><td>a<ul><li>b</li></ul></td></tr></table>",
        "<table><thead><tr><th><p>h</p></th></tr></thead><tbody><tr><td><p>a</p>"
        "<ul><li><p>b</p></li></ul></td></tr></tbody></table>",
    ),
    ("<h1>a<p>b</p>c</h1>", "<h1>a</h1><p>b</p><h1>c</h1>"),
    ("<li>a</li><td>b</td><caption>c</caption><tr><td>d</td></tr>", None),
    (
        "<table><caption>C <b>d</b></caption><tbody><tr><td>x</td></tr></tbody></table>",
        "<p>C d</p><table><tbody><tr><td><p>x</p></td></tr></tbody></table>",
    ),
    (macro("widget", url="https://v.example/1"), '<a href="https://v.example/1">'),
    (
        macro("include", **{"": '<ac:link><ri:page ri:content-title="Reset"/></ac:link>'}),
        '<p><a href="syncline:doc/wiki:7">Reset</a></p>',
    ),
]


@pytest.mark.parametrize(("raw", "wanted"), DECODED)
def test_what_is_read_is_normal_and_the_same_with_places(raw: str, wanted: str | None) -> None:
    body = body_of(raw)
    assert finish(parse(body)) == body
    assert trace(raw, SITE).page.body == body


@pytest.mark.parametrize(("raw", "wanted"), DECODED)
def test_each_construct_is_shown_as_the_inventory_says(raw: str, wanted: str | None) -> None:
    body = body_of(raw)
    if wanted is None:
        assert "ac:" not in body
    elif wanted == "" or (wanted.startswith("<") and wanted.endswith(">") and "href" not in wanted):
        assert body == wanted
    else:
        assert wanted in body or wanted in plain_text(body)


def test_a_status_a_mention_and_a_date_are_opaque_and_show_their_text() -> None:
    raw = (
        f"<p>{macro('status', title='DONE', colour='Green')} by "
        '<ac:link><ri:user ri:account-id="5b-secret"/></ac:link> on '
        '<time datetime="2026-01-31" /></p>'
    )
    page = decode(raw, SITE)
    assert plain_text(page.body) == "DONE by a colleague on 2026-01-31"
    kinds = [key.split(".")[1] for key in opaque_keys(page.body)]
    assert kinds == ["status", "mention", "date"]
    assert "5b-secret" not in page.body


def test_a_name_travels_only_where_policy_gives_it() -> None:
    raw = '<p><ac:link><ri:user ri:account-id="5b"/></ac:link></p>'
    named = evolve(SITE, people={"5b": "Ada L."})
    assert plain_text(body_of(raw, named)) == "Ada L."


def test_the_key_of_an_opaque_node_ignores_what_the_server_sets() -> None:
    one = '<ac:structured-macro ac:name="children" ac:macro-id="a" ac:schema-version="2" />'
    two = '<ac:structured-macro ac:local-id="z" ac:name="children"></ac:structured-macro>'
    assert opaque_keys(body_of(one)) == opaque_keys(body_of(two))


@pytest.mark.parametrize("name", ["html", "html-include", "style", "script"])
def test_a_macro_that_runs_code_is_kept_and_never_shown(name: str) -> None:
    page = decode(macro(name, plain("<script>alert(1)</script>")), SITE)
    assert plain_text(page.body) == ""
    assert [loss.kind for loss in page.losses] == ["unsafe_macro"]
    assert "alert" in page.opaques[opaque_keys(page.body)[0]].raw


@pytest.mark.parametrize(
    ("raw", "kind", "name"),
    [
        (macro("children", sort="x"), "macro", "children"),
        (macro("unknown-one", plain("x")), "macro", "unknown-one"),
        ('<p><ac:link><ri:page ri:content-title="Nowhere"/></ac:link></p>', "link", "Nowhere"),
        ('<ac:image><ri:attachment ri:filename="no.png"/></ac:image>', "image", "no.png"),
        ('<p><a href="javascript:x">y</a></p>', "link", "javascript:x"),
        ("<p><blink>y</blink></p>", "element", "blink"),
        (macro("drawio", diagramName="Flow"), "macro", "drawio"),
        (macro("details", rich("<p>x</p>"), hidden="true"), "macro", "details"),
    ],
)
def test_every_loss_is_reported(raw: str, kind: str, name: str) -> None:
    page = decode(raw, SITE)
    assert (kind, name) in [(loss.kind, loss.name) for loss in page.losses]


def test_the_text_of_parameters_never_shows() -> None:
    raw = macro("children", sort="creation", reverse="PARAM") + macro(
        "x", rich("<p>a</p>"), y="PARAM"
    )
    assert "PARAM" not in body_of(raw)


def test_a_diagram_shows_its_preview() -> None:
    known = evolve(SITE, files={("1", "flow.png"): PICTURE})
    body = body_of(macro("drawio", diagramName="Flow"), known)
    assert body == f'<figure><img alt="Diagram: Flow" src="{SRC}"></figure>'


def test_names_of_files_match_in_every_unicode_form() -> None:
    decomposed = evolve(SITE, files={("1", title_key("Ta\u0308t.png")): PICTURE})
    raw = '<p>x <ac:image><ri:attachment ri:filename="T\u00e4t.png"/></ac:image></p>'
    assert SRC in body_of(raw, decomposed)


@pytest.mark.parametrize(("policy", "shown"), [("keep", "<img"), ("link", "<a "), ("drop", "")])
def test_images_of_other_sites_follow_the_policy(policy: str, shown: str) -> None:
    raw = '<p>a <ac:image><ri:url ri:value="https://t.example/p.gif"/></ac:image></p>'
    body = body_of(raw, evolve(SITE, external_images=policy))  # type: ignore[arg-type]  # one of the three
    assert (shown in body) if shown else body == "<p>a</p>"


def test_an_image_from_a_script_address_is_left_out_under_every_policy() -> None:
    raw = '<p>a <ac:image><ri:url ri:value="javascript:x"/></ac:image></p>'
    assert body_of(raw, evolve(SITE, external_images="keep")) == "<p>a</p>"


REFUSED = [
    ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><p>&e;</p>', "not well-formed"),
    ("<?php x ?><p>a</p>", "processing instruction"),
    ('<?xml version="1.0"?><p>a</p>', "XML or text declaration"),
    ("<p>a", "mismatched tag"),
    ("</w><w>", "junk after document element"),
    ("<p>&#1;</p>", "invalid character"),
    ("<p>" * 251 + "</p>" * 251, "elements are open"),
    ("<p a='1' a='2'/>", "duplicate attribute"),
]


@pytest.mark.parametrize(("raw", "reason"), REFUSED)
def test_markup_that_confluence_never_sends_is_refused(raw: str, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        decode(raw, SITE)


def test_a_body_over_the_limit_of_confluence_is_refused() -> None:
    with pytest.raises(Rejected, match="split the page"):
        decode("<p>" + "x" * MAX_BYTES + "</p>", SITE)


def test_control_characters_are_left_out_and_positions_still_fit() -> None:
    assert body_of("<p>a\x0bb\x00</p><p>c\ud800</p>") == "<p>ab</p><p>c</p>"


def test_entities_inside_code_are_not_entities() -> None:
    page: Decoded = decode(f"<p>&nbsp;x</p>{macro('code', plain('&nbsp; &bogus; &amp;'))}", SITE)
    assert "&amp;nbsp; &amp;bogus; &amp;amp;" in page.body


def test_a_page_of_many_elements_ends_in_bounded_time() -> None:
    raw = "<p>" + "<b>x</b>y" * 60_000 + "</p>"
    assert len(body_of(raw)) > 100_000
