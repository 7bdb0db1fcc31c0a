"""The two-way decision: one table over what both sides look like, and a policy.

`decide` never sees a title or a body, only versions and digests, so one table serves documents
and configuration alike. It is pure and total. The table is data: `docs/decisions.md` is printed
from it, and the tests read their cases from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias

from attrs import frozen

from .model import Side, Version
from .policy import Deletes as Deletes
from .policy import Direction as Direction
from .policy import Limits as Limits
from .policy import OnConflict as OnConflict
from .policy import Otherwise as Otherwise
from .policy import Policy as Policy


class Seen(Enum):
    """One side of a pair, compared with what that side itself held at the last agreement."""

    UNCHANGED = "U"
    CHANGED = "C"
    GONE = "D"
    """Confirmed: in the trash, archived, or purged."""
    RESTRICTED = "R"
    UNKNOWN = "X"
    """An incomplete listing, a failed read, a visibility that could not be learnt."""
    OUTSIDE = "O"
    """Alive, but moved out of the connection's scope."""


@frozen(kw_only=True)
class Observation:
    """What is known about one side now."""

    seen: Seen
    version: Version | None = None
    """None when there is nothing to write over: gone, or unknown."""
    newer: bool = False
    """True when this side's edit is later than the other's by more than the clocks may differ."""


class Reason(Enum):
    """Why a decision was taken, in the words that people read."""

    NEW = "new"
    EDITED = "edited"
    RESTORED = "its copy was deleted"
    REOPENED = "no longer restricted"
    DELETED = "the original was deleted"
    ARCHIVED = "the original was archived"
    LEFT_SCOPE = "the original left the scope"
    COPY_LEFT_SCOPE = "the copy was moved out of the scope"
    OVERRIDDEN = "deleted on one side, edited on the other: the edit wins"
    RESTRICTED = "the original is restricted"
    LOST_SIGHT = "the original can no longer be seen"
    BOTH_EDITED = "edited on both sides"
    DRIFTED = "the copy was edited in a one-way job"
    COPY_DELETED = "the copy was deleted: recreate it, or retire the original?"
    COPY_RESTRICTED = "the copy is restricted and the original is not"
    DELETE_HELD = "the original was deleted and this job holds deletions"
    UNEQUAL = "paired for the first time, and the two differ"
    OPEN_DRAFT = "a person's unpublished draft is in the way"
    OPAQUE = "the edit removes or crosses something this system cannot show"
    PING_PONG = "written too often in an hour: the two systems do not agree on a form"
    NOT_WRITABLE = "the store owns this item and it is not writable"
    AGREED = "both sides agree"
    NOTHING = "nothing changed"
    HELD = "held after an undo"
    UNSEEN = "one side could not be read"
    WITHDRAWN = "withdrawn while the original is restricted"


@frozen
class Keep:
    """Nothing to do now."""

    reason: Reason = Reason.NOTHING


@frozen
class Adopt:
    """Both sides agree already: only the base moves."""

    reason: Reason = Reason.AGREED


@frozen
class Forget:
    """Both sides are gone: a tombstone remains."""

    reason: Reason = Reason.DELETED


@frozen
class Detach:
    """The pair is dissolved; both sides are left as they are."""

    reason: Reason


@frozen
class Write:
    """Carry the other side's content to `side`; `expected` is None for a create."""

    side: Side
    expected: Version | None
    reason: Reason
    keep_loser: bool = False
    """True when an edit on `side` is overwritten: it goes to the conflict store first."""


@frozen
class Merge:
    """Merge three ways and write whichever side differs from the result."""

    reason: Reason = Reason.BOTH_EDITED


@frozen
class Remove:
    """Delete on `side`, under the delete governor."""

    side: Side
    expected: Version
    reason: Reason


@frozen
class Withdraw:
    """Take the copy on `side` away at once, outside caps and policy."""

    side: Side
    expected: Version | None
    """None: as soon as the copy can be read."""
    save: bool
    """True when the copy was edited: the edit goes to the conflict store first."""
    reason: Reason = Reason.RESTRICTED


@frozen
class Conflict:
    """A person must choose; neither side's content is touched."""

    reason: Reason


Decision: TypeAlias = Keep | Adopt | Forget | Detach | Write | Merge | Remove | Withdraw | Conflict


