"""The laws that make conversion safe in both directions, on random bodies and blocks."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings

from syncline.body import Blocks, Element, element, finish, normal, parse, render
from syncline_genesys.blocks import SYMBOLIC, Addresses, decode, encode, patch, project
from syncline_genesys.blocks.hrefs import Mixed
from syncline_genesys.blocks.patch import Patcher, read_back
from syncline_genesys.testing import OPAQUES, bodies, vendor_blocks

READER = Addresses(knowledge_base="base", connection="kb")
BOUNDED = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
Json = dict[str, Any]


def item_that_shows_nothing() -> Element:
    """A list whose item holds a heading of nothing but a foreign, blank opaque node."""
    blank = element("span", "\u00a0", data_opaque="confluence.status.0123456789ab")
    inner = element("ul", element("li", element("p", "x")))
    return element("ul", element("li", inner, element("h1", blank), inner))


@BOUNDED
@example(normal([item_that_shows_nothing()]))
@given(bodies())
def test_what_is_written_reads_back_as_the_projection(body: Blocks) -> None:
    blocks = encode(body, OPAQUES)
    assert render(normal(decode(blocks, SYMBOLIC).nodes)) == render(project(body))


@BOUNDED
@given(bodies())
def test_a_projection_is_its_own_projection(body: Blocks) -> None:
    once = project(body)
    assert render(project(once)) == render(once)


@BOUNDED
@given(bodies())
def test_a_projection_is_a_body(body: Blocks) -> None:
    assert parse(finish(project(body))) == project(body)


@BOUNDED
@given(vendor_blocks())
def test_any_blocks_can_be_read(raw: list[Json]) -> None:
    found = decode(raw, READER)
    text = finish(found.nodes)
    assert parse(text) == normal(found.nodes)


@BOUNDED
@given(vendor_blocks())
def test_blocks_that_say_it_already_are_returned_as_they_are(raw: list[Json]) -> None:
    found = decode(raw, READER)
    assert patch(raw, normal(found.nodes), READER, found.opaques) == raw


@BOUNDED
@given(vendor_blocks(), bodies())
def test_patched_blocks_say_the_new_body(raw: list[Json], body: Blocks) -> None:
    blocks = patch(raw, body, SYMBOLIC, OPAQUES)
    assert render(read_back(blocks, SYMBOLIC, True)) == render(project(body))


@BOUNDED
@given(vendor_blocks(), vendor_blocks())
def test_patching_hardly_ever_has_to_start_anew(raw: list[Json], other: list[Json]) -> None:
    # Our own scheme in the vendor's blocks is hostile: it is read as no link, and written anew.
    assume("syncline:" not in json.dumps(raw + other))
    now = read_back(raw + other, READER, True)
    opaques = decode(raw + other, READER).opaques
    blocks = Patcher(READER, opaques, True).body(raw, now)
    assert render(read_back(blocks, Mixed(READER), True)) == render(now)
