"""Carrying an edit of an article to the same article as another system holds it.

The edit is found between two texts of one system and applied to the other system's text: its
untouched leaves keep their form byte for byte, whatever the first system cannot say included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Final

from attrs import frozen

from .alignment import kind
from .correspondence import Correspondence
from .merging import Clash
from .outline import shown
from .parsing import parse
from .references import opaque_keys
from .relabel import Relabel
from .rewording import reworded
from .sanitise import sanitised
from .splitting import split_lines
from .stream import Box, Chain, Entry, Placed, flatten, gather, shared
from .threeway import Three
from .tree import Element
from .writer import write

DELETES_OPAQUE: Final = "the edit deletes an element that the other system cannot show"
CROSSES_OPAQUE: Final = "the edit deletes the text around an element that only this side has"
NO_PLACE: Final = "the edited block has no counterpart on this side"
NO_ORDER: Final = "the edit moves text across something that only this side has"


@frozen(kw_only=True)
class Carried:
    """The outcome of carrying an edit."""

    body: str
    """The target's body with the edit. With conflicts: a proposal, valid, nothing opaque lost."""
    conflicts: tuple[Clash, ...] = ()
    """`base` and `left` are the source's old and new text, `right` is what the target holds."""


def carry(
    source_base: str, source_now: str, target_base: str, project: Callable[[str], str]
) -> Carried:
    """Apply the edit from `source_base` to `source_now` to `target_base`.

    `project` turns a source body into the nearest one that the target can hold.

    Raises:
        Rejected: one of the texts is no body, or the outcome is too long to be one.
    """
    if source_base == source_now:
        return Carried(body=target_base)
    before, after = project(source_base), project(source_now)
    if before == after:
        return Carried(body=target_base)
    if before == target_base:
        return Carried(body=after)
    carriage = _Carriage(*(flatten(parse(text)) for text in (before, after, target_base)))
    placed = carriage.run()
    body = sanitised(write(gather(placed)))
    carriage.check_order(placed, body)
    return Carried(body=body, conflicts=tuple(carriage.clashes))


