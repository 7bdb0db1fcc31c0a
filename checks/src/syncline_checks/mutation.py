"""Inputs made from examples: parts dropped, doubled, swapped, nested and replaced by odd words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

_TOKEN = re.compile(r"<[^<>]{0,80}>|\w+|\s+|.", re.DOTALL)
ODD = (
    *(
        "",
        " ",
        "\0",
        "\ufeff",
        "\ud800",
        "\u202e",
        "\u2028",
        "\x0b",
        "\x85",
        "\U0010ffff",
        "e\u0301",
    ),
    *(
        "<",
        ">",
        "&",
        '"',
        "'",
        "\\",
        "&#0;",
        "&#xD800;",
        "&amp;lt;",
        "]]>",
        "<!--",
        "-->",
        "<![CDATA[",
    ),
    *("-1", "1e999", "0x", "9" * 400, "null", "true", "{", "}", "[", "]", "((", "))", "%s", "${x}"),
)
MOST = 20_000
"""Characters; longer inputs are the business of `hostile-size`."""

Parts = list[str]


def mutated(examples: Sequence[str], words: Sequence[str], rng: Random) -> str:
    """Return an example after one to eight changes; equal seeds give equal texts."""
    parts = _TOKEN.findall(rng.choice(examples))
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        change = rng.choice(_CHANGES)
        parts = change(parts or [""], (*words, *ODD), examples, rng)
    return "".join(parts)[:MOST]


Change = Callable[[Parts, Sequence[str], Sequence[str], Random], Parts]


def _span(parts: Parts, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(parts))
    return start, min(len(parts), start + rng.choice((1, 1, 2, 5, 20)))


def _drop(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    start, end = _span(parts, rng)
    return parts[:start] + parts[end:]


def _double(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    start, end = _span(parts, rng)
    return parts[:start] + parts[start:end] * rng.choice((2, 3, 50)) + parts[end:]


def _insert(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    at = rng.randrange(len(parts) + 1)
    return [*parts[:at], rng.choice(words), *parts[at:]]


def _replace(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    start, end = _span(parts, rng)
    return [*parts[:start], rng.choice(words), *parts[end:]]


def _swap(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    (a, b), (c, d) = sorted((_span(parts, rng), _span(parts, rng)))
    return parts[:a] + parts[c:d] + parts[b:c] + parts[a:b] + parts[max(b, d) :]


def _splice(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    other = _TOKEN.findall(rng.choice(examples)) or [""]
    start, end = _span(other, rng)
    at = rng.randrange(len(parts) + 1)
    return parts[:at] + other[start:end] + parts[at:]


def _flip(parts: Parts, words: Sequence[str], examples: Sequence[str], rng: Random) -> Parts:
    at = rng.randrange(len(parts))
    text = parts[at]
    if not text:
        return parts
    place = rng.randrange(len(text))
    char = chr(ord(text[place]) ^ (1 << rng.randrange(8)))
    return [*parts[:at], text[:place] + char + text[place + 1 :], *parts[at + 1 :]]


_CHANGES: Sequence[Change] = (_drop, _double, _insert, _replace, _swap, _splice, _flip)
