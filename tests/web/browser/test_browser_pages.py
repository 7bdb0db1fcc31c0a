"""Every page, as everybody may see it: it keeps nobody out, the browser complains of nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncline_checks.axe import grave_faults

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.long(60)]

Open = Callable[..., Any]
_KINDS = (
    (r"/conflicts/[^/]+", "/conflicts/*"),
    (r"/runs/[^/]+", "/runs/*"),
    (r"/plans/[^/]+", "/plans/*"),
    (r"/history/[^/]+", "/history/*"),
    (r"/progress/[^/]+", "/progress/*"),
)
EXPECTED = {
    *("/", "/jobs/handbook/articles", "/jobs/handbook/article", "/jobs/handbook/conflicts"),
    *("/jobs/handbook/conflicts/*", "/jobs/handbook/restrictions", "/jobs/handbook/quarantine"),
    *("/jobs/handbook/plans", "/jobs/handbook/runs", "/jobs/handbook/runs/*"),
    *("/jobs/handbook/losses", "/jobs/handbook/pairs", "/jobs/handbook/history/*"),
    *("/jobs/capacity/fields", "/jobs/capacity/field", "/jobs/capacity/conflicts"),
    *("/jobs/capacity/conflicts/*", "/jobs/capacity/quarantine", "/jobs/capacity/plans"),
    *("/jobs/capacity/runs", "/jobs/capacity/runs/*", "/jobs/capacity/history/*"),
}
FOR_OTHERS = {
    *("/jobs/handbook/conflicts/*/edit", "/jobs/handbook/plans/*"),
    "/jobs/handbook/runs/*/undo",
}
SEEN = {"viewer": EXPECTED, "operator": EXPECTED | FOR_OTHERS}
"""Pages by role; editors see nothing that operators do not."""


def kind(address: str) -> str:
    """What page an address is, whatever it shows."""
    path = urlsplit(address).path
    for pattern, word in _KINDS:
        path = re.sub(pattern, word, path)
    return path


def all_pages(visitor: Any, *first: str, most: int = 60) -> Iterator[str]:
    """Open one page of each kind that links lead to, and yield its kind while it is open."""
    waiting = ["/", *first]
    known = {kind(address) for address in waiting}
    while waiting and most:
        most -= 1
        address = waiting.pop(0)
        assert visitor.open(address) == 200, address
        found = visitor.page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.href)"
        )
        for link in found:
            parts = urlsplit(link)
            here = f"{parts.scheme}://{parts.netloc}" == visitor.world.url
            if here and kind(link) not in known and not _bare(link):
                known.add(kind(link))
                waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        yield kind(address)


def _bare(link: str) -> bool:
    """Bodies by themselves, files, and what is no page."""
    return bool(re.search(r"/(static|file|body|draft|text|metrics)(/|$|\?)", link)) or (
        re.search(r"/history/[^/]+/", urlsplit(link).path) is not None
    )


@pytest.fixture(scope="session")
def planned(world: Any) -> str:
    """The page on which the first pass is undone; there is a plan that waits, too."""
    world.ask("/jobs/handbook/plans", post=True)
    runs = re.findall(r'href="(/jobs/handbook/runs/[^"?/]+)"', world.ask("/jobs/handbook/runs"))
    return f"{runs[-1]}/undo"


@pytest.fixture(scope="session")
def written(world: Any) -> str:
    """A line of the history of the field that follows its rule: many runs have no line at all."""
    fields = world.ask("/jobs/capacity/fields")
    (field,) = set(re.findall(r'href="(/jobs/capacity/field\?ref=[^"]*ivr[^"]*)"', fields))
    page = world.ask(html.unescape(field))
    return str(re.findall(r'href="(/jobs/capacity/history/\d+)"', page)[0])


@pytest.mark.parametrize("role", SEEN)
def test_no_page_keeps_anybody_out(
    visit: Open, axe: str, planned: str, written: str, role: str
) -> None:
    visitor = visit(role)
    page, faults, seen = visitor.page, [], set()
    more = [written, planned] if role == "operator" else [written]
    for name in all_pages(visitor, *more):
        seen.add(name)
        faults += [f"{name}: {fault}" for fault in grave_faults(page, axe)]
        if role != "operator":
            continue
        # Operators see all that the others see; dark, nothing but the colours is another.
        page.emulate_media(color_scheme="dark")
        contrast = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
        faults += [f"{name}, dark: {fault}" for fault in grave_faults(page, axe, **contrast)]
        page.emulate_media(color_scheme="light")
    assert faults == []
    assert seen >= SEEN[role], SEEN[role] - seen


@pytest.mark.usefixtures("planned")
def test_on_a_phone_no_page_scrolls_sideways(visit: Open) -> None:
    visitor = visit("operator", width=320, height=640)
    wide = {}
    for name in all_pages(visitor):
        width = visitor.page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[name] = width
    assert wide == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_doors_and_their_messages_keep_nobody_out(visit: Open, axe: str, scheme: str) -> None:
    stranger = visit(None, scheme=scheme, width=320, height=640)
    page, faults = stranger.page, []
    stranger.open("/")
    faults += grave_faults(page, axe)
    page.get_by_label("Your token").fill("wrong-0123456789abcdef")
    page.get_by_role("button", name="Log in").click()
    assert "not known" in page.get_by_role("alert").inner_text()
    faults += grave_faults(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    stranger.log_in("viewer")
    stranger.open("/enter?token=x")
    page.wait_for_url(stranger.world.url + "/")
    for path, status in (("/nothing", 404), ("/jobs/other/runs", 404)):
        assert stranger.open(path) == status
        faults += grave_faults(page, axe)
    assert stranger.open("/jobs/handbook/runs/x/undo") in (403, 404)
    faults += grave_faults(page, axe)
    assert faults == []
    # Chromium tells of each answer that is an error.
    assert all("Failed to load resource" in said for said in stranger.complaints)
    stranger.complains = True


def test_colours_follow_what_the_person_has_chosen(visit: Open) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = (visit("viewer", scheme=s).page.evaluate(ground) for s in ("light", "dark"))
    assert sum(map(int, re.findall(r"\d+", light)[:3])) > 600
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 200


def test_a_checker_that_finds_nothing_would_be_noticed(visit: Open, axe: str) -> None:
    visitor = visit("viewer")
    visitor.page.evaluate(
        """() => {
          document.querySelector('main').innerHTML =
            '<img src="/static/icon.svg"><p id="faint">words</p><input>';
          document.getElementById('faint').style.color = 'rgb(240, 240, 240)';
        }"""
    )
    found = " ".join(grave_faults(visitor.page, axe))
    assert "image-alt" in found
    assert "color-contrast" in found
    assert "label" in found


def test_a_complaint_of_the_browser_would_be_noticed(visit: Open) -> None:
    visitor = visit("viewer")
    visitor.page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src="https://elsewhere.invalid/x">');
        }"""
    )
    for _ in range(300):
        told = [said for said in visitor.complaints if "Content Security Policy" in said]
        if len(told) >= 2:
            break
        visitor.page.wait_for_timeout(200)
    assert len(told) >= 2, visitor.complaints
    assert visitor.page.evaluate("window.ran") is None
    visitor.complains = True