class _Carriage:
    """`old` and `new` are the source's entries before and after, `held` the target's."""

    def __init__(self, old: list[Entry], new: list[Entry], held: list[Entry]) -> None:
        self.clashes: list[Clash] = []
        self.edit = Correspondence(new, old, moves=True)
        lines = split_lines(old, new, held, self.edit)
        if lines is not None:
            old, new = lines
            self.edit = Correspondence(new, old, moves=True)
        self.old, self.new, self.held = old, new, held
        self.form = Correspondence(old, held, moves=False)
        self.relabel = Relabel()
        self.made: dict[Box, Box] = {}
        """New boxes of the target, by the source's."""
        self.copies: set[Box] = set()
        self.kept: set[int] = set()
        """Entries of `held` that stay although the source deleted their counterpart."""
        self.dropped: set[int] = set()
        """Entries of `held` alone that go with the box they stand in."""

    def run(self) -> list[Placed]:
        self.deletions()
        chains = self.chains()
        out: list[Placed] = []
        runs = self.stays()
        pending = runs.pop(-1, [])
        after = _next_known([chains[n] if self.steady(n) else None for n in range(len(chains))])
        for place, entry in enumerate(self.new):
            held = self.counterpart(place)
            old = self.edit.to.get(place)
            element = entry.element
            if self.steady(place):
                out += pending
                pending = runs.pop(held if held is not None else -1, [])
            elif old is not None and held is None:
                # The target dropped this leaf: an unchanged one stays away.
                if self.old[old].text == entry.text:
                    continue
                self.clash(self.old[old], entry, None, NO_PLACE)
            if held is not None:
                element = self.leaf(place, held)
            chain = chains[place]
            if not self.steady(place):
                cut = _gap(out, pending, chain, after[place])
                out += pending[:cut]
                pending = pending[cut:]
            out.append((element, chain))
        return [(element, self.relabel.chain(chain)) for element, chain in (*out, *pending)]

    def check_order(self, placed: list[Placed], body: str) -> None:
        """A caption or title that its box put elsewhere means that the edit has no place here."""
        meant = [entry.words for entry in (Entry(*leaf) for leaf in placed) if entry.words]
        became = [entry.words for entry in flatten(parse(body)) if entry.words]
        for expected, found in zip_longest(meant, became, fillvalue=""):
            if expected != found:
                texts = Three("", expected, found)
                self.clashes.append(Clash(path=(), reason=NO_ORDER, **texts._asdict()))
                return

    def counterpart(self, place: int) -> int | None:
        """Return which entry of the target stands for entry `place` of the source now."""
        old = self.edit.to.get(place)
        return None if old is None else self.form.to.get(old)

    def steady(self, place: int) -> bool:
        """Tell whether an entry has a counterpart and kept its place in the order."""
        return place not in self.edit.moved and self.counterpart(place) is not None

    def clash(self, old: Entry | None, new: Entry | None, held: Entry | None, reason: str) -> None:
        base, left, right = ("" if e is None else shown(e.text) for e in (old, new, held))
        self.clashes.append(Clash(path=(), base=base, left=left, right=right, reason=reason))

    # -- what the source deleted, and what only the target has

    def deletions(self) -> None:
        survivors = set(self.edit.to.values())
        for place, entry in enumerate(self.old):
            held = self.form.to.get(place)
            if place in survivors:
                continue
            if held is None:
                if entry.telling:
                    self.clash(entry, None, None, NO_PLACE)
            elif _hidden(entry, self.held[held]) or _foreign(entry, self.held[held]):
                self.kept.add(held)
                self.clash(entry, None, self.held[held], DELETES_OPAQUE)
        self.crossings(survivors)

    def crossings(self, survivors: set[int]) -> None:
        """What only the target has goes with the box that the edit emptied.

        For something opaque that is a clash, and so is the end of all text around it.
        """
        back = {held: old for old, held in self.form.to.items()}
        gone = {held for held, old in back.items() if old not in survivors}
        if not gone:
            return
        inhabited = {box for held in back if held not in gone for box in self.held[held].chain}
        emptied = {box for held in gone for box in self.held[held].chain} - inhabited
        after = _nearest([*reversed(range(len(self.held)))], back)
        before = _nearest([*range(len(self.held))], back)
        for place, entry in enumerate(self.held):
            if place in back:
                continue
            alone = any(box in emptied for box in entry.chain)
            if not entry.opaque:
                self.dropped.update([place] if alone else [])
            elif alone or (before[place] in gone and after[place] in gone):
                self.clash(None, None, entry, CROSSES_OPAQUE)

    def stays(self) -> dict[int, list[Placed]]:
        """Return what only the target has, by the entry of the target it follows; -1: none."""
        emitted = {
            held
            for place in range(len(self.new))
            if self.steady(place) and (held := self.counterpart(place)) is not None
        }
        counterparts = set(self.form.to.values()) - self.kept
        runs: dict[int, list[Placed]] = {}
        anchor = -1
        for place, entry in enumerate(self.held):
            if place in emitted:
                anchor = place
            elif place not in counterparts and place not in self.dropped:
                runs.setdefault(anchor, []).append((entry.element, entry.chain))
        return runs

    # -- where a leaf goes

    def chains(self) -> list[Chain]:
        """Return the boxes of the target for every entry of the source now."""
        chains: list[Chain | None] = [self.same_place(place) for place in range(len(self.new))]
        after = _next_known(chains)
        before: Chain = ()
        done: list[Chain] = []
        for place, chain in enumerate(chains):
            if chain is None:
                chain = self.new_place(self.new[place].chain, before, after[place])
            done.append(chain)
            before = chain
        return done

    def same_place(self, place: int) -> Chain | None:
        """Return the target's own boxes when the edit did not move the entry between boxes."""
        old, held = self.edit.to.get(place), self.counterpart(place)
        if old is None or held is None:
            return None
        was, now = self.old[old].chain, self.new[place].chain
        if tuple(self.edit.boxes.get(box) for box in now) != was:
            return None
        for box, origin in zip(now, was, strict=True):
            self.relabel.note(origin, box, self.form.boxes.get(origin))
        return self.held[held].chain

    def new_place(self, chain: Chain, before: Chain, after: Chain) -> Chain:
        """Return boxes for an entry that is new or moved to others.

        The innermost box that the target has, too; new boxes inside; and what only the target has
        around both neighbours, such as a quote that the source shows as paragraphs.
        """
        prefix: Chain = ()
        depth = 0
        for index, box in enumerate(chain):
            origin = self.edit.boxes.get(box)
            found = None if origin is None else self.form.boxes.get(origin)
            if found is not None:
                prefix, depth = _path(found), index + 1
        prefix = self.enclosed(prefix, before, after)
        return (*prefix, *(self.copy(box) for box in chain[depth:]))

    def enclosed(self, prefix: Chain, before: Chain, after: Chain) -> Chain:
        common = before[: shared(before, after)]
        if len(common) <= len(prefix) or common[: len(prefix)] != prefix:
            return prefix
        around = common if common[-1].tag in _FLOW else before
        images = self.form.images
        if any(box in images or box in self.copies for box in around[len(prefix) :]):
            return prefix
        return around

    def copy(self, box: Box) -> Box:
        made = self.made.get(box)
        if made is None:
            made = self.made[box] = Box(Element(box.tag, box.attrs), None)
            self.copies.add(made)
        return made

    # -- what a leaf becomes

    def leaf(self, place: int, held: int) -> Element | None:
        """Return the target's leaf with the edit; itself when there was none."""
        old = self.old[self.edit.to[place]]
        new, target = self.new[place], self.held[held]
        if old.text == new.text:
            return target.element
        result = reworded(Three(old.text, new.text, target.text))
        for texts, reason in result.disputes:
            self.clashes.append(Clash(path=(), reason=reason, **texts._asdict()))
        return result.element


