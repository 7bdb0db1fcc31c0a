"""Sanitised payloads in a real Chromium: no script, no navigation, no active request.

Chromium reports every script that it hands to its compiler over the debugger, so no payload needs
to call anything. Strings are shown as a page and by innerHTML; everything in them is clicked and
hovered over. No request leaves. Unsanitised strings must be seen firing, or the detector is broken.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Route, sync_playwright

from syncline.body import from_html
from syncline.errors import Rejected
from syncline.testing import bodies

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chromium"), pytest.mark.long(60)]

ORIGIN = "https://desktop.invalid/"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    # One process, so that the debugger sees the scripts of frames, too.
    *("--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process"),
]
PASSIVE = frozenset({"image", "media", "font"})

FIRING = (
    *("<img src=x onerror=fired()>", "<svg onload=fired()></svg>", "<script>fired()</script>"),
    *("<a href='javascript:fired()'>x</a>", "<iframe src='javascript:fired()'></iframe>"),
    *("<iframe src='https://elsewhere.invalid/'></iframe>", "<b onmouseover=fired()>x</b>"),
    *("<details open ontoggle=fired()><summary>x</summary></details>", "<p onclick=fired()>x</p>"),
    *("<meta http-equiv=refresh content='0;url=https://elsewhere.invalid/'>",),
    *("<form action='https://elsewhere.invalid/'><button>x</button></form>",),
    *("<link rel=stylesheet href='https://elsewhere.invalid/x.css'>", "<a href='/relative'>x</a>"),
    *("<object data='https://elsewhere.invalid/'></object>", "<body onload=fired()>"),
    "<input autofocus onfocus=fired()>",
)

# Runs in a world of its own, so that its scripts are told from the page's. Links that a body may
# hold are not followed: what counts is what happens unasked, and where other links lead.
TOUCH = """
(() => {
  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest('a');
    const target = link && link.getAttribute('href');
    if (target && /^(https?:|mailto:|tel:|syncline:|#)/.test(target)) event.preventDefault();
  }, true);
  for (const node of document.querySelectorAll('body, body *')) {
    for (const kind of ['mouseover', 'mouseenter', 'mousedown', 'click']) {
      node.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
    }
    for (const attribute of node.attributes) {
      if (attribute.name.startsWith('on')) node.dispatchEvent(new Event(attribute.name.slice(2)));
    }
    if (node.focus) node.focus();
  }
})()
"""


def chromium() -> str:
    """Return the path of Chromium; skip where there is none, but never in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI"):
        pytest.fail("CI has no Chromium: install Debian's package `chromium`")
    if found is None:
        pytest.skip("no Chromium: install Debian's package `chromium`")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """A page in which whatever runs or loads is noted."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page()
        self.html: str | None = None
        self.seen: list[str] = []
        self.page.route("**/*", self.answer)
        self.page.on("dialog", lambda dialog: dialog.dismiss())
        self.debugger = self.page.context.new_cdp_session(self.page)
        self.debugger.on("Debugger.scriptParsed", self.parsed)
        self.debugger.send("Debugger.enable")
        self.debugger.send("Page.enable")

    def answer(self, route: Route) -> None:
        """Serve the string as a page; note every other active request, and let none out."""
        request = route.request
        if request.url == ORIGIN and self.html is not None:
            html, self.html = self.html, None
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
            return
        if request.resource_type not in PASSIVE and not request.url.endswith("/favicon.ico"):
            self.seen.append(f"{request.resource_type} {request.url}")
        route.abort()

    def parsed(self, script: dict[str, Any]) -> None:
        """Note a script of the page itself or of a frame in it."""
        world = script.get("executionContextAuxData") or {}
        if world.get("isDefault", True):
            self.seen.append(f"script {script.get('url')}")

    def run(self, expression: str) -> None:
        """Evaluate in an isolated world; a page that went away meanwhile is a finding, too."""
        frame = self.debugger.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self.debugger.send("Page.createIsolatedWorld", {"frameId": frame})
        self.debugger.send(
            "Runtime.evaluate",
            {"expression": expression, "contextId": world["executionContextId"]},
        )

    def open(self, html: str) -> None:
        for left in reversed(range(9)):
            self.html = f"<!doctype html><meta charset=utf-8><title>t</title><body>{html}"
            try:
                self.page.goto(ORIGIN, wait_until="load")
                return
            except Error as error:
                # What was shown before may be on its way to somewhere else.
                if "interrupted by another navigation" not in str(error) or not left:
                    raise

    def as_page(self, html: str) -> list[str]:
        """Return what happens when `html` is a page."""
        self.seen = []
        self.open(html)
        self.run(TOUCH)
        self.page.wait_for_timeout(40)
        return self.seen

    def as_inner_html(self, html: str) -> list[str]:
        """Return what happens when a page puts `html` into itself."""
        self.open("")
        self.seen = []
        self.run(f"document.body.innerHTML = {json.dumps(html)}; {TOUCH}")
        self.page.wait_for_timeout(40)
        return self.seen


@pytest.fixture
def watch(browser: Browser) -> Iterator[Watch]:
    watch = Watch(browser)
    yield watch
    watch.page.close()


def fires(watch: Watch, html: str) -> bool:
    """Return whether something happens; on a busy machine it may not at the first look."""
    return any(watch.as_page(html) or watch.as_inner_html(html) for _ in range(3))


def payloads(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted((shared / "corpus" / "xss").glob("*.json")):
        entries = json.loads(path.read_text("utf-8"))
        found += entries if isinstance(entries, list) else []
    return found


def sanitised(html: str) -> str:
    try:
        return from_html(html)
    except Rejected:
        return ""


def assert_silent(watch: Watch, bodies_: list[str], size: int = 100) -> None:
    """Show strings in lots; a lot in which something happens is shown again one by one."""
    for start in range(0, len(bodies_), size):
        lot = bodies_[start : start + size]
        whole = "".join(f"<div>{body}</div>" for body in lot)
        if watch.as_page(whole) or watch.as_inner_html(whole):
            guilty = [b for b in lot if watch.as_page(b) or watch.as_inner_html(b)]
            pytest.fail(f"something happened: {guilty or whole[:2000]} {watch.seen}")


@pytest.mark.parametrize("html", FIRING)
def test_an_unsanitised_string_is_seen_firing(watch: Watch, html: str) -> None:
    assert fires(watch, html)


def test_public_strings_that_run_unsanitised_are_seen_running(watch: Watch, shared: Path) -> None:
    known = [entry["html"] for entry in payloads(shared) if "script" in entry["raw"]]
    chosen = Random(1).sample(known, 25)
    seen = [html for html in chosen if fires(watch, html)]
    assert len(seen) >= 23


def test_public_payloads_do_nothing_once_sanitised(watch: Watch, shared: Path) -> None:
    strings = [entry["html"] for entry in payloads(shared)]
    assert len(strings) > 1_500
    assert_silent(watch, [sanitised(html) for html in strings])


def soups(seed: int, count: int) -> list[str]:
    """Return soup in which handlers and URLs of every kind stand."""
    rng = Random(seed)
    handlers = ("onclick", "onerror", "onload", "onmouseover", "onfocus", "ontoggle")
    return [
        re.sub(r"onclick|style", lambda _: rng.choice(handlers), bodies.soup(rng))
        for _ in range(count)
    ]


def test_random_soup_does_nothing_once_sanitised(watch: Watch) -> None:
    assert_silent(watch, [sanitised(html) for html in soups(7, 600)])


@pytest.mark.soak
def test_fifty_thousand_soups_do_nothing_once_sanitised(watch: Watch) -> None:
    for seed in range(50):
        assert_silent(watch, [sanitised(html) for html in soups(seed, 1_000)])


def test_ordinary_bodies_do_nothing(watch: Watch) -> None:
    assert_silent(watch, [bodies.body(Random(seed)) for seed in range(60)], size=20)
