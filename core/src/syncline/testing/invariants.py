"""What has to hold, whatever people do and wherever a process dies.

The numbers are those of `docs/guarantees.md`: 1-15 are about safety and hold after every step,
16 and 17 about agreement once edits and faults have stopped.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from ..body import opaque_keys, parse
from ..engine.writing.governor import limit_of
from ..errors import Rejected
from ..model import Document, Ref, Side, Status, digest, restrict
from ..state.records import Link, LinkState
from .memory import Mutation
from .vendor import PERSON, Article
from .words import is_birth, words_of

JOB = "knowledge"
"""The job that every history runs."""

if TYPE_CHECKING:
    from .world import World

_LINK = re.compile(r"<a [^>]*>")

_REASONS = ("it is a copy", "it carries", "its copy ", "it matches", "it does not match")
"""Why a live item may stay without a counterpart."""


class Violation(AssertionError):
    """A promise was broken. `promise` is its number."""

    def __init__(self, promise: int, what: str) -> None:
        self.promise = promise
        super().__init__(f"promise {promise}: {what}")


class Checker:
    """Looks at every write as it happens, and at the whole after steps and cycles."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen = dict.fromkeys(Side, 0)
        self._found: list[Violation] = []
        self._removals: list[datetime] = []
        self.split: set[str] = set()
        """Birth words of articles that a person has made two of."""
        self.uneven: set[str] = set()
        """Birth words of articles of which a person took a side that cannot show all of it."""
        self._late: set[Ref] = set()
        """Items that appeared long after their answer had been given up."""

    # -- every write ----------------------------------------------------------------------

    def observe(self) -> None:
        """Check the writes that have happened since the last look.

        What is found is raised by `after_step`: the engine, in whose calls this runs, sets single
        items that fail aside and goes on.
        """
        for side, store in self._world.stores.items():
            while self._seen[side] < len(store.mutations):
                mutation = store.mutations[self._seen[side]]
                self._seen[side] += 1
                try:
                    self._check(side, mutation)
                except Violation as violation:
                    self._found.append(violation)

    def _check(self, side: Side, mutation: Mutation) -> None:
        if not self._world.setup.policy.direction.writes(side):
            raise Violation(9, f"{mutation.ref} was written on a side that is only read")
        if mutation.kind == "delete":
            self._check_removal(side, mutation)
            return
        value = mutation.value
        if value is not None and mutation.kind != "mark":
            self._check_exposure(mutation, value)
            self._check_form(mutation, value)
        if mutation.kind == "create" and value is not None:
            self._check_creation(side, mutation, value)
        if mutation.previous is not None and value is not None:
            self._check_overwriting(side, mutation, mutation.previous, value)

    def _check_exposure(self, mutation: Mutation, value: Document) -> None:
        leaked = words_of(value) & self._world.ledger.secret
        if leaked:
            raise Violation(2, f"{mutation.ref}: {sorted(leaked)} was never open to everybody")

    def _check_form(self, mutation: Mutation, value: Document) -> None:
        try:
            parse(value.body)
        except Rejected as error:
            raise Violation(11, f"{mutation.ref}: {error}") from error

    def _check_creation(self, side: Side, mutation: Mutation, value: Document) -> None:
        world = self._world
        births = {word for word in words_of(value) if is_birth(word)}
        if world.landing:
            self._late.add(mutation.ref)
        if world.person_chose or world.landing or births <= world.seen_live[side.other]:
            return
        raise Violation(4, f"{mutation.ref}: {sorted(births)} was created and is nowhere alive")

    def _check_overwriting(
        self, side: Side, mutation: Mutation, before: Document, after: Document
    ) -> None:
        world = self._world
        # Saving once more what is there already (a publish by a process that was left behind)
        # overwrites nothing.
        overwrites = mutation.expected is not None and before != after
        if overwrites and self._was_overtaken(mutation):
            if world.setup_of(side).conditional:
                raise Violation(8, f"{mutation.ref}: {mutation.before} was not {mutation.expected}")
            # Nothing but the vendor's own history has what was saved in that moment.
            world.ledger.deleted |= words_of(before) - words_of(after)
        lost = words_of(before) - words_of(after) - world.ledger.removed
        if lost and not lost <= _words(world.conflict_documents()) | _words(world.documents()):
            raise Violation(1, f"{mutation.ref}: {sorted(lost)} was written over and is nowhere")
        gone = set(opaque_keys(before.body)) - set(opaque_keys(after.body))
        if gone and not world.person_chose and not gone & world.dropped_opaques:
            raise Violation(10, f"{mutation.ref}: {sorted(gone)} was overwritten")

    def _was_overtaken(self, mutation: Mutation) -> bool:
        """True when somebody saved between the writer's check and its write."""
        return (mutation.expected or "").partition("~")[0] != mutation.before

    def _check_removal(self, side: Side, mutation: Mutation) -> None:
        world = self._world
        if world.person_chose or world.landing or self._is_twin(side, mutation.ref):
            return
        link = world.state.link(JOB, mutation.ref)
        if link is None and self._is_spare(side, mutation.ref):
            return
        other = link.half(side.other).ref if link else None
        why = world.away.get(other) if other else None
        if link is None or why is None:
            raise Violation(3, f"{mutation.ref} was removed and its counterpart {other} is there")
        if link.origin is side:
            raise Violation(3, f"{mutation.ref} is an original and was removed for its copy")
        article = world.store(side).articles[mutation.ref]
        if article.unreadable or article.unknown:
            # What must not be seen goes, even where nobody can read what somebody wrote into it.
            world.ledger.thrown_away(article.value)
            world.ledger.thrown_away(article.draft)
        if article.draft is not None and mutation.ref not in world.drafts_before:
            # Begun within this pass: a version tells nothing of drafts, so that goes, too.
            world.ledger.thrown_away(article.draft)
        if world.setup_of(side).labels_unversioned:
            # No more does a version tell of such a label.
            before = world.labels_before.get(mutation.ref, frozenset())
            world.ledger.thrown |= (article.value.labels or frozenset()) - before
        if why not in (Status.RESTRICTED.value, Status.UNKNOWN.value):
            self._govern(mutation)

    def _is_spare(self, side: Side, ref: Ref) -> bool:
        """Tell whether a copy without a pair is nobody's, or by its mark must not be seen."""
        article = self._world.store(side).articles[ref]
        away = self._world.away.get(article.origin) if article.origin is not None else None
        untouched = ref in self._late and len(article.history) == 1
        return untouched or away == Status.RESTRICTED.value

    def _govern(self, mutation: Mutation) -> None:
        world = self._world
        now = world.clock.now()
        self._removals = [at for at in self._removals if now - at < timedelta(days=1)] + [now]
        pairs = sum(world.state.count_links(JOB).values()) + len(self._removals)
        limit = limit_of(world.setup.limits, max(world.pairs_before, pairs))
        if len(self._removals) > limit:
            raise Violation(3, f"{mutation.ref}: removal {len(self._removals)}, limit {limit}")

    def _is_twin(self, side: Side, ref: Ref) -> bool:
        articles = self._world.store(side).articles
        births = {word for word in words_of(articles[ref].value) if is_birth(word)}
        others = (a for a in articles.values() if a.ref != ref and not a.stage.gone)
        return any(births & words_of(other.value) for other in others)

    # -- every step -----------------------------------------------------------------------

    def after_step(self) -> None:
        """Check what holds at any moment, a crash just before it included."""
        self.observe()
        if self._found:
            raise self._found[0]
        for link in self._world.state.links(JOB):
            for side in Side:
                self._check_base(side, link)

    def _check_base(self, side: Side, link: Link) -> None:
        half = link.half(side)
        if half.ref is None or not half.digest:
            return
        article = self._world.store(side).articles.get(half.ref)
        if article is None:
            raise Violation(7, f"{half.ref} is remembered and never existed")
        shared = self._world.left.fields & self._world.right.fields
        version = half.version.partition("~")[0]
        if not version and self._world.setup_of(side).quirky:
            return  # which form the vendor gave to what we wrote, nobody has seen
        held = [s.value for s in article.history if version in ("", s.version)]
        rules = self._world.mappings if side is Side.LEFT else []
        views = [evolve(one, title=m.titles.forward(one)) for one in held for m in rules] or held
        if half.digest not in [digest(restrict(value, shared)) for value in views]:
            raise Violation(7, f"{half.ref}: the base at version {version} was never held")

    # -- a clean cycle --------------------------------------------------------------------

    def after_cycle(self) -> None:
        """Check what holds after a full pass without faults."""
        self.after_step()
        for link in self._world.state.links(JOB):
            self._check_withdrawn(link)

    def _check_withdrawn(self, link: Link) -> None:
        origin, copy = link.half(link.origin).ref, link.half(link.origin.other).ref
        if origin is None or copy is None:
            return
        store = self._world.store(link.origin)
        original = store.articles[origin]
        if store.status(original) is Status.RESTRICTED and not original.hidden:
            there = self._world.store(link.origin.other)
            visible = there.articles[copy]
            if there.status(visible) is Status.LIVE and not visible.hidden:
                raise Violation(2, f"{origin} is restricted and {copy} can still be read")

    # -- the end --------------------------------------------------------------------------

    def at_rest(self) -> None:
        """Check that nothing was lost, nothing is there twice, and both sides agree."""
        world = self._world
        lost = world.ledger.missing([*world.documents(), *world.conflict_documents()])
        if lost:
            raise Violation(1, f"{sorted(lost)} was written, not removed, and is nowhere")
        self._check_quarantine()
        for store in world.stores.values():
            self._check_twins([a for a in store.articles.values() if not a.stage.gone])
        for link in world.state.links(JOB):
            self._check_agreement(link)
        for side in Side:
            self._check_nothing_is_left_out(side)

    def _check_quarantine(self) -> None:
        """Once faults have ended, only what cannot be read may still be set aside."""
        for held in self._world.state.quarantine(JOB):
            link = self._world.state.link(JOB, held.ref)
            if link is None and self._lists_nothing(held.side.other):
                continue  # its turn comes when there is something to compare it with
            refs = [link.left.ref, link.right.ref] if link else [held.ref]
            articles = [
                self._world.store(self._world.side_of(r)).articles.get(r) for r in refs if r
            ]
            if not any(a is None or a.unreadable or a.unknown or a.hidden for a in articles):
                raise Violation(12, f"{held.ref} is still set aside: {held.reason}")

    def _check_twins(self, articles: list[Article]) -> None:
        # What appears so late that people edit it first is theirs, and stays; but it is told.
        ours = [a for a in articles if not (self._is_edited_late(a) and self._is_told(a.ref))]
        ours = [a for a in ours if a.stage is not Status.DRAFT and a.listed]
        births = Counter(w for a in ours for w in words_of(a.value) if is_birth(w))
        twins = {word for word, times in births.items() if times > 1} - self.split
        if twins:
            raise Violation(5, f"{sorted(twins)} is there twice on one side")

    def _is_edited_late(self, article: Article) -> bool:
        return article.ref in self._late and len(article.history) > 1

    def _is_told(self, ref: Ref) -> bool:
        """Tell whether a person can read why this item has no counterpart, or is asked about it."""
        state = self._world.state
        asked = {r for p in state.proposals(JOB) for r in (p.left, p.right)}
        asked |= {r for c in state.conflicts(JOB) for r in (c.left, c.right) if r is not None}
        return ref in asked or self._has_reason(ref)

    def _check_agreement(self, link: Link) -> None:
        world = self._world
        if link.state is not LinkState.SYNCED or self._waits(link):
            return
        articles = []
        for side in Side:
            ref = link.half(side).ref
            article = world.store(side).articles[ref] if ref else None
            if article is None or world.store(side).status(article) is not Status.LIVE:
                return  # not open on one side: nothing is promised about its content
            if article.hidden or article.managed or article.draft or not article.listed:
                return
            if self.uneven & words_of(article.value):
                return
            articles.append(article)
        left, right = (_plain(self._compared(article.value)) for article in articles)
        left["title"] = world.mapping.titles.forward(articles[0].value)
        if left["title"] != right["title"] and _is_free(*articles):
            left["title"] = articles[0].value.title
            right["title"] = world.mapping.titles.backward(articles[1].value.title, None)
        if left != right:
            raise Violation(16, f"{link.left.ref} and {link.right.ref} differ: {left} / {right}")

    def _compared(self, value: Document) -> Document:
        """Return what of a document both systems can hold."""
        world = self._world
        shared = restrict(value, world.left.fields & world.right.fields)
        return world.right.kept(world.left.kept(shared))

    def _waits(self, link: Link) -> bool:
        refs = [link.half(side).ref for side in Side]
        return any(ref and self._world.state.quarantined(JOB, ref) for ref in refs)

    def _check_nothing_is_left_out(self, side: Side) -> None:
        world = self._world
        if not world.setup.policy.direction.writes(side.other):
            return
        if self._lists_nothing(side.other):
            return  # a side that suddenly lists nothing is not trusted, and nothing is made there
        proposed = {r for p in world.state.proposals(JOB) for r in (p.left, p.right)}
        for article in world.store(side).articles.values():
            ref = article.ref
            if world.store(side).status(article) is not Status.LIVE:
                continue
            if article.hidden or not article.listed or ref in proposed:
                continue
            if world.state.link(JOB, ref) is None and not self._has_reason(ref):
                raise Violation(16, f"{ref} is live and belongs to no pair, without a reason")

    def _lists_nothing(self, side: Side) -> bool:
        store = self._world.store(side)
        return not any(map(store.lists, store.articles.values()))

    def _has_reason(self, ref: Ref) -> bool:
        if self._world.state.quarantined(JOB, ref):
            return True
        if any(ref in (i.link.left.ref, i.link.right.ref) for i in self._world.state.intents(JOB)):
            # A write whose outcome cannot be learnt: what it made is hidden from us.
            there = self._world.store(self._world.side_of(ref).other)
            return any(article.hidden for article in there.articles.values())
        skipped = self._world.state.skipped(JOB, ref)
        return skipped is not None and skipped.reason.startswith(_REASONS)


def _plain(value: Document) -> dict[str, object]:
    """Return a document as both sides have to agree on it: links lead to each side's own."""
    told: dict[str, object] = {**value.canonical()}
    told["body"] = _LINK.sub("", value.body).replace("</a>", "")
    return told


def _is_free(left: Article, right: Article) -> bool:
    """Tell whether the right's title need not look as the rules say: a person wrote it, or the left
    was made from the right."""
    people = (saved for saved in right.history if saved.by == PERSON)
    named = any(saved.value.title == right.value.title for saved in people)
    return named or left.history[0].by != PERSON


def _words(values: list[Document]) -> frozenset[str]:
    return frozenset[str]().union(*map(words_of, values))
