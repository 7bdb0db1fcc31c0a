"""The laws that keep two-way conversion safe, over random bodies and every collected page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_confluence.storage.decode import decode
from syncline_confluence.storage.encode import encode
from syncline_confluence.storage.project import project
from syncline_confluence.storage.resolver import Resolver

SEEDS = st.integers(0, 1_000_000)


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back_as_its_projection(
    bodies: Callable[[int], Any], linked: Resolver, seed: int
) -> None:
    wanted = project(bodies(seed).body(), linked)
    assert decode(encode(wanted, linked), linked).body == wanted


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_projecting_twice_changes_nothing(
    bodies: Callable[[int], Any], linked: Resolver, seed: int
) -> None:
    once = project(bodies(seed).body(), linked)
    assert project(once, linked) == once


def test_every_page_can_hold_what_was_read_from_it(
    pages: dict[str, str], resolver: Resolver
) -> None:
    for name, raw in pages.items():
        body = decode(raw, resolver).body
        assert project(body, resolver) == body, name


def test_every_page_written_anew_reads_the_same(pages: dict[str, str], resolver: Resolver) -> None:
    for name, raw in pages.items():
        page = decode(raw, resolver)
        again = decode(encode(page.body, resolver, page.opaques), resolver)
        assert again.body == page.body, name
