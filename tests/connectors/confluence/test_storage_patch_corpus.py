"""Edits of collected pages: what was not edited keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from syncline.body import Element, Leaf, Node, finish, leaves, parse
from syncline_confluence.storage.decode import decode
from syncline_confluence.storage.patch import patch
from syncline_confluence.storage.resolver import Resolver
from syncline_confluence.storage.source import parse as parse_source

FALLBACK = re.compile(r"<ac:adf-fallback>.*?</ac:adf-fallback>", re.DOTALL)
EDITED = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "pre")


def test_a_page_without_an_edit_keeps_its_bytes(pages: dict[str, str], resolver: Resolver) -> None:
    for name, raw in pages.items():
        assert patch(raw, decode(raw, resolver).body, resolver) == raw, name


def test_an_edit_of_one_leaf_changes_the_bytes_of_that_leaf_only(
    pages: dict[str, str], resolver: Resolver
) -> None:
    seen = set()
    for name, raw in pages.items():
        blocks = parse(decode(raw, resolver).body)
        for leaf in one_of_each_kind(leaves(blocks)):
            assert_edit_is_local(name, raw, blocks, leaf, resolver)
            seen.add(leaf.element.tag)
    assert seen == set(EDITED)


@pytest.mark.soak
def test_an_edit_of_any_leaf_changes_the_bytes_of_that_leaf_only(
    pages: dict[str, str], resolver: Resolver
) -> None:
    for name, raw in pages.items():
        blocks = parse(decode(raw, resolver).body)
        for leaf in leaves(blocks):
            if leaf.element.tag in EDITED:
                assert_edit_is_local(name, raw, blocks, leaf, resolver)


def one_of_each_kind(found: Iterable[Leaf]) -> Iterator[Leaf]:
    """Yield the last leaf of each tag in each kind of place."""
    kinds = {
        (leaf.element.tag, leaf.context[-2:]): leaf for leaf in found if leaf.element.tag in EDITED
    }
    yield from kinds.values()


def assert_edit_is_local(
    name: str, raw: str, blocks: tuple[Element, ...], leaf: Leaf, resolver: Resolver
) -> None:
    wanted = finish(replaced(blocks, leaf.path, with_word(leaf.element)))
    result = patch(raw, wanted, resolver)
    assert decode(result, resolver).body == wanted, (name, leaf)
    # The fallback of an extension repeats its content, and follows the edit.
    before, after = changed(FALLBACK.sub("", raw), FALLBACK.sub("", result))
    words = len("".join(texts(leaf.element)))
    # Only the leaf's own element may differ: its text, and the inline markup in it.
    assert "syncline-was-here" in after, (name, leaf)
    assert not any(f"</{tag}>" in before for tag in ("p", "li", "td", "h1", "h2", "h3")), name
    assert len(after) <= 40 * (words + 20), (name, before, after)


def changed(old: str, new: str) -> tuple[str, str]:
    """Return what is between the common head and the common tail."""
    head = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return old[head : len(old) - tail], new[head : len(new) - tail]


def replaced(blocks: tuple[Node, ...], path: tuple[int, ...], element: Element) -> tuple[Node, ...]:
    index, *rest = path
    here = blocks[index]
    assert isinstance(here, Element)
    if rest:
        element = Element(here.tag, here.attrs, replaced(here.children, tuple(rest), element))
    return (*blocks[:index], element, *blocks[index + 1 :])


def with_word(element: Element) -> Element:
    if element.tag == "pre":
        code = element.children[0]
        assert isinstance(code, Element)
        return Element("pre", (), (with_word(code),))
    return Element(element.tag, element.attrs, (*element.children, " syncline-was-here"))


def texts(element: Element) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from texts(child)


def some(count: int) -> list[int]:
    """Return up to five places: both ends and what lies evenly between."""
    return sorted({(count - 1) * part // 4 for part in range(5)}) if count else []


def test_blocks_can_be_deleted(pages: dict[str, str], resolver: Resolver) -> None:
    for name, raw in pages.items():
        blocks = parse(decode(raw, resolver).body)
        for index in some(len(blocks)):
            wanted = finish((*blocks[:index], *blocks[index + 1 :]))
            result = patch(raw, wanted, resolver)
            assert decode(result, resolver).body == wanted, (name, index)
            parse_source(result)


def test_a_paragraph_can_be_added(pages: dict[str, str], resolver: Resolver) -> None:
    new = Element("p", (), ("Something ", Element("strong", (), ("new",)), "."))
    for name, raw in pages.items():
        blocks = parse(decode(raw, resolver).body)
        for index in some(len(blocks) + 1):
            wanted = finish((*blocks[:index], new, *blocks[index:]))
            result = patch(raw, wanted, resolver)
            assert decode(result, resolver).body == wanted, (name, index)
            before, after = changed(raw, result)
            assert len(after) - len(before) == len(result) - len(raw)


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_page_that_is_emptied_can_be_filled_again(
    pages: dict[str, str], resolver: Resolver, place: str
) -> None:
    for name, raw in pages.items():
        empty = patch(raw, "", resolver)
        assert decode(empty, resolver).body == "", name
        filled = patch(empty, f"<p>{place}</p>", resolver)
        assert decode(filled, resolver).body == f"<p>{place}</p>", name
