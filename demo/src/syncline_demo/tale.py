"""What people do in the two systems, and what Syncline makes of it."""

from __future__ import annotations

import time
from typing import Any, TextIO

from attrs import define, field

from syncline.engine import Plan, Report, Session
from syncline.model import Ref
from syncline.state.records import Entry

from .comparing import differences
from .systems import System, is_live

HIDDEN = frozenset({"For team leads", "Goodwill limits", "Absence and pay"})
"""Titles that only team leads may read: they never leave Confluence."""


@define(kw_only=True)
class Tale:
    """The demonstration: every outcome that it prints is read from the history."""

    session: Session
    wiki: System
    kb: System
    out: TextIO
    hidden: set[str] = field(factory=lambda: set(HIDDEN))
    _begun: float = field(factory=time.monotonic)

    async def tell(self) -> bool:
        """Run through it; False when the two systems do not agree at the end."""
        self._say("A handbook in Confluence, and an empty knowledge base in Genesys Cloud.")
        self._plan(await self.session.plan())
        await self._pass("The first sync")
        await self._edits()
        await self._conflict()
        await self._removals()
        await self._restrictions()
        await self._newcomer()
        return await self._end()

    # -- what people do ------------------------------------------------------------------------

    async def _edits(self) -> None:
        self._edit_page("Opening hours", "Saturday from 9 to 16", "Saturday from 9 to 18")
        await self._pass("An editor changes the opening hours in Confluence")
        self._edit_article("How to return an item", "any parcel shop", "any of our parcel shops")
        await self._pass("An agent mends an article in Genesys; its page has macros")
        self._edit_page("Delete an account", "Open orders and returns", "Open orders")
        self._edit_article("Delete an account", "kept for ten years", "kept for eight years")
        await self._pass("Both edit one article, in different places")

    async def _conflict(self) -> None:
        self._edit_page("Deliver to a parcel shop", "seven", "ten")
        self._edit_article("Deliver to a parcel shop", "seven", "fourteen")
        await self._pass("Both edit the same words")
        for view in self.session.conflicts():
            if view.record.review:
                continue
            self._say(f"A knowledge manager settles conflict {view.record.id}: take the left.")
            report = await self.session.resolve(view.record.id, "left")
            self._history(report)

    async def _removals(self) -> None:
        page = self.wiki.titled("Inflatable boats")
        self.wiki.act(do="delete", id=page["id"])
        await self._pass("A page is deleted")
        self.wiki.act(do="restore", id=page["id"])
        await self._pass("It is restored from the trash")

    async def _restrictions(self) -> None:
        page = self.wiki.titled("Complaints")
        parent = self.wiki.titled("At the desk")
        self.wiki.act(do="restrict", id=parent["id"])
        self.hidden |= {"At the desk", "Complaints", "A journalist calls", "Opening hours"}
        await self._pass("A parent page is restricted: everything below it goes, at once")
        for line in await self.session.explain(Ref("wiki", page["id"])):
            self._say(f"    why: {line}")
            break
        self.wiki.act(do="unrestrict", id=parent["id"])
        self.hidden &= HIDDEN
        await self._pass("It is opened again")

    async def _newcomer(self) -> None:
        body = {
            "blocks": [
                _paragraph("When the lamp in the show room flickers, tell the desk."),
                _paragraph("The key is at the reception."),
            ]
        }
        self.kb.act(do="create", title="The show room", body=body)
        await self._pass("An agent writes a new article in Genesys")

    # -- the end -----------------------------------------------------------------------------------

    async def _end(self) -> bool:
        report = await self.session.sync()
        self._say(f"One more pass: {report.written} writes.")
        pages = [i for i in self.wiki.items() if is_live(i) and i.get("type", "page") == "page"]
        articles = [i for i in self.kb.items() if is_live(i)]
        found = differences(pages, articles, frozenset(self.hidden))
        for line in found:
            self._say(f"  DIFFERENT  {line}")
        seconds = time.monotonic() - self._begun
        agreed = not found and report.written == 0
        verdict = "agree" if agreed else "DO NOT AGREE"
        self._say(
            f"{len(pages)} pages and {len(articles)} articles {verdict}, word by word;"
            f" {len(self.hidden)} restricted pages stayed where they are. ({seconds:.0f} s)"
        )
        return agreed

    # -- how it is shown ---------------------------------------------------------------------------

    async def _pass(self, what: str) -> None:
        self._say(f"\n{what}.")
        self._history(await self.session.sync())

    def _history(self, report: Report) -> None:
        entries = list(reversed(self.session.history(run=report.run, limit=1000)))
        if not entries:
            self._say("  nothing to do")
        for entry in entries[:12]:
            self._say(f"  {line_of(entry)}")
        if len(entries) > 12:
            self._say(f"  … and {len(entries) - 12} more")

    def _plan(self, plan: Plan) -> None:
        minutes = f", {plan.minutes * 60:.0f} s at the limits" if plan.minutes else ""
        self._say(
            f"\nThe plan: {len(plan.items)} articles would be written,"
            f" {plan.calls:.0f} calls{minutes}. For example:"
        )
        for item in [i for i in plan.items if i.losses][:3]:
            self._say(f"  {item.decision} {item.title}; Genesys cannot hold: {item.losses[0]}")

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    # -- the hands of people ----------------------------------------------------------------------

    def _edit_page(self, title: str, old: str, new: str) -> None:
        page = self.wiki.titled(title)
        if old not in page["body"]:
            raise ValueError(f"{title} has no {old!r}")
        self.wiki.act(do="edit", id=page["id"], body=page["body"].replace(old, new))

    def _edit_article(self, title: str, old: str, new: str) -> None:
        article = self.kb.titled(title)
        self.kb.act(do="edit", id=article["id"], replace={"old": old, "new": new})


def line_of(entry: Entry) -> str:
    """Return what the history says of one article, for people."""
    names = {"left": "Confluence", "right": "Genesys"}
    where = f" in {names[entry.side.value]}" if entry.side else ""
    detail = f" ({entry.detail})" if entry.detail else ""
    return f"{entry.event:<10} {entry.title}{where}: {entry.reason}{detail}"


def _paragraph(text: str) -> dict[str, Any]:
    return {
        "type": "Paragraph",
        "paragraph": {"blocks": [{"type": "Text", "text": {"text": text}}]},
    }
