"""A contact centre and a cloud, rules between them, processes that crash, and what must hold.

A world is driven by acts, of people and of processes. After each, `judge` raises when one of the
promises is broken:

* C1 nothing to do: no write and no commit
* C2 only owned fields differ between before and after a write
* C3 what others set is never taken back
* C4 an input that oscillates changes its field at most once in a cool-down
* C5 what is out of range is never applied, and not clamped
* C6 what is written is what the rule says about what its inputs hold now
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

from attrs import define, field

from ..config_items import FieldType, item_ref
from ..decision import Limits
from ..engine import ConfigSession, Report
from ..engine.configuration import Rulebook
from ..errors import OutcomeUnknown, Refused, Unavailable
from ..model import JSON, Change, Ref, Side
from ..ports import Capability
from ..rules import Input, Rule, Target, Wins
from ..state import SqliteState
from ..state.port import StateStore
from .accidents import Effect
from .boundary import Boundary, guarded, survives
from .clock import FakeClock
from .config_memory import MemoryConfigStore

JOB = "capacity"
TEAM = item_ref("cx", "limits", "ivr")
GROUP = item_ref("cloud", "group", "ivr")
CALLS, CHATS, NOTE = "call.maximum", "chat.maximum", "note"
COOLDOWN, DEBOUNCE = timedelta(minutes=5), timedelta(seconds=2)
LEAST, MOST = 10, 90
OWNED = {TEAM: {CALLS, CHATS}, GROUP: {"desired"}}

MakeStore = Callable[..., MemoryConfigStore]
Wrapped = Callable[[StateStore], StateStore]


def rules(*, debounce: timedelta = DEBOUNCE, clamp: bool = False) -> tuple[Rule, ...]:
    """Return the rules of every world: one with bounds and a cool-down, one that is two-way."""
    return (
        Rule(
            name="machines",
            inputs=(Input(name="asg", ref=GROUP, fields={"in_service": FieldType.INT}),),
            target=Target(ref=TEAM, path=CALLS, type=FieldType.INT),
            expression="asg.in_service * 10",
            minimum=LEAST,
            maximum=MOST,
            clamp=clamp,
            cooldown=COOLDOWN,
            debounce=debounce,
        ),
        Rule(
            name="mirrored",
            inputs=(
                Input(
                    name="wish",
                    ref=GROUP,
                    path="desired",
                    type=FieldType.INT,
                    fields={"desired": FieldType.INT},
                ),
            ),
            target=Target(ref=TEAM, path=CHATS, type=FieldType.INT),
            expression="wish * 10",
            inverse="to / 10",
            on_conflict=Wins.FROM,
            debounce=debounce,
        ),
    )


class Broken(AssertionError):
    """A promise was broken."""


@define(kw_only=True)
class ConfigWorld:
    """Everything that there is, and what has to hold.

    Args:
        rules: those of the processes.
        make: makes a store; a planted fault brings its own.
        wrap: what a process sees of the state.
        conditional: False for vendors that write whatever the version is: what people do between
            the vendor's own reading and writing is lost then, and no engine can know.
    """

    rules: tuple[Rule, ...] = field(factory=rules)
    make: MakeStore = MemoryConfigStore
    wrap: Wrapped = lambda state: state
    conditional: bool = True
    clock: FakeClock = field(factory=FakeClock)
    state: SqliteState = field(factory=SqliteState.memory)
    cx: MemoryConfigStore = field(init=False)
    cloud: MemoryConfigStore = field(init=False)
    notes: dict[Ref, JSON] = field(factory=dict)
    """What people set in fields that are nobody else's."""
    _dead: set[str] = field(factory=set)
    _open: dict[str, ConfigSession] = field(factory=dict)
    _numbers: Any = field(factory=lambda: count(1))
    _judged: int = 0
    _moved: bool = False
    """True when an input was changed while a process was at work."""

    def __attrs_post_init__(self) -> None:
        # One vendor takes nothing but whole objects, the other single fields.
        able = Capability.WRITE | Capability.CHANGE_FEED
        if self.conditional:
            able |= Capability.CONDITIONAL_WRITE
        self.cx = self.make("cx", self.clock, capabilities=able, replaces=True)
        self.cloud = self.make("cloud", self.clock, capabilities=able)
        self.cx.put("limits", "ivr", {CALLS: 50, CHATS: 20, NOTE: "n0"})
        self.cloud.put("group", "ivr", {"in_service": 2, "desired": 2, "tags.owner": "n0"})
        self.notes = {TEAM: "n0", GROUP: "n0"}

    # -- people ----------------------------------------------------------------------------------

    def scale(self, machines: int) -> None:
        """Let that many machines work."""
        self.cloud.edit(GROUP, "in_service", machines)

    def drift(self, value: int) -> None:
        """Let somebody change what only the rule is to change."""
        self.cx.edit(TEAM, CALLS, value)

    def wish(self, value: int) -> None:
        """Let somebody change one end of the two-way rule."""
        self.cloud.edit(GROUP, "desired", value)

    def want(self, value: int) -> None:
        """Let somebody change its other end."""
        self.cx.edit(TEAM, CHATS, value * 10)

    def note(self, ref: Ref, text: str) -> None:
        """Let somebody set a field that no rule manages."""
        self.notes[ref] = text
        self._store(ref).edit(ref, NOTE if ref == TEAM else "tags.owner", text)

    def _store(self, ref: Ref) -> MemoryConfigStore:
        return self.cx if ref.connection == "cx" else self.cloud

    # -- processes -------------------------------------------------------------------------------

    def session(self, name: str, boundary: Boundary | None = None) -> ConfigSession:
        """Return the session of a process; one that has crashed is begun anew."""
        if name in self._open and boundary is None:
            return self._open[name]
        state = self.wrap(self.state)
        holder = f"{name}-{next(self._numbers)}"
        session = ConfigSession(
            job=JOB,
            stores={"cx": self.cx, "cloud": self.cloud},
            book=Rulebook.of(JOB, self.rules),
            state=guarded(state, boundary) if boundary is not None else state,
            clock=self.clock,
            limits=Limits(writes_per_hour=10_000),
            holder=holder,
            is_dead=self._dead.__contains__,
            new_id=lambda: f"{next(self._numbers):032x}",
        )
        if boundary is None:
            self._open[name] = session
        return session

    def hear(self, refs: Sequence[Ref]) -> None:
        """Let news arrive, as often and in whatever order."""
        changes = [Change(ref=ref) for ref in refs]
        self.session("one").hint(changes, side=Side.LEFT)

    async def run(self, name: str, verb: str, *, dies_at: int | None = None) -> Report | None:
        """Let a process work; None when it died of it."""
        boundary = Boundary(dies_at) if dies_at is not None else None
        session = self.session(name, boundary)
        done: list[Report] = []
        if boundary is None:
            return await _verb(session, verb)
        self._watch(boundary)
        try:
            alive = await survives(_kept(done, _verb(session, verb)))
        finally:
            self._watch(None)
            self._dead.add(session.holder)
            self._open.pop(name, None)
        return done[0] if alive else None

    def _watch(self, boundary: Boundary | None) -> None:
        for store in (self.cx, self.cloud):
            store.watch = _quiet if boundary is None else _crossing(boundary)

    async def both(self, verb: str) -> None:
        """Let two processes work at the same time."""
        works = (self.run(name, verb) for name in ("one", "two"))
        for result in await asyncio.gather(*works, return_exceptions=True):
            # Of two full passes one is refused.
            if isinstance(result, BaseException) and not isinstance(result, Refused):
                raise result

    def meanwhile(self, act: Callable[[], None], *, after: int) -> None:
        """Let somebody act at the start of a later call, in the midst of whatever goes on."""
        left = count(after, -1)

        async def once(op: str, ref: Ref | None) -> None:
            if next(left) == 0:
                self._moved = True
                act()

        self.cx.meanwhile = self.cloud.meanwhile = once

    def alone(self) -> None:
        """Let nobody act in the midst any more."""
        self.cx.meanwhile = self.cloud.meanwhile = None

    def lose(self, *, applied: bool) -> None:
        """Let the answer to the next write get lost."""
        effect = Effect.APPLIED if applied else Effect.NONE
        self.cx.fail("update", OutcomeUnknown("the answer was lost"), effect=effect)

    def away(self) -> None:
        """Let the contact centre not answer once."""
        self.cx.fail("fetch", Unavailable("no answer"))

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span).total_seconds())

    # -- promises --------------------------------------------------------------------------------

    def judge(self) -> None:
        """Look at what was written since the last time.

        Raises:
            Broken: a promise was.
        """
        for store in (self.cx, self.cloud):
            for write in store.writes:
                _owned(write.ref, set(write.changes) | write.foreign_changes)
        self._others()
        self._values()
        self._paced([w.at for w in self.cx.writes if CALLS in w.changes], COOLDOWN, "C4")
        self._paced([w.at for w in self.cx.writes], DEBOUNCE, "debounce")

    def _others(self) -> None:
        for ref, path in ((TEAM, NOTE), (GROUP, "tags.owner")):
            held = self._store(ref).value(ref, path)
            if held != self.notes[ref]:
                raise Broken(f"C3: {ref}#{path} holds {held!r}, somebody set {self.notes[ref]!r}")

    def _values(self) -> None:
        new, self._judged = self.cx.writes[self._judged :], len(self.cx.writes)
        moved, self._moved = self._moved, False
        for write in new:
            value = write.changes.get(CALLS)
            if value is None:
                continue
            if not (isinstance(value, int) and LEAST <= value <= MOST):
                raise Broken(f"C5: {value!r} was applied, out of {LEAST} to {MOST}")
            wanted = self.cloud.value(GROUP, "in_service")
            if not moved and wanted != value // 10:
                raise Broken(f"C6: {value} was applied while {wanted} machines work")

    def _paced(self, times: Sequence[datetime], least: timedelta, what: str) -> None:
        for earlier, later in pairwise(times):
            if later - earlier < least:
                raise Broken(f"{what}: written at {earlier} and again at {later}")

    async def settle(self) -> None:
        """Let everything come to rest, and look whether it rests.

        Raises:
            Broken: a rule is not kept, something waits for ever, or a pass at rest does something.
        """
        self.alone()
        for store in (self.cx, self.cloud):
            store.recover()
        for _ in range(4):
            self.later(hours=7)
            await self.run("one", "sync")
            self.judge()
        self._agreed()
        writes, effects = len(self.cx.writes) + len(self.cloud.writes), _effects(self.state)
        await self.run("two", "sync")
        if len(self.cx.writes) + len(self.cloud.writes) != writes:
            raise Broken("C1: something was written though nothing was to do")
        if _effects(self.state) != effects:
            raise Broken("C1: something was remembered though nothing was to do")

    def _agreed(self) -> None:
        machines = self.cloud.value(GROUP, "in_service")
        calls = self.cx.value(TEAM, CALLS)
        fits = isinstance(machines, int) and LEAST <= machines * 10 <= MOST
        if fits and isinstance(machines, int) and calls != machines * 10:
            raise Broken(f"{machines} machines work, and the team is given {calls}")
        wish, chats = self.cloud.value(GROUP, "desired"), self.cx.value(TEAM, CHATS)
        if not isinstance(wish, int) or chats != wish * 10:
            raise Broken(f"{wish} are desired, and the team is given {chats} chats")
        if self.state.intents(JOB) or self.state.quarantine(JOB):
            raise Broken("something is announced, or set aside, though nothing is wrong any more")


async def _verb(session: ConfigSession, verb: str) -> Report:
    match verb:
        case "sync":
            return await session.sync()
        case "poll":
            return await session.poll()
        case _:
            return await session.work()


async def _kept(done: list[Report], work: Awaitable[Report]) -> None:
    done.append(await work)


def _quiet(moment: str, ref: Ref | None) -> None:
    return None


def _crossing(boundary: Boundary) -> Callable[[str, Ref | None], None]:
    def cross(moment: str, ref: Ref | None) -> None:
        boundary.cross(f"{moment} {ref}")

    return cross


def _owned(ref: Ref, changed: set[str]) -> None:
    if strange := changed - OWNED[ref]:
        raise Broken(f"C2: a write of {ref} changed {', '.join(sorted(strange))}")


def _effects(state: StateStore) -> tuple[object, ...]:
    links = list(state.links(JOB))
    return links, state.history(JOB, limit=10_000), state.conflicts(JOB), state.quarantine(JOB)


__all__ = ["Broken", "ConfigWorld", "rules"]
