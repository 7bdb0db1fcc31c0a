"""A real service between two simulated systems, and people in front of a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from syncline_checks.axe import fetched
from syncline_demo.command import HANDBOOK, configure
from syncline_demo.systems import System, started

ROOT = Path(__file__).parents[3]
ARTIFACTS = ROOT / "artifacts"
IMAGES = ROOT / "docs" / "images"
Scheme = Literal["light", "dark"]
TOKENS = {
    "viewer": ("Vera", "vera-0123456789abcdef"),
    "editor": ("Edith", "edith-0123456789abcdef"),
    "operator": ("Otto", "otto-0123456789abcdef"),
}
SERVICE = """
[service]
pages = "127.0.0.1:0"
webhooks = ""
""" + "".join(
    f'[service.access.tokens.{name}]\ntoken = {{ env = "T_{name}" }}\nrole = "{role}"\n'
    for role, (name, _) in TOKENS.items()
)
STILL = 'poll = "0s"\nschedule = "0 0 1 1 *"\n'
"""Passes are made when a test asks for one: what a page shows does not depend on the time."""
HANDBOOK_JOB = "[jobs.handbook]\n"
CAPACITY = (
    f'[jobs.capacity]\nkind = "config"\n{STILL}'
    + """
[[jobs.capacity.rules]]
name = "places"
from = { q = "kb:queue-observation/Support" }
to = { item = "kb:data-table-row/Limits/ivr", field = "maximum", type = "int" }
expression = "q.oInteracting * 10"
[[jobs.capacity.rules]]
name = "calls"
from = { q = "kb:queue-observation/Support" }
to = { item = "kb:data-table-row/Limits/fax", field = "maximum", type = "int" }
expression = "q.oInteracting"
drift = "report"
[[jobs.capacity.rules]]
name = "nowhere"
from = { q = "kb:queue-observation/Support" }
to = { item = "kb:data-table-row/Nothing/telex", field = "maximum", type = "int" }
expression = "q.oInteracting"
"""
)
"""Three fields: one follows its rule, one waits for a person, and one cannot be found."""
ARGUMENTS = (
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Text in shades of grey: pictures for the guide are smaller.
    "--disable-lcd-text",
    # A foreign name for this machine, as DNS rebinding makes one.
    "--host-resolver-rules=MAP rebound.example 127.0.0.1",
)


@attrs.define(kw_only=True)
class World:
    """The service by its address, and both systems by what their people do."""

    url: str
    wiki: System
    kb: System

    def ask(self, path: str, *, role: str = "operator", post: bool = False) -> str:
        """Ask as a script does."""
        request = urllib.request.Request(  # noqa: S310 -- our own service on loopback
            self.url + path,
            data=b"" if post else None,
            headers={"Authorization": f"Bearer {TOKENS[role][1]}", "Accept": "text/html"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- as above
            return str(answer.read().decode())

    def passes(self) -> int:
        """How many full passes of the handbook have ended."""
        line = r'syncline_passes_total\{(?=[^}]*job="handbook")[^}]*kind="full"[^}]*\} (\d+)'
        return sum(int(number) for number in re.findall(line, self.ask("/metrics")))

    def sync(self) -> None:
        """Let a full pass begin and end."""
        before = self.passes()
        self.ask("/jobs/handbook/sync", post=True)
        waiting(lambda: self.passes() > before, "a full pass to end")

    def clash(self, title: str, old: str, left: str, right: str) -> None:
        """Let two people change the same words."""
        page, article = self.wiki.titled(title), self.kb.titled(title)
        self.wiki.act(do="edit", id=page["id"], replace={"old": old, "new": left})
        self.kb.act(do="edit", id=article["id"], replace={"old": old, "new": right})

    def conflict(self, title: str) -> str:
        """Return the path of the page on which a conflict is settled."""
        page = self.ask("/jobs/handbook/conflicts")
        found = re.search(rf'href="(/jobs/handbook/conflicts/[^"?/]+)"[^>]*>\s*{title}', page)
        assert found, f"no conflict of {title!r}"
        return found[1]


def waiting(met: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for something that happens elsewhere."""
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.1)


