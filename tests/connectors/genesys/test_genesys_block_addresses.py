"""No address leaves that the vendor refuses, or that does something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncline.body import from_html, normal, parse, render
from syncline.errors import Rejected
from syncline_genesys.blocks import addressed, decode, encode, project
from syncline_genesys.testing import ASSET, READER, bullets, item, para, picture, said

Json = dict[str, Any]


def test_nothing_leaves_with_an_address_that_genesys_refuses() -> None:
    raw = [
        para(said("a", link="javascript:alert(1)"), said("b", link="http://example.com/")),
        para(said("c", link="syncline:doc/wiki:1"), said("d", link="syncline:doc/kb:11")),
        picture("http://example.com/a.png"),
        picture(f"syncline:asset/{ASSET}"),
    ]
    assert addressed(raw, READER) == [
        para(said("a"), said("b", link="https://example.com/")),
        para(said("c"), said("d", link="grn:knowledge:::document/base/11")),
        picture("https://example.com/a.png"),
        picture(f"https://cdn.example.com/{ASSET}.png"),
    ]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "/relative", "syncline:asset/" + "0" * 64, ""],
)
def test_a_picture_without_an_address_is_refused_with_advice(url: str) -> None:
    with pytest.raises(Rejected, match="must be https"):
        addressed([picture(url)], READER)


def test_active_content_in_a_block_that_we_do_not_know_is_refused() -> None:
    with pytest.raises(Rejected, match="never written"):
        addressed([{"type": "New", "new": {"source": " JavaScript:alert(1)"}}], READER)
    embedded = [picture("data:image/png;base64,AAAA")]
    assert addressed(embedded, READER) == embedded


def test_blocks_nested_without_end_are_refused_not_crashed_on() -> None:
    deep: Json = said("x")
    for _ in range(5000):
        deep = bullets(item(deep))
    with pytest.raises(Rejected, match="nested too deeply"):
        addressed([deep], READER)


def payloads(shared: Path) -> list[str]:
    found: list[str] = []
    for file in sorted((shared / "corpus" / "xss").glob("*.json")):
        stack = [json.loads(file.read_text())]
        while stack:
            value = stack.pop()
            if isinstance(value, str):
                found.append(value)
            elif isinstance(value, list):
                stack.extend(value)
            elif isinstance(value, dict):
                stack.extend(value.values())
    return found


def test_no_payload_becomes_an_active_address(shared: Path) -> None:
    seen = 0
    for payload in payloads(shared):
        try:
            body = parse(from_html(payload))
        except Rejected:
            continue
        blocks = addressed(encode(body, {}), READER)
        for name, value in _addresses(blocks):
            assert value.startswith(("https://", "mailto:")), (name, value, payload)
        assert render(normal(decode(blocks, READER).nodes)) == render(project(body))
        seen += 1
    assert seen > 1000


def _addresses(blocks: list[Json]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    stack: list[Any] = [blocks]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            found.extend((n, value[n]) for n in ("hyperlink", "url") if n in value)
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return found