class Action(Enum):
    """What a cell of the table says; `decide` fills in side, version and policy."""

    NOTHING = "nothing to do"
    CARRY_LEFT = "write the left from the right"
    CARRY_RIGHT = "write the right from the left"
    BOTH = "equal: adopt; else merge, or the policy, or the queue"
    LEFT_GONE = "remove the right if the left is the original and deletions travel; else ask"
    RIGHT_GONE = "remove the left if the right is the original and deletions travel; else ask"
    RECREATE_LEFT = "the edit wins: recreate the left, and flag it"
    RECREATE_RIGHT = "the edit wins: recreate the right, and flag it"
    FORGET = "both are gone: keep a tombstone"
    HIDE_LEFT = "withdraw the left if the right is the original; else ask"
    HIDE_RIGHT = "withdraw the right if the left is the original; else ask"
    WITHDRAWN = "stay withdrawn"
    HOLD = "hold: one side could not be read, so nothing is written"
    LEFT_OUT = "remove the right if the left is the original; else dissolve the pair"
    RIGHT_OUT = "remove the left if the right is the original; else dissolve the pair"
    DETACH = "dissolve the pair"


def _table() -> dict[tuple[Seen, Seen], Action]:
    u, c, d, r, x, o = Seen
    a = Action
    return {
        (u, u): a.NOTHING,
        (u, c): a.CARRY_LEFT,
        (u, d): a.RIGHT_GONE,
        (u, r): a.HIDE_LEFT,
        (u, x): a.HOLD,
        (u, o): a.RIGHT_OUT,
        (c, u): a.CARRY_RIGHT,
        (c, c): a.BOTH,
        (c, d): a.RECREATE_RIGHT,
        (c, r): a.HIDE_LEFT,
        (c, x): a.HOLD,
        (c, o): a.RIGHT_OUT,
        (d, u): a.LEFT_GONE,
        (d, c): a.RECREATE_LEFT,
        (d, d): a.FORGET,
        (d, r): a.FORGET,
        (d, x): a.HOLD,
        (d, o): a.FORGET,
        (r, u): a.HIDE_RIGHT,
        (r, c): a.HIDE_RIGHT,
        (r, d): a.FORGET,
        (r, r): a.WITHDRAWN,
        (r, x): a.HIDE_RIGHT,
        (r, o): a.HIDE_RIGHT,
        (x, u): a.HOLD,
        (x, c): a.HOLD,
        (x, d): a.HOLD,
        (x, r): a.HIDE_LEFT,
        (x, x): a.HOLD,
        (x, o): a.HOLD,
        (o, u): a.LEFT_OUT,
        (o, c): a.LEFT_OUT,
        (o, d): a.FORGET,
        (o, r): a.HIDE_LEFT,
        (o, x): a.HOLD,
        (o, o): a.DETACH,
    }


TABLE: Mapping[tuple[Seen, Seen], Action] = _table()
"""What happens to a pair with a base, by what is seen on the left and on the right."""


def decide(
    left: Observation, right: Observation, *, origin: Side, equal: bool, policy: Policy
) -> Decision:
    """Decide what to do with one linked pair.

    Args:
        left, right: what each side looks like against its own half of the base.
        origin: the side on which the item was first written.
        equal: both live sides hold the same content, after both projections.
        policy: what the job may do.
    """
    action = TABLE[left.seen, right.seen]
    sides = {Side.LEFT: left, Side.RIGHT: right}
    match action:
        case Action.NOTHING:
            return Keep()
        case Action.CARRY_LEFT | Action.CARRY_RIGHT:
            target = Side.LEFT if action is Action.CARRY_LEFT else Side.RIGHT
            return Adopt() if equal else _carry(target, sides, policy)
        case Action.BOTH:
            return Adopt() if equal else _both(sides, policy)
        case Action.LEFT_GONE | Action.RIGHT_GONE:
            gone = Side.LEFT if action is Action.LEFT_GONE else Side.RIGHT
            return _gone(gone, sides[gone.other], origin, policy)
        case Action.RECREATE_LEFT | Action.RECREATE_RIGHT:
            target = Side.LEFT if action is Action.RECREATE_LEFT else Side.RIGHT
            return _recreate(target, policy)
        case Action.FORGET:
            return Forget()
        case Action.HIDE_LEFT | Action.HIDE_RIGHT:
            target = Side.LEFT if action is Action.HIDE_LEFT else Side.RIGHT
            return _hide(target, sides[target], origin, policy)
        case Action.WITHDRAWN:
            return Keep(Reason.WITHDRAWN)
        case Action.HOLD:
            return Keep(Reason.UNSEEN)
        case Action.LEFT_OUT | Action.RIGHT_OUT:
            out = Side.LEFT if action is Action.LEFT_OUT else Side.RIGHT
            return _outside(out, sides[out.other], origin, policy)
        case Action.DETACH:
            return Detach(Reason.LEFT_SCOPE)


def _carry(target: Side, sides: Mapping[Side, Observation], policy: Policy) -> Decision:
    # Exactly one side was edited: the other one takes it, if the job may write there.
    if policy.direction.writes(target):
        return Write(target, sides[target].version, Reason.EDITED)
    # In a one-way job the edited side is the copy.
    return _overwrite(target.other, sides[target.other], policy)


