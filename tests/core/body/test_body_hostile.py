"""Hostile HTML: nothing executable comes out, and nothing takes long."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import finish, from_html, parse, render
from syncline.body.profile import ATTRIBUTES, NEVER, TAGS
from syncline.body.sanitise import cleaner
from syncline.body.scan import Scan, check_cost
from syncline.body.urls import SCHEMES
from syncline.errors import Rejected
from syncline.testing.hostile import INPUTS


def payloads(shared: Path) -> list[tuple[str, str]]:
    """Return the id and text of every string of the public lists."""
    found = []
    for path in sorted((shared / "corpus" / "xss").glob("*.json")):
        entries = json.loads(path.read_text("utf-8"))
        if isinstance(entries, list):
            found += [(entry["id"], entry["html"]) for entry in entries]
    return found


_TAG = re.compile(r"</?([a-z0-9]+)((?: [a-z-]+=\"[^\"]*\")*)>")
_TARGET = re.compile(r' (?:href|src)="([^"]*)"')
_SAFE = re.compile(r"(?:https?|mailto|tel|syncline):|#")


def assert_harmless(body: str) -> None:
    """Check by plain means, sharing nothing with the parser, that only the vocabulary is there."""
    rest = _TAG.sub("", body)
    assert "<" not in rest
    assert ">" not in rest
    for tag, attrs in _TAG.findall(body):
        names = set(re.findall(r" ([a-z-]+)=", attrs))
        assert tag in TAGS
        assert names <= ATTRIBUTES.get(tag, frozenset())
        for target in _TARGET.findall(attrs):
            assert _SAFE.match(target)


def test_no_public_payload_gets_through(shared: Path) -> None:
    strings = payloads(shared)
    assert len(strings) > 1_500
    refused = 0
    for name, html in strings:
        try:
            body = from_html(html)
        except Rejected:
            refused += 1
            continue
        assert_harmless(body)
        assert from_html(body) == body, name
        assert finish(parse(body)) == body, name
    assert refused < len(strings) // 100


def test_payloads_do_not_get_through_as_text_either(shared: Path) -> None:
    for _, html in payloads(shared):
        body = finish([html])
        assert_harmless(body)
        assert from_html(body) == body


def test_what_is_never_safe_cannot_be_allowed() -> None:
    assert not TAGS & NEVER
    for tag in sorted(NEVER):
        with pytest.raises(ValueError, match=f"<{tag}>"):
            cleaner(TAGS | {tag}, ATTRIBUTES)
    for name in ("cite", "style", "onclick", "id", "name", "srcdoc"):
        with pytest.raises(ValueError, match=name):
            cleaner(TAGS, {**ATTRIBUTES, "p": frozenset({name})})


NAMED = {"svg", "math", "style", "noscript", "template", "form", "select", "textarea", "title"}


def test_the_tags_that_switch_a_parser_are_among_them() -> None:
    assert {*NAMED, "xmp", "noembed", "script", "iframe", "object", "embed"} <= NEVER


DEAREST = (
    *("every byte", "piled accents", "ninety thousand paragraphs", "a hundred thousand breaks"),
    *("attributes with brackets", "odd hosts", "a table of ninety thousand cells"),
    *("cut-off in paragraphs", "marks closed too late"),
)


def measured(names: list[str]) -> list[dict[str, Any]]:
    """Return what each input costs in a process of its own."""
    command = [sys.executable, "-m", "syncline.testing.hostile", *names]
    run = subprocess.run(command, capture_output=True, check=True, text=True, timeout=300)
    return [json.loads(text) for text in run.stdout.splitlines()]


def assert_bounded(names: list[str], *, seconds: float) -> None:
    # Several processes: memory that one input needed would hide what a later one needs.
    seen = [entry for n in range(3) for entry in measured(names[n::3])]
    assert {entry["name"] for entry in seen} == set(names)
    assert not [entry for entry in seen if entry["seconds"] > seconds]
    assert not [entry for entry in seen if entry["mebibytes"] > 200]


@pytest.mark.long(25)
def test_the_dearest_inputs_end_in_bounded_time_and_memory() -> None:
    # A quadratic step takes minutes here. The two seconds of the promise are for a quiet machine.
    assert_bounded([*DEAREST], seconds=20)


@pytest.mark.soak
def test_every_hostile_input_ends_in_bounded_time_and_memory() -> None:
    assert_bounded(sorted(INPUTS), seconds=2)


REASONS = {
    "ten thousand nested divs": "nested deeper than 200",
    "ten thousand nested lists": "nested deeper than 200",
    "nesting hidden by comments": "nested deeper than 200",
    "nesting hidden by cells": "nested deeper than 200",
    "nesting hidden by selects": "nested deeper than 200",
    "nesting hidden by images": "nested deeper than 200",
    "a hundred thousand attributes": "more than 500 attributes",
    "attributes with brackets": "more than 500 attributes",
    "misplaced paragraphs": "misplaced in tables",
    "cut-off formatting": "formatting elements in the wrong order",
    "paragraphs without end": "once it is escaped",
    "comments": "more than 100000 elements",
    "too long": "longer than 5000000 characters",
}


@pytest.mark.parametrize("name", REASONS)
def test_a_refusal_names_its_reason(name: str) -> None:
    with pytest.raises(Rejected, match=REASONS[name]):
        from_html(INPUTS[name]())


_SHAPES = (
    *("div", "p", "b", "i", "a", "font", "span", "ul", "li", "table", "tr", "td", "th", "tbody"),
    *("caption", "h1", "h2", "select", "option", "button", "form", "svg", "desc", "math", "mi"),
    *("g", "style", "script", "title", "textarea", "noscript", "dl", "dt", "dd", "object", "hr"),
)
_DROPPED = {"style", "script", "title", "textarea", "noscript", "select"}
_measure = nh3.Cleaner(
    tags={*_SHAPES, "colgroup"} - _DROPPED,
    clean_content_tags=set(),
    attributes={},
    link_rel=None,
)
_ANY_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")


def parsed_depth(html: str) -> int:
    """Return how deep html5ever nests `html`."""
    depth = deepest = 0
    for closing, tag in _ANY_TAG.findall(_measure.clean(html)):
        if tag != "hr":
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


@given(st.randoms(use_true_random=False), st.sampled_from([20, 60, 300]))
@settings(max_examples=250, deadline=None)
def test_the_scan_sees_about_what_a_parser_does(rng: Random, length: int) -> None:
    shapes = rng.sample(_SHAPES, rng.randint(2, 7))
    parts: list[str] = []
    for _ in range(length):
        tag = rng.choice(shapes)
        start = f"<{tag} id={rng.randint(0, 3)}>"
        odd = ("<!--", "-->", "<!x ", "<?", f"<{tag} a='>' b=\"<p>\">")
        parts.append(
            rng.choice((f"<{tag}>", start, f"</{tag}>", f"</{tag}>", "x", rng.choice(odd)))
        )
    html = "".join(parts)
    scan = Scan()
    seen = max((scan.depth() for _ in scan.steps(html)), default=0)
    assert parsed_depth(html) <= 1.75 * seen + 4


ORDINARY = {
    "omitted end tags": "<ul>" + "<li>x<p>y" * 1_000 + "</ul>",
    "omitted ends of cells": "<table>" + "<tr><td>x<td><p>y" * 1_000 + "</table>",
    "definitions": "<dl>" + "<dt>x<dd>y" * 1_000 + "</dl>",
    "headings that never end": "<h2>x<p>y" * 500,
    "bold that never ends": "<p><b>x" * 500,
    "links that never end": "<p><a href=https://example.org/>x" * 500,
    "an icon in every line": '<p><svg viewBox="0 0 1 1"><g><path d="M0"/></g></svg>x</p>' * 500,
    "a formula in every line": "<p><math><mrow><mi>x</mi><mo>=</mo></mrow></math>y</p>" * 500,
    "options": "<select>" + "<option>x" * 500 + "</select>",
    "scripts with markup": "<script>if (a<b) x='<div><div>'</script><p>x</p>" * 300,
}


@pytest.mark.parametrize("html", ORDINARY.values(), ids=ORDINARY)
def test_sloppy_but_ordinary_html_is_not_refused(html: str) -> None:
    check_cost(html)
    assert_harmless(from_html(html))


def test_schemes_are_few() -> None:
    assert {"http", "https", "mailto", "tel", "syncline"} == SCHEMES


@given(st.text(alphabet="<>/='\" abipsx!-&;\n\0", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_markup_of_few_characters_is_harmless(html: str) -> None:
    body = from_html(html)
    assert_harmless(body)
    assert render(parse(body)) == body
