"""Three-way merge of bodies: blocks, then items and cells, then words."""

from __future__ import annotations

from collections import Counter
from typing import Final

from attrs import frozen

from .alignment import Key, align, kind
from .characters import escape
from .columns import Table, aligned_columns, row_key
from .markup import attributes, build, opening
from .outline import Piece, cut, shown, split, words
from .profile import CONTAINERS, PROSE
from .sanitise import sanitised
from .sequence import edits
from .threeway import Three, regions
from .tokens import lines, markup, readable, tokens
from .words import Dispute, merge_words
from .writer import write

SAME_WORDS: Final = "both sides changed the same words"
SAME_MARKS: Final = "both sides changed the same link"
SAME_CODE: Final = "both sides changed the same lines of code"
SAME_PLACE: Final = "both sides added something else at the same place"
NEIGHBOURS: Final = "the sides changed neighbouring blocks"
DELETED: Final = "one side deleted what the other changed"
REPLACED: Final = "both sides replaced the block"
MOVED: Final = "both sides moved the same block"
ATTRIBUTES: Final = "both sides changed the same attribute"


@frozen(kw_only=True)
class Clash:
    """Two edits that do not go together, as values for people to judge."""

    path: tuple[int, ...]
    """Child indices of the place in the proposal `body`; empty where it has none of its own."""
    base: str
    """Readable text, like `left` and `right`; empty where there was or is nothing."""
    left: str
    right: str
    reason: str


@frozen(kw_only=True)
class Merge:
    """The outcome of a merge."""

    body: str
    """The merged body. With conflicts: a proposal, valid like any body, to be judged by a person.
    It has no markers: in disputed words the left side's, of two additions both, and what one side
    changed and the other deleted."""
    conflicts: tuple[Clash, ...] = ()


def merge(base: str, left: str, right: str, *, separation: int = 1) -> Merge:
    """Merge two edits of `base`.

    `separation` is how many unchanged blocks must stand between blocks that the two sides changed;
    with 0, edits of neighbouring blocks are merged, too.

    Raises:
        Rejected: one of the three is no body, or the merge is too long to be one.
    """
    texts = Three(base, left, right)
    if texts.settled is not None:
        return Merge(body=texts.settled)
    merger = Merger(separation)
    blocks = merger.siblings(texts.map(split), ())
    return Merge(body=merger.body(blocks), conflicts=tuple(merger.clashes))


Path = tuple[int, ...]

# A place among siblings: one element of the base and what became of it, or, with an empty base,
# what was added in the gap before it. Each list but those of a gap holds at most one element.
_Slot = Three[list[str]]


