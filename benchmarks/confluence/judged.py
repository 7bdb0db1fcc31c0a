"""P4: conversion against its floor. P5: against peers. P6: the decision that nothing changed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lxml import etree

from syncline.body import rewrite_links
from syncline.errors import Rejected
from syncline.model import Document, digest

from ..measuring import Options, Outcome, Pairs, Result, Skipped, cpu, pairs, process
from ..peers import PeerMissing, peer
from .floor import floor, ours, parse, unchanged
from .pages import corpus, generated

_WORK = 200_000
"""Bytes that one figure is measured over."""
_SIZES = ((2_000, 2.5), (20_000, 2.0), (200_000, 2.0))
_PEERS = ("markdownify", "confluence-markdown-exporter")


def run(options: Options) -> Iterator[Result]:
    """Judge generated pages of three sizes and the collected ones."""
    for size, limit in _SIZES:
        yield _against_floor(f"a page of {size // 1000} KB", [generated(size)], limit, options)
    collected = _readable()
    if collected:
        # Their median is 900 bytes: the goal of small pages.
        yield _against_floor(f"{len(collected)} collected pages", collected, 2.5, options)
    else:
        yield Skipped(goal="P4", what="collected pages", reason="SYNCLINE_SHARED is absent")
    for name in _PEERS:
        yield _against_peer(name, options)
    yield _decision(options)


def _every(convert: Callable[[str], object], raws: list[str]) -> Callable[[], float]:
    repeat = max(1, _WORK // sum(len(raw) for raw in raws))
    return lambda: cpu(lambda: [convert(raw) for raw in raws], repeat)


def _against_floor(what: str, raws: list[str], limit: float, options: Options) -> Outcome:
    found: Pairs = pairs(_every(floor, raws), _every(ours, raws), options.rounds)
    return Outcome(
        goal="P4",
        what=f"{what}: CPU of the conversion / lxml parse + serialise + nh3",
        samples=found.ratios,
        control=found.control,
        limit=limit,
        beside=found.medians(1e6, "us"),
    )


def _readable() -> list[str]:
    """Return the collected pages that both parsers take."""
    found = []
    for raw in corpus().values():
        try:
            ours(raw)
            floor(raw)
        except (Rejected, etree.XMLSyntaxError):
            continue
        found.append(raw)
    return found


def _against_peer(name: str, options: Options) -> Result:
    raw = generated(20_000)
    what = f"a page of 20 KB: CPU of {name} / ours"
    try:
        python = peer(name) / "python"
    except PeerMissing as missing:
        return Skipped(goal="P5", what=what, reason=str(missing))
    html = rewrite_links(ours(raw), lambda href: "https://example.com/page")
    repeat = 2 if options.quick else 10
    ratios, peers, mine = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages.json"
        pages.write_text(json.dumps([html]), encoding="utf-8")
        script = Path(__file__).with_name("peer_markdown.py")
        for _ in range(options.rounds):
            used = process([python, script, name, pages, str(repeat)], cwd=Path(folder))
            peers.append(float(used.output.split()[-1]))
            mine.append(_every(ours, [raw])())
            ratios.append(peers[-1] / mine[-1])
    return Outcome(
        goal="P5",
        what=what,
        samples=tuple(ratios),
        limit=5,
        at_least=True,
        beside=f"{name} {min(peers) * 1e6:,.0f} us, ours {min(mine) * 1e6:,.0f} us",
    )


def _decision(options: Options) -> Outcome:
    raw = generated(20_000)
    body = ours(raw)
    known = digest(Document(title="t", body=body))
    found = pairs(
        _every(parse, [raw]),
        _every(lambda page: unchanged(page, body, known), [raw]),
        options.rounds,
    )
    return Outcome(
        goal="P6",
        what="a page of 20 KB: parse, canonical hash and comparison / parse",
        samples=found.ratios,
        control=found.control,
        limit=2.5,
        beside=found.medians(1e6, "us", "parse"),
    )
