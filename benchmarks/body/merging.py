"""P13: three-way merge against merge3, readable diff against htmldiff of lxml, the worst case."""

from __future__ import annotations

import random
from collections.abc import Iterator

from lxml.html.diff import htmldiff
from merge3 import Merge3

from syncline.body import diff, diff_html, finish, merge
from syncline.body.tree import Element, element

from ..measuring import Options, Outcome, Result, cpu, pairs

_WORDS = ("refund", "invoice", "account", "customer", "payment", "within", "letter", "phone")


def _block(rng: random.Random, number: int) -> Element:
    words = " ".join(rng.choice(_WORDS) for _ in range(60))
    return element("p", f"{number} {words} ", element("strong", rng.choice(_WORDS)), ".")


def _edited(blocks: list[Element], rng: random.Random, chosen: list[int]) -> list[Element]:
    made = list(blocks)
    for number in chosen:
        text, *others = made[number].children
        words = str(text).split()
        words[rng.randrange(1, len(words))] = "changed"
        made[number] = Element("p", (), (" ".join(words) + " ", *others))
    return made


def sides(count: int) -> tuple[str, str, str]:
    """Return a base and two edits of it: one block in twenty on each side, none on both."""
    rng = random.Random(7)
    base = [_block(rng, number) for number in range(count)]
    chosen = rng.sample(range(0, count, 2), count // 10)  # neighbours would be conflicts
    half = len(chosen) // 2
    left, right = (_edited(base, rng, part) for part in (chosen[:half], chosen[half:]))
    return finish(base), finish(left), finish(right)


def _lines(body: str) -> list[str]:
    return body.replace("</p>", "</p>\n").splitlines(keepends=True)


def run(options: Options) -> Iterator[Result]:
    """Judge the merge of 2,000 blocks, the diff of 200, and 2,000 identical blocks."""
    base, left, right = sides(2000)
    if merge(base, left, right).conflicts:
        raise RuntimeError("edits of different blocks conflict")
    texts = [_lines(body) for body in (base, left, right)]
    merged = pairs(
        lambda: cpu(lambda: list(Merge3(texts[0], texts[1], texts[2]).merge_lines())),
        lambda: cpu(lambda: merge(base, left, right)),
        options.rounds,
    )
    yield Outcome(
        goal="P13",
        what="three-way merge of 2,000 blocks: CPU / merge3 on the blocks' text",
        samples=merged.ratios,
        control=merged.control,
        limit=3,
        beside=merged.medians(1000, "ms", "merge3"),
    )
    old, new, _ = sides(200)
    shown = pairs(
        lambda: cpu(lambda: htmldiff(old, new)),
        lambda: cpu(lambda: diff_html(diff(old, new))),
        options.rounds,
    )
    yield Outcome(
        goal="P13",
        what="readable diff of 200 blocks: CPU / lxml htmldiff",
        samples=shown.ratios,
        control=shown.control,
        limit=0.2,
        beside=shown.medians(1000, "ms", "htmldiff"),
    )
    yield from _worst(options)


def _worst(options: Options) -> Iterator[Result]:
    same = [element("p", "The same paragraph.") for _ in range(2000)]
    cut, grown = same[:500] + same[700:], [*same[:1500], element("p", "New."), *same[1500:]]
    bodies = [finish(blocks) for blocks in (same, cut, grown)]
    for name, work in (
        ("merge", lambda: merge(bodies[0], bodies[1], bodies[2])),
        ("diff", lambda: diff(bodies[1], bodies[2])),
    ):
        yield Outcome(
            goal="P13",
            what=f"{name} of 2,000 identical blocks: CPU",
            samples=tuple(cpu(work) for _ in range(options.rounds)),
            limit=1.0,
            unit="s",
        )