def _overwrite(copy: Side, there: Observation, policy: Policy) -> Decision:
    # Only an explicit "the source wins" overwrites a person's edit of the copy.
    wins = OnConflict.RIGHT_WINS if copy is Side.LEFT else OnConflict.LEFT_WINS
    if policy.on_conflict is wins and policy.direction.writes(copy):
        return Write(copy, there.version, Reason.DRIFTED, keep_loser=True)
    return Conflict(Reason.DRIFTED)


def _both(sides: Mapping[Side, Observation], policy: Policy) -> Decision:
    # Both sides were edited, and differently.
    left, right = sides[Side.LEFT], sides[Side.RIGHT]
    if policy.direction is not Direction.TWO_WAY:
        copy = Side.RIGHT if policy.direction is Direction.LEFT_TO_RIGHT else Side.LEFT
        return _overwrite(copy, sides[copy], policy)
    match policy.on_conflict:
        case OnConflict.MERGE:
            return Merge()
        case OnConflict.LEFT_WINS | OnConflict.RIGHT_WINS | OnConflict.NEWEST_WINS if policy.fields:
            # Some fields have a word of their own: they are looked at one by one.
            return Merge()
        case OnConflict.LEFT_WINS:
            return Write(Side.RIGHT, right.version, Reason.BOTH_EDITED, keep_loser=True)
        case OnConflict.RIGHT_WINS:
            return Write(Side.LEFT, left.version, Reason.BOTH_EDITED, keep_loser=True)
        case OnConflict.NEWEST_WINS if left.newer != right.newer:
            target = Side.RIGHT if left.newer else Side.LEFT
            return Write(target, sides[target].version, Reason.BOTH_EDITED, keep_loser=True)
        case _:
            return Conflict(Reason.BOTH_EDITED)


def _gone(gone: Side, left_over: Observation, origin: Side, policy: Policy) -> Decision:
    # One side is gone and nobody edited the other since.
    stays = gone.other
    if gone is not origin:
        # A copy vanished: in a one-way job the source simply restores it; else a person chooses.
        if policy.direction.writes(gone) and policy.direction is not Direction.TWO_WAY:
            return Write(gone, None, Reason.RESTORED)
        return Conflict(Reason.COPY_DELETED)
    if policy.deletes is Deletes.KEEP or not policy.direction.writes(stays):
        return Detach(Reason.DELETED)
    if policy.deletes is Deletes.HOLD or left_over.version is None:
        return Conflict(Reason.DELETE_HELD)
    return Remove(stays, left_over.version, Reason.DELETED)


def _recreate(target: Side, policy: Policy) -> Decision:
    # An edit beats a deletion under every policy, and the deletion is flagged for review.
    if policy.direction.writes(target):
        return Write(target, None, Reason.OVERRIDDEN)
    return Conflict(Reason.OVERRIDDEN)


def _hide(target: Side, copy: Observation, origin: Side, policy: Policy) -> Decision:
    # Restriction goes towards less exposure, whatever the policy; an original is never removed,
    # and nothing is on a side that the job only reads.
    if target is origin or not policy.direction.writes(target):
        return Conflict(Reason.COPY_RESTRICTED)
    return Withdraw(target, copy.version, save=copy.seen is not Seen.UNCHANGED)


def _outside(out: Side, left_over: Observation, origin: Side, policy: Policy) -> Decision:
    # The item moved out of what the connection covers; a copy of it no longer belongs there.
    stays = out.other
    if out is not origin:
        return Detach(Reason.COPY_LEFT_SCOPE)
    if policy.deletes is Deletes.KEEP:
        return Detach(Reason.LEFT_SCOPE)
    if left_over.seen is not Seen.UNCHANGED or not policy.direction.writes(stays):
        return Detach(Reason.LEFT_SCOPE)
    if policy.deletes is Deletes.HOLD or left_over.version is None:
        return Conflict(Reason.DELETE_HELD)
    return Remove(stays, left_over.version, Reason.LEFT_SCOPE)


def decide_new(side: Side, policy: Policy) -> Decision:
    """Decide about a live, open item on `side` that belongs to no pair and has no twin."""
    if policy.direction.writes(side.other):
        return Write(side.other, None, Reason.NEW)
    return Keep()


def decide_first(*, equal: bool, proven: bool) -> Decision:
    """Decide about two items that are a pair by mark or by a person's word, without a base.

    `proven`: one side's own history shows that both agreed once, so there is a base after all.
    """
    if equal:
        return Adopt()
    return Merge(Reason.UNEQUAL) if proven else Conflict(Reason.UNEQUAL)
