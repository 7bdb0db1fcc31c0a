"""One run between flaky servers: people edit both sides, the servers misbehave, then they stop.

When they have stopped, both sides must agree, hold what everybody wrote once and nothing else, and
a further pass must write nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import attrs

from syncline.decision import Limits
from syncline.errors import SynclineError
from syncline_simulators.kernel import KINDS

from .hurry import HurriedClock
from .worlds import World, a_world, two_systems

UNTIMED = ("gzip-bomb",)
"""Left out unless it is named: every answer costs 300 MB of zeros."""
PROFILE = tuple(kind for kind in KINDS if kind not in UNTIMED)
PASSES = 3
"""Passes while the servers misbehave."""
REST = 150.0
"""Seconds of the client's clock after which all must be at rest: twice the longest time for which
it leaves a server alone (credentials that were refused right after they were renewed: a minute)."""
PATIENT = Limits(
    recreate_after=timedelta(milliseconds=50),
    quarantine_first=timedelta(milliseconds=1),
    quarantine_most=timedelta(milliseconds=2),
    writes_per_hour=500,
)
EXPECTED = frozenset({"Page 0", "Page 1", "Page 2", "New left", "New right"})


@attrs.frozen(kw_only=True)
class Outcome:
    """What one kind of fault led to, with one seed."""

    kind: str
    seed: int
    violations: tuple[str, ...]
    struck: int
    """Requests that met the fault; a run without any proves nothing."""
    seconds: float


def fault(kind: str, seed: int, probability: float = 0.12) -> list[dict[str, Any]]:
    """Return a plan of one kind of fault that strikes now and then, in all its variants."""
    return [{"kind": "random", "kinds": [kind], "probability": probability, "seed": seed}]


async def endure(kind: str, seed: int, *, hurry: float = 10.0) -> Outcome:
    """Run the whole story once; what went wrong is in the outcome, nothing is raised for it."""
    started = time.monotonic()
    with two_systems(seed=seed) as (wiki, kb):
        clock = HurriedClock(hurry)
        async with a_world(wiki, kb, limits=PATIENT, clock=clock) as world:
            try:
                violations = await _story(world, kind, seed)
            except Exception as error:
                violations = [f"{type(error).__name__}: {error}"]
            calls = [*wiki.calls(), *kb.calls()]
    return Outcome(
        kind=kind,
        seed=seed,
        violations=tuple(violations),
        struck=sum(call["fault"] == kind for call in calls),
        seconds=time.monotonic() - started,
    )


async def _story(world: World, kind: str, seed: int) -> list[str]:
    pages = [created(world, n) for n in range(4)]
    await world.sync()
    edit_both(world, pages)
    for system in (world.wiki, world.kb):
        system.faults(fault(kind, seed))
    violations = await _try_to_sync(world)
    for system in (world.wiki, world.kb):
        system.clear_faults()
    violations += await settle(world)
    violations += disagreements(world)
    again = (await world.sync()).written
    return violations + ([f"a further pass wrote {again}"] if again else [])


def created(world: World, number: int) -> dict[str, Any]:
    """Write a page on the left, and return it."""
    body = f"<p>one {number}</p><p>x</p>"
    return world.wiki.act({"do": "create", "title": f"Page {number}", "body": body})


def edit_both(world: World, pages: list[dict[str, Any]]) -> None:
    """Edit, create and delete on both sides, as people do."""
    articles = world.articles()
    world.wiki.act({"do": "edit", "id": pages[0]["id"], "body": "<p>left edit</p><p>x</p>"})
    right = {"old": "one 1", "new": "right edit"}
    world.kb.act({"do": "edit", "id": articles["Page 1"]["id"], "replace": right})
    world.wiki.act({"do": "create", "title": "New left", "body": "<p>new on the left</p>"})
    world.kb.act({"do": "create", "title": "New right", "body": "<p>new on the right</p>"})
    world.wiki.act({"do": "delete", "id": pages[3]["id"]})


async def _try_to_sync(world: World) -> list[str]:
    """Make passes while the servers misbehave; a pass may end in a clear error."""
    mute: list[str] = []
    for _ in range(PASSES):
        try:
            await world.sync()
        except SynclineError as error:
            mute += [] if str(error) else [f"{type(error).__name__} without a message"]
    return mute


async def settle(world: World, rest: float = REST) -> list[str]:
    """Make passes until nothing is left to do; a server that was away is not asked at once."""
    clock = world.session.clock
    end = clock.monotonic() + rest
    while clock.monotonic() < end:
        report = await world.sync()
        waits = world.session.quarantine() or world.session.state.intents("knowledge")
        if report.written == 0 and not report.incomplete and not waits:
            return []
        await clock.sleep(1.0)
    return [f"not at rest {rest:.0f} s after the servers had come back"]


def disagreements(world: World) -> list[str]:
    """Return what is not as it must be once all is at rest."""
    pages, articles = world.pages(), world.articles()
    return [
        *_unsettled(world),
        *_wrong_titles(set(pages), set(articles)),
        *_twice("page", (i["title"] for i in world.wiki.items() if i["state"] == "current")),
        *_twice("article", (i["title"] for i in world.kb.items() if i["state"] == "Published")),
        *_lost("Page 0", "left edit", articles),
        *_lost("Page 1", "right edit", pages),
        *_lost("New right", "new on the right", pages),
        *_lost("New left", "new on the left", articles),
    ]


def _unsettled(world: World) -> Iterator[str]:
    for conflict in world.session.conflicts():
        if not conflict.record.review:
            yield f"a conflict where nobody disagreed: {conflict.record}"
    for held in world.session.quarantine():
        yield f"still in quarantine: {held.ref}: {held.reason}"


def _wrong_titles(pages: set[str], articles: set[str]) -> Iterator[str]:
    if pages != articles:
        yield f"only on one side: {sorted(pages ^ articles)}"
    if missing := EXPECTED - pages:
        yield f"lost: {sorted(missing)}"
    if "Page 3" in pages | articles:
        yield "what was deleted is there again: Page 3"


def _twice(what: str, titles: Iterable[str]) -> Iterator[str]:
    for title, count in Counter(titles).items():
        if count > 1:
            yield f"{count} of the {what} {title!r}"


def _lost(title: str, text: str, items: dict[str, Any]) -> Iterator[str]:
    if title in items and text not in str(items[title]["body"]):
        yield f"{text!r} did not arrive in {title!r}"