_FLOW: Final = frozenset({"blockquote", "section", "details", "li", "td", "th"})


def _hidden(shown: Entry, held: Entry) -> bool:
    """Tell whether the target's leaf has opaque nodes that the source does not have itself."""
    return bool({*opaque_keys(held.text)} - {*opaque_keys(shown.text)})


def _foreign(shown: Entry, held: Entry) -> bool:
    """Tell whether the target's leaf is of a kind that the source could not show."""
    return kind(shown.text) != kind(held.text) and kind(held.text) in ("figure", "video", "div")


def _path(box: Box) -> Chain:
    chain: list[Box] = []
    inner: Box | None = box
    while inner is not None:
        chain.append(inner)
        inner = inner.parent
    return tuple(reversed(chain))


def _nearest(order: list[int], known: dict[int, int]) -> dict[int, int]:
    """Return for each place the last known one before it in `order`, -1 when there is none."""
    nearest: dict[int, int] = {}
    last = -1
    for place in order:
        nearest[place] = last
        if place in known:
            last = place
    return nearest


def _next_known(chains: Sequence[Chain | None]) -> list[Chain]:
    """Return for each place the next chain after it that is known."""
    found: list[Chain] = []
    after: Chain = ()
    for chain in reversed(chains):
        found.append(after)
        after = after if chain is None else chain
    return found[::-1]


def _gap(out: list[Placed], pending: list[Placed], chain: Chain, after: Chain) -> int:
    """Return how many of `pending` go before a new entry so that it cuts no box in two."""
    chains = [out[-1][1] if out else (), *(placed[1] for placed in pending), after]
    for cut in range(len(pending) + 1):
        common = shared(chains[cut], chains[cut + 1])
        if shared(chains[cut][:common], chain) == common:
            return cut
    return 0
