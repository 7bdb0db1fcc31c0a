"""Two systems, the people who write in them, and the engine between them, in one process.

A `World` runs the real engine on a real state between two stores in memory. People act through
it, so that it knows who wrote what and who removed it; processes die and come back through it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import attrs

from ..body import parse, project, render
from ..body.profile import BLOCKS, INLINE, MARKS
from ..body.projection import Vocabulary
from ..decision import Limits, Policy
from ..engine import Session
from ..engine.context import Process
from ..engine.runs.turns import Turns
from ..mapping import Excluded
from ..mapping import Mapping as Rules
from ..model import Document, Ref, Side, Status
from ..ports import Capability
from ..state import SqliteState
from ..state.port import StateStore
from .abilities import HistoryMemoryStore
from .boundary import Boundary, guarded, survives
from .clock import FakeClock
from .invariants import JOB, Checker
from .memory import EVERYTHING, MemoryStore
from .vendor import Article
from .words import Ledger, words_of

_POOR = Vocabulary(
    blocks=BLOCKS - {"div", "details", "section", "h4", "h5", "h6"},
    inline=INLINE - frozenset(MARKS) - {"span"},
    marks=frozenset(MARKS) - {"u", "code"},
)


def poorer(value: Document) -> Document:
    """Return what a narrow system holds of a document: no panels, no opaque blocks."""
    return attrs.evolve(value, body=render(project(parse(value.body), _POOR)))


def reworded(value: Document) -> Document:
    """Return what a vendor saves that has its own idea of style."""
    return attrs.evolve(value, body=value.body.replace("and so on", "and so forth"))


def _same(value: Document) -> Document:
    return value


@attrs.frozen(kw_only=True)
class Traits:
    """What one system of a history is like."""

    drafts: bool = False
    conditional: bool = True
    origin: bool = True
    marks_late: bool = False
    lists_gone: bool = False
    remembers_purged: bool = False
    labels_unversioned: bool = False
    removal: Status = Status.TRASHED
    keeps_history: bool = False
    poor: bool = False
    quirky: bool = False
    """It changes what is saved in a way that its adapter does not know of."""

    def open(self, name: str, clock: FakeClock) -> MemoryStore:
        """Return the system, empty."""
        abilities = EVERYTHING | (Capability.DRAFTS if self.drafts else Capability(0))
        if not self.conditional:
            abilities &= ~Capability.CONDITIONAL_WRITE
        if not self.origin:
            abilities &= ~Capability.ORIGIN
        kind = HistoryMemoryStore if self.keeps_history else MemoryStore
        options: dict[str, Any] = {"project": poorer} if self.poor else {}
        if self.quirky:
            options["saves"] = lambda value: reworded(options.get("project", _same)(value))
        return kind(
            name,
            clock,
            capabilities=abilities,
            removal=self.removal,
            marks_late=self.marks_late,
            lists_gone=self.lists_gone,
            remembers_purged=self.remembers_purged,
            unversioned=frozenset({"labels"}) if self.labels_unversioned else frozenset(),
            **options,
        )


@attrs.frozen(kw_only=True)
class Setup:
    """What one history starts from."""

    left: Traits = Traits()
    right: Traits = Traits(poor=True)
    policy: Policy = Policy()
    limits: Limits = Limits()


@attrs.frozen(kw_only=True)
class Seams:
    """Where a fault can be planted on purpose: around a store or the state, in limits, in turns."""

    store: Callable[[MemoryStore, Side], Any] = lambda store, side: store
    state: Callable[[StateStore], StateStore] = lambda state: state
    limits: Callable[[Limits], Limits] = lambda limits: limits
    policy: Callable[[Policy], Policy] = lambda policy: policy
    mapping: Callable[[], Rules] = Rules
    turns: Callable[[], Turns] = Turns


class World:
    """One history while it happens.

    Args:
        setup: what the two systems and the job are like.
        state: opens the state; called again whenever a process starts.
        seams: faults planted on purpose.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        state: Callable[[], StateStore] | None = None,
        seams: Seams | None = None,
    ) -> None:
        self.setup = setup
        self.clock = FakeClock()
        self.left = setup.left.open("wiki", self.clock)
        self.right = setup.right.open("kb", self.clock)
        self.ledger = Ledger()
        self.seams = seams or Seams()
        self.mappings = [self.seams.mapping()]
        """The rules that the job had; the last ones are those of now."""
        self.ruled: dict[Ref, int] = {}
        """How often each item had been saved when the rules changed last."""
        self._open = state
        self._ids = count(1)
        self._holders = count(1)
        self.state: StateStore = SqliteState.memory() if state is None else state()
        self.boundary = Boundary()
        self.choosing = 0
        """How many things the engine does now that a person told it to: resolutions, undos."""
        self.landing = False
        """True while writes arrive whose answers were given up long ago."""
        self.away: dict[Ref, str] = {}
        """Items that were not open, live and in sight at some time since the pass began."""
        self.seen_live: dict[Side, set[str]] = {side: set() for side in Side}
        """Words that were live on each side at some time since the pass began."""
        self.pairs_before = 0
        self.drafts_before: frozenset[Ref] = frozenset()
        """Items that had an open draft when the pass began."""
        self.labels_before: dict[Ref, frozenset[str]] = {}
        """The labels of every item when the pass began."""
        self.dropped_opaques: set[str] = set()
        """Opaque nodes that a person has taken out."""
        self.checker = Checker(self)
        self.session = self._started()

    @property
    def person_chose(self) -> bool:
        """True while the engine does what a person told it to."""
        return self.choosing > 0

    # -- the two systems ------------------------------------------------------------------

    @property
    def mapping(self) -> Rules:
        """The rules that the job has now."""
        return self.mappings[-1]

    def store(self, side: Side) -> MemoryStore:
        return self.left if side is Side.LEFT else self.right

    def setup_of(self, side: Side) -> Traits:
        """Return what one system is like."""
        return self.setup.left if side is Side.LEFT else self.setup.right

    def side_of(self, ref: Ref) -> Side:
        return Side.LEFT if ref.connection == self.left.connection else Side.RIGHT

    @property
    def stores(self) -> Mapping[Side, MemoryStore]:
        return {Side.LEFT: self.left, Side.RIGHT: self.right}

    def documents(self) -> list[Document]:
        """Return every text that is still kept somewhere at the far ends, drafts included."""
        kept = []
        for store in self.stores.values():
            for article in store.articles.values():
                if not article.stage.gone:
                    kept += [article.value, *([article.draft] if article.draft else [])]
        return kept

    def conflict_documents(self) -> list[Document]:
        """Return every text that waits in a conflict for a person."""
        kept = []
        for record in self.state.conflicts(JOB):
            keys = (record.left_value, record.right_value, record.base, record.proposed)
            kept += [value for key in keys if (value := self.state.value(key)) is not None]
        return kept

    # -- processes ------------------------------------------------------------------------

    def _started(self, boundary: Boundary | None = None) -> Session:
        self.boundary = boundary or Boundary()
        for store in self.stores.values():
            store.watch = partial(self._crossed, store.connection)
        return self.worker(self.boundary)

    def _crossed(self, name: str, moment: str, ref: Ref | None) -> None:
        self.checker.observe()
        self.boundary.cross(f"{name}.{moment}")

    def worker(self, boundary: Boundary) -> Session:
        """Return another process on the same state."""
        seams, setup = self.seams, self.setup
        return Session(
            job=JOB,
            left=seams.store(self.left, Side.LEFT),
            right=seams.store(self.right, Side.RIGHT),
            left_name=self.left.connection,
            right_name=self.right.connection,
            state=seams.state(guarded(self.state, boundary)),
            clock=self.clock,
            mapping=self.mapping,
            policy=seams.policy(setup.policy),
            limits=seams.limits(setup.limits),
            holder=f"worker-{next(self._holders)}",
            new_id=lambda: f"{next(self._ids):06d}",
            process=Process(turns=seams.turns()),
        )

    def restart(self, dies_at: int | None = None) -> None:
        """Start another process in the place of the one that died or was stopped."""
        if self._open is not None:
            self.state.close()
            self.state = self._open()
        self.take_lease(self.session)
        self.session = self._started(Boundary(dies_at))

    def take_lease(self, session: Session) -> None:
        """Let a process's lease run out; the state counts real seconds, so it is ended here."""
        lease = self.state.acquire(f"job/{JOB}", holder=session.holder, ttl=0)
        if lease is not None:
            self.state.release(lease)

    async def run(self, work: Callable[[Session], Awaitable[object]]) -> bool:
        """Let the engine do something; False when its process died, and another one started."""
        self.begin()
        alive = await survives(work(self.session))
        if not alive:
            self.restart()
        return alive

    def begin(self) -> None:
        """Note how things stand as a pass begins."""
        self.away.clear()
        self.seen_live = {side: set() for side in Side}
        self.pairs_before = sum(self.state.count_links(JOB).values())
        articles = [a for store in self.stores.values() for a in store.articles.values()]
        self.labels_before = {a.ref: a.value.labels or frozenset() for a in articles}
        self.drafts_before = frozenset(a.ref for a in articles if a.draft is not None)
        self.look()

    def look(self) -> None:
        """Note what is live and what is not, now: a pass may have seen it so."""
        for side, store in self.stores.items():
            for article in store.articles.values():
                status = store.status(article)
                if article.hidden or not article.listed or status is not Status.LIVE:
                    self.away[article.ref] = "hidden" if article.hidden else status.value
                elif side is Side.LEFT and self._left_the_job(article):
                    self.away[article.ref] = "excluded"
                if status is Status.LIVE:
                    self.seen_live[side] |= words_of(article.value)

    def _left_the_job(self, article: Article) -> bool:
        """Tell whether an item was changed so that the filters of now leave it out.

        One that only the change of the filters left out is kept on both sides.
        """
        saved_since = len(article.history) > self.ruled.get(article.ref, 0)
        return saved_since and isinstance(self.mapping.forward(article.value), Excluded)

    def change_rules(self, rules: Rules) -> None:
        """Give the job other rules, and start it again."""
        if rules.version != self.mapping.version:
            articles = self.left.articles.values()
            self.ruled = {article.ref: len(article.history) for article in articles}
        self.mappings.append(rules)
        self.restart()

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**time).total_seconds())
