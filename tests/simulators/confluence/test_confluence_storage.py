"""What the server adds to a body when it is saved, and what it leaves alone."""

from __future__ import annotations

import re
from typing import Any

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _stored(wiki: Any, body: str, title: str = "T") -> str:
    """The body as read back."""
    return str(wiki.body(wiki.made(title, body)))


def test_macros_get_an_id_and_a_schema_version(wiki: Any) -> None:
    sent = '<ac:structured-macro ac:name="toc"/>'
    wiki.sim.act({"do": "settings", "local_ids": False})
    assert re.fullmatch(
        rf'<ac:structured-macro ac:name="toc" ac:schema-version="1" ac:macro-id="{UUID}" />',
        _stored(wiki, sent),
    )


def test_what_a_macro_has_is_kept(wiki: Any) -> None:
    sent = '<ac:structured-macro ac:macro-id="mine" ac:name="toc" ac:schema-version="3" />'
    wiki.sim.act({"do": "settings", "local_ids": False})
    assert _stored(wiki, sent) == sent


def test_blocks_get_local_ids_in_the_spelling_of_their_kind(wiki: Any) -> None:
    stored = _stored(wiki, "<h1>a</h1><ul><li><p>b</p></li></ul><table><tbody /></table>")
    for tag in ("h1", "ul", "li", "p"):
        assert re.search(rf'<{tag} local-id="{UUID}">', stored), tag
    assert re.search(rf'<table ac:local-id="{UUID}">', stored)
    assert "<tbody />" in stored


def test_empty_elements_get_a_blank_before_the_slash(wiki: Any) -> None:
    wiki.sim.act({"do": "settings", "local_ids": False})
    assert _stored(wiki, "<hr/><p>a<br/>b<br /></p>") == "<hr /><p>a<br />b<br /></p>"


def test_links_to_what_exists_get_its_version(wiki: Any) -> None:
    wiki.sim.act({"do": "settings", "local_ids": False})
    target = wiki.made("Target & co")
    wiki.update(target, 2)
    link = '<ac:link><ri:page ri:content-title="Target &amp; co"/></ac:link>'
    assert 'ri:version-at-save="2" />' in _stored(wiki, link)
    gone = '<ac:link><ri:page ri:content-title="Nowhere" /></ac:link>'
    assert _stored(wiki, gone, "U") == gone


def test_images_get_the_version_of_their_attachment(wiki: Any) -> None:
    page = wiki.made("T")
    for data in ("YQ==", "Yg=="):
        wiki.sim.act({"do": "attach", "id": page, "filename": "a b.png", "content": data})
    body = '<ac:image><ri:attachment ri:filename="a b.png" /></ac:image>'
    wiki.update(page, 2, body={"representation": "storage", "value": body})
    assert 'ri:filename="a b.png" ri:version-at-save="2" />' in wiki.body(page)


def test_everything_else_stays_byte_for_byte(wiki: Any) -> None:
    wiki.sim.act({"do": "settings", "local_ids": False})
    sent = (
        "<p  style = 'text-align: center;'  >A&nbsp;&eacute;&#x20AC;\n\t \u00e9 \U0001f600</p>\r\n"
        '<ac:link ac:anchor="x"><ac:plain-text-link-body><![CDATA[a ]]]]><![CDATA[> &nbsp;]]>'
        "</ac:plain-text-link-body></ac:link><!-- note --><p title=\"a > b / 'c'\">d</p>"
    )
    assert _stored(wiki, sent) == sent


def test_code_is_never_touched(wiki: Any) -> None:
    code = "<![CDATA[<hr/><ac:structured-macro/>&nope; <p>]]>"
    sent = (
        '<ac:structured-macro ac:name="code"><ac:plain-text-body>'
        f"{code}</ac:plain-text-body></ac:structured-macro>"
    )
    assert code in _stored(wiki, sent)


def test_saving_what_was_read_adds_nothing_more(wiki: Any) -> None:
    page = wiki.made("T", '<h2>x</h2><ac:structured-macro ac:name="toc"/><hr/><p/>')
    body = wiki.body(page)
    wiki.update(page, 2, body={"representation": "storage", "value": body})
    assert wiki.body(page) == body


def test_deep_and_wide_bodies_are_stored_in_bounded_time(wiki: Any) -> None:
    deep = "<div>" * 10_000 + "x" + "</div>" * 10_000
    assert _stored(wiki, deep) == deep
    wide = "<p " + " ".join(f'a{n}="1"' for n in range(20_000)) + ">x</p>"
    assert _stored(wiki, wide, "U").endswith(">x</p>")


def test_an_inline_comment_changes_the_body_and_not_the_version(wiki: Any) -> None:
    page = wiki.made("T", "<p>We refund <strong>within 14 days</strong>.</p>")
    before = wiki.page(page)
    item = wiki.sim.act({"do": "comment", "id": page, "text": "within 14"})
    after = wiki.page(page)
    assert after["version"] == before["version"]
    marker = re.compile(rf'<ac:inline-comment-marker ac:ref="({UUID})">within 14</ac:inline-[^>]*>')
    body = after["body"]["storage"]["value"]
    found = marker.search(body)
    assert found is not None
    assert item["comments"] == [found[1]]
    assert marker.sub("within 14", body) == before["body"]["storage"]["value"]


def test_renaming_a_page_changes_links_to_it_without_a_version(wiki: Any) -> None:
    old, new = 'A "B" & c', 'X <y> "z"'
    target = wiki.made(old)
    link = '<p><ac:link><ri:page ri:content-title="A &quot;B&quot; &amp; c" /></ac:link></p>'
    elsewhere = link.replace("ri:content", 'ri:space-key="ZZ" ri:content')
    linking = wiki.made("Linking", link + elsewhere)
    before = wiki.page(linking)
    wiki.sim.act({"do": "rename", "id": target, "title": new})
    after = wiki.page(linking)
    assert after["version"] == before["version"]
    assert after["body"]["storage"]["value"] == before["body"]["storage"]["value"].replace(
        'ri:content-title="A &quot;B&quot; &amp; c" ri:version',
        'ri:content-title="X &lt;y&gt; &quot;z&quot;" ri:version',
    )
    wiki.sim.act({"do": "rename", "id": target, "title": "Third"})
    assert 'ri:content-title="Third"' in wiki.body(linking)


def test_links_stay_when_a_site_does_not_rename_them(wiki: Any) -> None:
    wiki.sim.act({"do": "settings", "rename_links": False})
    target = wiki.made("Old")
    linking = wiki.made("Linking", '<ac:link><ri:page ri:content-title="Old" /></ac:link>')
    wiki.sim.act({"do": "rename", "id": target, "title": "New"})
    assert 'ri:content-title="Old"' in wiki.body(linking)
