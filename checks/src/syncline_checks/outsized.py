"""Inputs of up to 5 MB that are hard to read, for each parser of foreign content.

`python -m syncline_checks.outsized PARSER INPUT` reads one and prints what it cost as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from syncline.body import finish, from_html
from syncline.errors import Rejected
from syncline.testing.hostile import INPUTS as HTML
from syncline.testing.hostile import SIZE
from syncline_confluence.storage.decode import decode as decode_storage
from syncline_confluence.storage.resolver import Resolver
from syncline_genesys.blocks import SYMBOLIC
from syncline_genesys.blocks import decode as decode_blocks

MACRO = '<ac:structured-macro ac:name="{}"><ac:rich-text-body>'
END = "</ac:rich-text-body></ac:structured-macro>"


def _times(text: str, most: int = SIZE) -> str:
    return text * (most // len(text))


def _nested(start: str, end: str, depth: int) -> Callable[[], str]:
    return lambda: start * depth + "x" + end * depth


STORAGE: Mapping[str, Callable[[], str]] = {
    "one long text": lambda: f"<p>{'a' * (SIZE - 20)}</p>",
    "entities": lambda: f"<p>{_times('&nbsp;', SIZE - 20)}</p>",
    "an entity that doubles": lambda: (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
        + "]><p>&i;</p>"
    ),
    "a hundred thousand paragraphs": lambda: _times("<p>words in here, and more of them</p>"),
    "a hundred thousand breaks": lambda: f"<p>{'x<br/>' * 100_000}</p>",
    "ten thousand nested divs": _nested("<div>", "</div>", 10_000),
    "ten thousand nested lists": _nested("<ul><li>", "</li></ul>", 10_000),
    "ten thousand nested marks": _nested("<strong><em>", "</em></strong>", 10_000),
    "ten thousand nested tables": _nested(
        "<table><tbody><tr><td>", "</td></tr></tbody></table>", 10_000
    ),
    "ten thousand nested macros": _nested(MACRO.format("panel"), END, 10_000),
    "ten thousand nested unknown macros": _nested(MACRO.format("x"), END, 10_000),
    "a hundred thousand attributes": lambda: (
        "<p " + " ".join(f'a{n}="1"' for n in range(100_000)) + ">x</p>"
    ),
    "a hundred thousand namespaces": lambda: (
        "<p " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(100_000)) + ">x</p>"
    ),
    "twenty thousand unknown macros": lambda: _times(MACRO.format("x") + "<p>x</p>" + END, 2**21),
    "a CDATA section of 5 MB": lambda: (
        '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA['
        + "a" * (SIZE - 200)
        + "]]></ac:plain-text-body></ac:structured-macro>"
    ),
    "CDATA sections": lambda: f"<p>{_times('<![CDATA[x]]>', SIZE - 20)}</p>",
    "comments": lambda: f"<p>{_times('<!--x-->', SIZE - 20)}</p>",
    "a table of ninety thousand cells": lambda: (
        f"<table><tbody><tr>{'<td><p>x</p></td>' * 90_000}</tr></tbody></table>"
    ),
    "spans of a thousand columns": lambda: (
        "<table><tbody>"
        + '<tr><td colspan="1000" rowspan="1000">x</td></tr>' * 20_000
        + "</tbody></table>"
    ),
    "links": lambda: _times(
        '<p><ac:link><ri:page ri:content-title="T"/><ac:link-body>x</ac:link-body></ac:link></p>'
    ),
    "task lists": lambda: (
        "<ac:task-list>"
        + "<ac:task><ac:task-id>1</ac:task-id><ac:task-body>x</ac:task-body></ac:task>" * 60_000
        + "</ac:task-list>"
    ),
    "cut off": lambda: "<div><p>" + "x" * (SIZE - 20),
    "too long": lambda: f"<p>{'a' * SIZE}</p>",
}


def paragraph(*texts: str) -> dict[str, Any]:
    """Return a paragraph of Genesys with these runs of text."""
    runs = [{"type": "Text", "text": {"text": text, "marks": ["Bold"]}} for text in texts]
    return {"type": "Paragraph", "paragraph": {"blocks": runs}}


def _deep(depth: int) -> list[Any]:
    blocks: list[Any] = [paragraph("x")]
    for _ in range(depth):
        item = {"type": "ListItem", "blocks": blocks}
        blocks = [{"type": "UnorderedList", "list": {"blocks": [item]}}]
    return blocks


def _cells(count: int) -> list[Any]:
    cell = {"blocks": [paragraph("x")]}
    return [{"type": "Table", "table": {"rows": [{"cells": [cell] * count}]}}]


BLOCKS: Mapping[str, Callable[[], list[Any]]] = {
    "one long text": lambda: [paragraph("a" * SIZE)],
    "a hundred thousand paragraphs": lambda: [paragraph("some words in here")] * 100_000,
    "a hundred thousand runs": lambda: [paragraph(*(["x"] * 100_000))],
    "ten thousand nested lists": lambda: _deep(10_000),
    "five hundred nested lists": lambda: _deep(500),
    "a table of fifty thousand cells": lambda: _cells(50_000),
    "a hundred thousand unknown blocks": lambda: [{"type": "Odd", "odd": {"n": 1}}] * 100_000,
    "a hundred thousand members": lambda: [
        {"type": "Paragraph", "paragraph": {f"a{n}": 1 for n in range(100_000)}}
    ],
    "markup as text": lambda: [paragraph(_times("<script>"))],
    "not blocks at all": lambda: [None, 1, "x", [], {}] * 20_000,
}


def _storage(raw: str) -> str:
    return decode_storage(raw, Resolver()).body


def _blocks(raw: list[Any]) -> str:
    return finish(decode_blocks(raw, SYMBOLIC).nodes)


INPUTS: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "html": HTML,
    "confluence": STORAGE,
    "genesys": BLOCKS,
}
PARSERS: Mapping[str, Callable[[Any], str]] = {
    "html": from_html,
    "confluence": _storage,
    "genesys": _blocks,
}


def cost(parser: str, name: str) -> dict[str, object]:
    """Return `seconds` of CPU, `mebibytes` added at the peak and the `outcome` of one input."""
    raw = INPUTS[parser][name]()
    before = _peak()
    start = time.process_time()
    try:
        outcome = f"a body of {len(PARSERS[parser](raw))} characters"
    except Rejected as refusal:
        outcome = f"refused: {refusal}"
    seconds = time.process_time() - start
    return {"seconds": seconds, "mebibytes": _peak() - before, "outcome": outcome}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(cost(*sys.argv[1:])))
