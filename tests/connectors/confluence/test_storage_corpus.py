"""Every collected page is read into the profile, and nothing of the vendor's markup leaks."""

from __future__ import annotations

import re

import pytest

from syncline.body import finish, parse
from syncline.errors import Rejected
from syncline_confluence.storage.decode import decode
from syncline_confluence.storage.opaque import text_of
from syncline_confluence.storage.resolver import Resolver
from syncline_confluence.storage.source import Source, SourceNode, child
from syncline_confluence.storage.source import parse as parse_source

CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
VENDOR = re.compile(r"\b(?:ac|ri|at):[a-z]")


def test_every_page_becomes_a_body_in_normal_form(
    pages: dict[str, str], resolver: Resolver
) -> None:
    assert len(pages) == 142
    for name, raw in pages.items():
        body = decode(raw, resolver).body
        assert finish(parse(body)) == body, name


def test_only_pages_of_nothing_but_macros_about_themselves_become_empty(
    pages: dict[str, str], resolver: Resolver
) -> None:
    empty = {name for name, raw in pages.items() if not decode(raw, resolver).body}
    assert empty == {
        "cfo-anchor-macro.xml",
        "cfo-macro-toc.xml",
        "cfo-toc-macro-with-ids-inside-span.xml",
    }


def _all(root: SourceNode) -> list[SourceNode]:
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(node)
    return found


def test_no_vendor_markup_or_parameter_leaks_into_a_body(
    pages: dict[str, str], resolver: Resolver
) -> None:
    for name, raw in pages.items():
        body = CODE.sub("", decode(raw, resolver).body)
        assert not VENDOR.search(body), name


def test_code_bodies_are_intact_to_the_character(pages: dict[str, str], resolver: Resolver) -> None:
    seen = 0
    for name, raw in pages.items():
        source = parse_source(raw)
        wanted = [text for text in _code_bodies(source) if text.strip()]
        blocks = [*_pre_texts(decode(source, resolver).body)]
        for text in wanted:
            assert text in blocks, (name, text)
        seen += len(wanted)
    assert seen > 50


def _code_bodies(source: Source) -> list[str]:
    macros = (n for n in _all(source.root) if n.get("ac:name") in ("code", "noformat"))
    return [text_of(body) for m in macros if (body := child(m, "ac:plain-text-body")) is not None]


def _pre_texts(body: str) -> list[str]:
    stack, texts = [*parse(body)], []
    while stack:
        element = stack.pop()
        children = [c for c in element.children if not isinstance(c, str)]
        if element.tag == "pre":
            texts.append("".join(c for c in children[0].children if isinstance(c, str)))
        stack.extend(children)
    return texts


def test_pages_that_are_not_well_formed_are_rejected_with_their_position(
    broken_pages: dict[str, str], resolver: Resolver
) -> None:
    refused = {name for name in broken_pages if name != "cfo-unknown-entity.xml"}
    for name in refused:
        with pytest.raises(Rejected, match=r"line \d+, column \d+"):
            decode(broken_pages[name], resolver)


def test_an_unknown_entity_stays_as_text(broken_pages: dict[str, str], resolver: Resolver) -> None:
    body = decode(broken_pages["cfo-unknown-entity.xml"], resolver).body
    assert "&amp;notarealentity;" in body
