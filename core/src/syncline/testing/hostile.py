"""Hostile inputs of up to 5 MB; run as a program, it reports what each one costs.

Usage: `python -m syncline.testing.hostile NAME...` prints one JSON line for each (all of them when
none is named): `{name, seconds, mebibytes, outcome}`, CPU seconds and the memory added.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

from ..body import from_html
from ..errors import Rejected

SIZE = 5_000_000


def _filled(text: str) -> str:
    return text * (SIZE // len(text))


def _numbered(pattern: str, count: int) -> str:
    return "".join(pattern.format(n) for n in range(count))


INPUTS: dict[str, Callable[[], str | bytes]] = {
    "one long text": lambda: "a" * (SIZE - 10),
    "angle brackets": lambda: _filled("<"),
    "ampersands": lambda: _filled("&"),
    "entities": lambda: _filled("&amp;"),
    "NULs": lambda: "\0" * SIZE,
    "lone surrogates": lambda: "\ud800" * (SIZE // 4),
    "no-break spaces": lambda: "\xa0" * (SIZE // 2),
    "every byte": lambda: bytes(range(256)) * (SIZE // 256),
    "piled accents": lambda: "<p>e" + "\u0301\u0327" * (SIZE // 4),
    "decomposed letters": lambda: "<p>" + "e\u0301" * (SIZE // 3),
    "paragraphs without end": lambda: _filled("<p>"),
    "ninety thousand paragraphs": lambda: "<p>some words in here, and more of them</p>" * 90_000,
    "a hundred thousand breaks": lambda: "<p>x" + " <br>" * 99_000 + "y",
    "comments": lambda: _filled("<!---->"),
    "declarations": lambda: _filled("<?x?>"),
    "ten thousand nested divs": lambda: "<div>" * 10_000,
    "ten thousand nested lists": lambda: "<ul><li>" * 10_000,
    "ten thousand nested marks": lambda: "<b><i>" * 10_000,
    "ten thousand nested tables": lambda: "<table><tr><td>" * 10_000,
    "nested and closed": lambda: "<div>" * 10_000 + "x" + "</div>" * 10_000,
    "nesting hidden by comments": lambda: "<div><!--</div>-->" * 10_000,
    "nesting hidden by declarations": lambda: "<div><!x </div>" * 10_000,
    "nesting hidden by cells": lambda: "<div><table><tr><td></div>" * 5_000,
    "nesting hidden by raw text": lambda: "<div><style></div></style>" * 5_000,
    "nesting hidden by selects": lambda: "<div><select></div></select>" * 5_000,
    "nesting hidden by images": lambda: "<div><svg><desc></div></svg>" * 5_000,
    "nesting hidden by attributes": lambda: "<div><p a='</div>'>" * 5_000,
    "a hundred thousand attributes": lambda: f"<p {_numbered('a{}=1 ', 100_000)}>x",
    "attributes without values": lambda: f"<p {_numbered('a{}/', 100_000)}>x",
    "attributes with brackets": lambda: "<p " + _numbered("a{}='>' ", 100_000) + ">x",
    "attributes of an end tag": lambda: f"</p {_numbered('a{} ', 100_000)}>x",
    "a long attribute": lambda: f"<p title='{'a' * (SIZE - 50)}'>x",
    "a long link": lambda: f"<a href='https://example.org/{'a' * (SIZE - 50)}'>x",
    "odd hosts": lambda: _numbered("<a href='https://x-{}.xn--a/ü'>x</a>", 60_000),
    "misplaced in a table": lambda: "<table>" + "a<b></b>" * 90_000,
    "misplaced paragraphs": lambda: "<table>" + "<p>a</p>" * 90_000,
    "misplaced text": lambda: "<table>" + "x<tr>" * 90_000,
    "a table of ninety thousand cells": lambda: "<table><tr>" + "<td>x" * 90_000,
    "cut-off formatting": lambda: (
        f"<div>{_numbered('<b id={}>', 150)}</div>" + "<div>x</div>" * 90_000
    ),
    "cut-off in paragraphs": lambda: _numbered("<p><font color={}>", 90) + "<p>x" * 90_000,
    "links in links": lambda: "<a href=https://example.org/>" * 90_000,
    "marks closed too late": lambda: "<b><a>" * 90 + "</b>x" * 90_000,
    "an attribute that never ends": lambda: f"<a href='{'x' * (SIZE - 30)}",
    "half tags": lambda: _filled("<p "),
    "too long": lambda: "a" * (SIZE + 1),
}


def measured(name: str) -> dict[str, object]:
    """Return what one input costs: CPU seconds, and the memory that it adds to its own."""
    html = INPUTS[name]()
    before = _mebibytes()
    start = time.process_time()
    try:
        outcome = f"a body of {len(from_html(html))} characters"
    except Rejected as refusal:
        outcome = str(refusal)
    seconds = time.process_time() - start
    return {
        "name": name,
        "seconds": seconds,
        "mebibytes": _mebibytes() - before,
        "outcome": outcome,
    }


def _mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for wanted in sys.argv[1:] or INPUTS:
        sys.stdout.write(json.dumps(measured(wanted)) + "\n")