@contextmanager
def running(config: Path, log: Path) -> Iterator[str]:
    """Run the service of a configuration, and yield the address of its pages."""
    command = [sys.executable, "-m", "syncline", "run", "--config", str(config)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            waiting(lambda: _address(log) is not None, f"the service to listen, see {log}")
            yield str(_address(log))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _address(log: Path) -> str | None:
    found = re.search(r"pages: (http\S+)", log.read_text(encoding="utf-8"))
    return found[1].rstrip("/") if found else None


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A handbook in two systems, after a first pass, with something of everything to decide."""
    folder = tmp_path_factory.mktemp("service")
    kept = dict(os.environ)
    with ExitStack() as stack:
        stack.callback(_restore, kept)
        pace = ["--rate-limit", "100/s"]
        wiki = stack.enter_context(started("confluence", [*pace, "--load", str(HANDBOOK)]))
        kb = stack.enter_context(started("genesys", pace))
        config = configure(folder, wiki, kb)
        _centre(kb)
        before, _, after = config.read_text(encoding="utf-8").partition(HANDBOOK_JOB)
        told = "".join((before, HANDBOOK_JOB, STILL, after, CAPACITY, SERVICE))
        config.write_text(told, encoding="utf-8")
        for name, token in TOKENS.values():
            os.environ[f"T_{name}"] = token
        url = stack.enter_context(running(config, folder / "service.log"))
        # The service has them now; the tests that this process runs beside ours have no use.
        _restore(kept)
        made = World(url=url, wiki=wiki, kb=kb)
        waiting(lambda: made.passes() > 0, "the first full pass")
        waiting(lambda: "telex" in made.ask("/jobs/capacity/quarantine"), "the other job")
        _live(made)
        yield made


def _restore(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _centre(kb: System) -> None:
    """Give the contact centre what the rules of the other job are about."""
    kb.act(do="create", kind="queue", name="Support")
    kb.act(do="create", kind="data-table", name="Limits", columns={"maximum": "integer"})
    for key in ("ivr", "fax"):
        kb.act(do="create", kind="data-table-row", table="Limits", key=key, set={"maximum": 7})
    observed = {"kind": "queue-observation", "name": "Support", "mediaType": "voice"}
    kb.act(do="edit", **observed, set={"oInteracting": 5})


def _live(world: World) -> None:
    """Let people do what needs other people to decide."""
    for title, words in CLASHES.items():
        world.clash(title, *words)
    world.wiki.act(do="restrict", id=world.wiki.titled("Head lamps")["id"])
    world.sync()


CLASHES: Mapping[str, tuple[str, str, str]] = {
    "Vouchers": ("3 years", "5 years", "2 years"),
    "A return after thirty days": ("until day 45", "until day 60", "until day 50"),
    "Opening hours": ("from 9 to 16", "from 9 to 18", "from 9 to 17"),
    "Carriers and cut-off times": ("two working days", "three working days", "one working day"),
    "Backpacks: guarantee": ("two years", "three years", "five years"),
}
"""By title: words that both have, what the one side makes of them, and what the other."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium.

    Its driver keeps an event loop running in this thread: it has to end before other tests begin.
    """
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium; .ci/run installs it")
        pytest.skip("there is no chromium; `apt-get install chromium`")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core."""
    try:
        return fetched().read_text(encoding="utf-8")
    except OSError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@attrs.define(kw_only=True)
class Visitor:
    """Somebody in front of a browser, and what the browser complained about."""

    page: Page
    context: BrowserContext
    world: World
    complaints: list[str] = attrs.field(factory=list)
    complains: bool = False
    """True where the browser is right to complain: of an answer that refuses, say."""

    def open(self, path: str) -> int:
        """Open a page; its status."""
        answer = self.page.goto(self.world.url + path)
        return answer.status if answer else 0

    def log_in(self, role: str) -> None:
        """Log in as a person does: with a token, in the form."""
        self.open("/")
        self.page.get_by_label("Your token").fill(TOKENS[role][1])
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(self.world.url + "/")

    def press(self, key: str, times: int = 1) -> None:
        """Press a key."""
        for _ in range(times):
            self.page.keyboard.press(key)

    def tab_to(self, words: str, most: int = 120) -> None:
        """Go with Tab to the link, button or field of these words."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if words in self.page.evaluate(_FOCUSED):
                return
        raise AssertionError(f"Tab does not come to {words!r}")

    def shot(self, name: str, heading: str = "") -> None:
        """Take a picture for the guide; `make screenshots` puts it there, other runs beside."""
        folder = IMAGES if os.environ.get("SYNCLINE_SCREENSHOTS") else ARTIFACTS / "images"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("document.activeElement && document.activeElement.blur()")
        if heading:
            self.page.evaluate(_TO_HEADING, heading)
        path = folder / f"{name}.png"
        self.page.screenshot(path=path)
        with Image.open(path) as taken:
            # They are kept with the documentation: 64 colours are a third of the bytes.
            small = taken.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


_TO_HEADING = """words => [...document.querySelectorAll('h2')]
  .find(heading => heading.textContent.includes(words)).scrollIntoView({block: 'start'})"""
_FOCUSED = """() => {
  const at = document.activeElement;
  // What scrolls takes the focus, too, and holds the words of everything in it.
  if (!at.matches('a, button, input, textarea, select, summary')) return '';
  const label = at.labels && at.labels[0] ? at.labels[0].textContent : '';
  return [at.textContent, at.value || '', at.getAttribute('aria-label') || '', label].join(' ');
}"""

Open = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser, world: World, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Sit somebody down in front of a browser; a failing test keeps a picture."""
    visitors: list[Visitor] = []

    def begin(
        role: str | None = "operator",
        *,
        scheme: Scheme = "light",
        width: int = 1000,
        height: int = 700,
    ) -> Visitor:
        context = chromium.new_context(
            color_scheme=scheme,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        visitor = Visitor(page=page, context=context, world=world)
        visitors.append(visitor)
        page.on("console", lambda message: _heard(visitor, message))
        page.on("pageerror", lambda error: visitor.complaints.append(f"error: {error}"))
        if role is not None:
            visitor.log_in(role)
        return visitor

    yield begin
    failed = request.node.stash.get(FAILED, False)
    for number, visitor in enumerate(visitors):
        if failed:
            ARTIFACTS.mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            visitor.page.screenshot(path=ARTIFACTS / f"{name}-{number}.png", full_page=True)
        visitor.context.close()
    if not failed:
        heard = [said for one in visitors if not one.complains for said in one.complaints]
        assert heard == []


def _heard(visitor: Visitor, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        visitor.complaints.append(f"{visitor.page.url}: {message.type}: {message.text}")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """Remember whether a test failed, for those who keep a picture of it."""
    outcome: Any = yield
    if outcome.get_result().failed:
        item.stash[FAILED] = True