class Merger:
    """Merges siblings, blocks and leaves; collects what clashes.

    Recursive, as deep as bodies may be nested.
    """

    def __init__(self, separation: int) -> None:
        self.separation = separation
        self.clashes: list[Clash] = []
        self.made: set[str] = set()
        """Texts put together here: only they can be out of normal form."""

    def body(self, blocks: list[str]) -> str:
        done: list[str] = []
        for block in blocks:
            done += split(sanitised(write(build(block)))) if block in self.made else [block]
        while done and done[-1] == "<p></p>":
            done.pop()
        return "".join(done)

    def clash(self, path: Path, texts: Three[str], reason: str) -> None:
        base, left, right = texts
        self.clashes.append(Clash(path=path, base=base, left=left, right=right, reason=reason))

    # -- siblings

    def siblings(self, lists: Three[list[str]], path: Path, key: Key | None = None) -> list[str]:
        """Return the merged children. Keyed children need no unchanged neighbours."""
        apart = 0 if key else self.separation
        base, left, right = lists
        done: list[str] = []
        by_left, by_right = edits(base, left), edits(base, right)
        for region in regions(by_left, by_right, len(base), lambda i, j: j - i < apart):
            part = Three(
                base[region.b0 : region.b1],
                left[region.l0 : region.l1],
                right[region.r0 : region.r1],
            )
            settled = part.settled
            if settled is None:
                self.both(_slots(part, key), path, apart, done)
            else:
                done += settled
        self.check_moves(lists, done, path)
        return done

    def check_moves(self, lists: Three[list[str]], done: list[str], path: Path) -> None:
        """A block that each side put elsewhere is there twice now."""
        base, left, right = lists.map(Counter)
        for element, count in Counter(done).items():
            twice = count > max(left[element], right[element], base[element])
            if twice and base[element] and words(element):
                place = len(done) - 1 - done[::-1].index(element)
                self.clash((*path, place), Three(element, element, element).map(shown), MOVED)

    def both(self, slots: list[_Slot], path: Path, apart: int, done: list[str]) -> None:
        """Merge a stretch that both sides changed, element by element."""
        for group in _neighbours(slots, apart):
            sides = {_author(slot) for slot in group}
            if apart and {"left", "right"} <= sides:
                whole = Three(*([e for slot in group for e in slot[n]] for n in range(3)))
                self.clash((*path, len(done)), whole.map(_text), NEIGHBOURS)
            for slot in group:
                done += self.slot(slot, (*path, len(done)))

    def slot(self, slot: _Slot, path: Path) -> list[str]:
        settled = slot.settled
        if settled is not None:
            return settled
        if not slot.base:
            self.clash(path, slot.map(_text), SAME_PLACE)
            return [*slot.left, *(e for e in slot.right if e not in slot.left)]
        if not slot.left or not slot.right:
            self.clash(path, slot.map(_text), DELETED)
            return slot.left or slot.right
        return [self.element(slot.map(lambda one: one[0]), path)]

    # -- one element that both sides changed

    def element(self, texts: Three[str], path: Path) -> str:
        settled = texts.settled
        if settled is not None:
            return settled
        merged = self.combined(texts.map(cut), path)
        if merged is None:
            self.clash(path, texts.map(shown), REPLACED)
            return texts.left
        self.made.add(merged)
        return merged

    def combined(self, pieces: Three[Piece], path: Path) -> str | None:
        tag = pieces.map(lambda piece: piece.tag).settled
        start = self.start(pieces, path)
        if tag is None or start is None or len(set(pieces.map(lambda p: kind(p.start)))) > 1:
            return None
        inner = self.inner(tag, pieces.map(lambda piece: piece.inner), path)
        return None if inner is None else f"{start}{inner}</{tag}>"

    def start(self, pieces: Three[Piece], path: Path) -> str | None:
        """Return the start tag: attributes are merged one by one."""
        tag = pieces.map(lambda piece: piece.tag).settled
        if tag is None:
            return None
        sides = pieces.map(lambda piece: attributes(piece.start))
        merged: list[tuple[str, str]] = []
        for name in sorted({name for side in sides for name in side}):
            values = Three(*(side.get(name, "") for side in sides))
            value = values.settled
            if value is None:
                self.clash(path, values, ATTRIBUTES)
                value = values.left
            if value:
                merged.append((name, value))
        return opening(tag, merged)

    def inner(self, tag: str, inners: Three[str], path: Path) -> str | None:
        """Return the merged content; None when this kind of element cannot be merged."""
        settled = inners.settled
        if settled is not None:
            return settled
        match tag:
            case "pre":
                return self.code(inners.map(cut), path)
            case "table":
                return self.table(inners.map(Table.read), path)
            case "figure":
                return self.figure(inners.map(split), path)
            case _ if tag in PROSE:
                return self.prose(inners, path)
            case _ if tag in CONTAINERS or tag in ("ul", "ol"):
                return "".join(self.siblings(inners.map(split), path))
            case _:
                return None

    def prose(self, inners: Three[str], path: Path) -> str:
        words = inners.map(tokens)
        merged = merge_words(words.base, words.left, words.right)
        self.disputes(merged.disputes, path, SAME_WORDS)
        return markup(merged.tokens)

    def code(self, pieces: Three[Piece], path: Path) -> str:
        coded = pieces.map(lambda piece: lines(piece.inner))
        merged = merge_words(coded.base, coded.left, coded.right)
        self.disputes(merged.disputes, path, SAME_CODE)
        text = "".join(str(token.content) for token in merged.tokens)
        return f"{self.start(pieces, path)}{escape(text)}</code>"

    def disputes(self, disputes: list[Dispute], path: Path, reason: str) -> None:
        for dispute in disputes:
            texts = Three(dispute.base, dispute.left, dispute.right).map(readable)
            self.clash(path, texts, SAME_MARKS if dispute.marks else reason)

    def figure(self, parts: Three[list[str]], path: Path) -> str:
        image = self.start(parts.map(lambda part: cut(part[0])), path)
        return f"{image}{''.join(self.siblings(parts.map(lambda part: part[1:]), path))}"

    def table(self, tables: Three[Table], path: Path) -> str | None:
        """Merge columns, then rows by the text of their first cell, then cells."""
        grids = aligned_columns(tables)
        if grids is None:
            return None
        caption = self.siblings(tables.map(lambda table: table.caption), path)
        rows = self.siblings(grids, (*path, len(caption)), key=row_key)
        return f"{''.join(caption)}<tbody>{''.join(rows)}</tbody>"


def _slots(lists: Three[list[str]], key: Key | None) -> list[_Slot]:
    base = lists.base
    ours, more_left = _placed(base, lists.left, key)
    theirs, more_right = _placed(base, lists.right, key)
    slots: list[_Slot] = []
    for index in range(len(base) + 1):
        slots.append(Three([], more_left[index], more_right[index]))
        if index < len(base):
            slots.append(Three([base[index]], ours[index], theirs[index]))
    return [slot for slot in slots if any(slot)]


def _placed(
    base: list[str], side: list[str], key: Key | None
) -> tuple[list[list[str]], list[list[str]]]:
    """Return what became of each element of `base`, and what was added before each and at last."""
    became: list[list[str]] = [[] for _ in base]
    added: list[list[str]] = [[] for _ in range(len(base) + 1)]
    gap = place = 0
    for i, j in (*align(base, side, key), (len(base), len(side))):
        added[gap] += side[place:j]
        if i < len(base):
            became[i] = [side[j]]
        gap, place = i + 1, j + 1
    return became, added


def _author(slot: _Slot) -> str:
    """Return who changed it: "" for nobody, left, right or both."""
    if slot.left == slot.base:
        return "right" if slot.right != slot.base else ""
    return "left" if slot.right == slot.base else "both"


def _neighbours(slots: list[_Slot], apart: int) -> list[list[_Slot]]:
    """Cut where at least `apart` unchanged elements stand between changed ones."""
    groups: list[list[_Slot]] = [[]]
    same = 0
    for slot in slots:
        changed = bool(_author(slot))
        if changed and same >= apart and groups[-1]:
            groups.append([])
        same = 0 if changed else same + 1
        groups[-1].append(slot)
    return groups


def _text(elements: list[str]) -> str:
    return "\n".join(shown(element) for element in elements)
