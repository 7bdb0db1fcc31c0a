"""What machines, load and people do in both systems, and what Syncline makes of it."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import TextIO

from attrs import define, field

from syncline.engine import Plan, Report
from syncline.engine.configuration import ConfigSession
from syncline.model import Change, Ref
from syncline.state.records import Entry

from ..systems import System
from . import comparing, world
from .clock import SharedTime

_MINUTE = 60.0
_REST = 6 * _MINUTE
"""Longer than the cool-down of the rules."""
_GROUP = Ref("cloud", "autoscaling-group/ivr")


@define(kw_only=True)
class Tale:
    """The demonstration: every outcome that it prints is read from the history."""

    session: ConfigSession
    centre: System
    cloud: System
    time: SharedTime
    out: TextIO
    _begun: float = field(factory=monotonic)
    _before: comparing.Holdings = field(init=False)

    async def tell(self) -> bool:
        """Run through it; False when something is not as the rules say at the end."""
        self._before = comparing.holdings(self.centre, self.cloud)
        self._say("Machines on AWS, a contact centre in Genesys Cloud, and six rules between them.")
        self._plan(await self.session.plan())
        await self._pass("The first pass; a table on demand has no capacity to set")
        await self._storm()
        await self._oscillation()
        await self._drift()
        await self._both_edit()
        await self._trouble()
        await self._ration()
        return await self._end()

    # -- what happens --------------------------------------------------------------------------

    async def _storm(self) -> None:
        self.time.advance(_REST)
        world.machines(self.cloud, 12)
        news = [Change(ref=_GROUP)] * 40
        for change in news:
            self.session.hint([change])
        calls = len(self.cloud.calls()) + len(self.centre.calls())
        self.time.advance(3)
        self._say("\nTen machines are launched: 40 events, in any order, some of them twice.")
        self._history(await self.session.work())
        calls = len(self.cloud.calls()) + len(self.centre.calls()) - calls
        self._say(f"  {calls} calls for all of them")
        world.machines(self.cloud, 25)
        self.time.advance(_REST)
        await self._pass("Thirteen more: one rule would leave its bounds, and is not cut to fit")
        world.machines(self.cloud, 12)
        self.time.advance(_REST)
        await self._pass("The surplus is gone")

    async def _oscillation(self) -> None:
        self._say("\nThe load goes up and down, each minute, for twelve minutes.")
        seen: Counter[str] = Counter()
        for minute in range(12):
            world.busy(self.centre, 40 if minute % 2 else 20)
            self.time.advance(_MINUTE)
            report = await self.session.sync()
            for entry in self._entries(report):
                if entry.title.startswith("dynamodb-table contacts"):
                    seen[entry.event] += 1
                    self._say(f"  minute {minute + 1:>2}: {line_of(entry)}")
        self._say(f"  12 changes of the load, {seen['updated']} of the table")

    async def _drift(self) -> None:
        self.time.advance(_REST)
        self.centre.act(
            do="edit", kind="data-table-row", table="Limits", key="ivr", set={"maximum": 9}
        )
        self.cloud.act(do="edit", id="dynamodb-table/contacts", read=100)
        self._plan(await self.session.plan())
        await self._pass("People changed a row in Genesys and a table on AWS by hand")

    async def _both_edit(self) -> None:
        self.time.advance(_REST)
        self._hours("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA")
        await self._pass("Saturday is opened in Genesys")
        self.time.advance(_REST)
        self._parameter("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH")
        await self._pass("Friday is closed on AWS")
        self.time.advance(_REST)
        self._hours("FREQ=WEEKLY;BYDAY=TU")
        self._parameter("FREQ=WEEKLY;BYDAY=TH")
        await self._pass("Both are edited")
        for view in self.session.conflicts():
            self._say(f"Somebody settles conflict {view.record.id}: Genesys is right.")
            self._history(await self.session.resolve(view.record.id, "left"))

    async def _trouble(self) -> None:
        self.time.advance(_REST)
        self.centre.fault(kind="expired-token")
        world.machines(self.cloud, 3)
        await self._pass("The token ends in the middle; nine machines go")
        self.time.advance(_REST)
        self.centre.fault(kind="rate-limited", retry_after=1, times=5)
        world.machines(self.cloud, 5)
        await self._pass("Genesys says 429, five times")
        await self._conflicting(409, "MO,TU,WE")
        await self._conflicting(412, "MO,TU")

    async def _conflicting(self, status: int, days: str) -> None:
        self.time.advance(_REST)
        refused = {"method": "PUT", "path": "schedules"}
        self.centre.fault(kind="status", status=status, match=refused)
        self._parameter(f"FREQ=WEEKLY;BYDAY={days}")
        before = len(self.centre.calls())
        await self._pass(
            f"Somebody else wrote first ({status}): it is read again and decided again"
        )
        told = [c["status"] for c in self.centre.calls()[before:] if c["method"] == "PUT"]
        self._say(f"  sent {len(told)} times, answered {', '.join(map(str, told))}")

    async def _ration(self) -> None:
        self._say(
            "\nThe load sinks for hours; AWS lowers a table four times, and then once an hour."
        )
        held = 0
        for step in range(14):
            world.busy(self.centre, 300 - 20 * step)
            self.time.advance(_REST if step < 8 else 31 * _MINUTE)
            for entry in self._entries(await self.session.sync()):
                if entry.event == "held" and entry.title.startswith("dynamodb-table contacts"):
                    held += 1
                    if held in (1, 2):
                        self._say(f"  {line_of(entry)}")
        lowered = comparing.decreases(comparing.holdings(self.centre, self.cloud))
        self._say(f"  lowered {lowered} times today; held back {held} times, with its reason")

    # -- the end -------------------------------------------------------------------------------

    async def _end(self) -> bool:
        world.busy(self.centre, 20)
        self.time.advance(24 * 3600.0)
        await self._pass("A day later")
        before = len(self.centre.calls()) + len(self.cloud.calls())
        report = await self.session.sync()
        calls = [*self.centre.calls(), *self.cloud.calls()][before:]
        self._say(f"\nOne more pass: {report.written} writes, {len(calls)} calls.")
        now = comparing.holdings(self.centre, self.cloud)
        found = [*comparing.broken_rules(now, 20), *comparing.foreign_changes(self._before, now)]
        for line in found:
            self._say(f"  DIFFERENT  {line}")
        seconds = monotonic() - self._begun
        good = not found and report.written == 0
        verdict = "is" if good else "IS NOT"
        self._say(
            f"Every field {verdict} what its rule says, and nothing else on"
            f" {comparing.objects(now)} objects was"
            f" touched. ({seconds:.0f} s)"
        )
        return good

    # -- how it is shown -----------------------------------------------------------------------

    async def _pass(self, what: str) -> None:
        self._say(f"\n{what}.")
        self._history(await self.session.sync())

    def _entries(self, report: Report) -> list[Entry]:
        return list(reversed(self.session.history(run=report.run, limit=1000)))

    def _history(self, report: Report) -> None:
        entries = self._entries(report)
        for entry in entries:
            self._say(f"  {line_of(entry)}")
        for failed in (result for result in report.items if result.event == "failed"):
            self._say(f"  failed     {failed.title}: {failed.detail}")
        if not entries:
            self._say("  nothing to do")

    def _plan(self, plan: Plan) -> None:
        self._say(f"\nThe plan: {len(plan.items)} fields, {plan.calls:.0f} calls.")
        for item in plan.items:
            self._say(f"  {item.line}")

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    # -- the hands of people and of time ---------------------------------------------------------

    def _hours(self, rule: str) -> None:
        self.centre.act(do="edit", kind="schedule", name="Support hours", set={"rrule": rule})

    def _parameter(self, value: str) -> None:
        self.cloud.act(do="edit", id="ssm-parameter//contact-centre/hours", value=value)


def line_of(entry: Entry) -> str:
    """Return what the history says of one field, for people."""
    detail = f": {entry.detail}" if entry.detail else f": {entry.reason}"
    return f"{entry.event:<10} {entry.title}{detail}"
