"""A gap that is being read again: what is known of it so far, and what is told of it. Pure."""

from __future__ import annotations

from attrs import define, field, frozen

from .gap import Gap

UNKNOWABLE = (
    "changes that were undone before it ended, such as of attributes, mute or recording, are not "
    "kept by the vendor"
)


@frozen(kw_only=True)
class Report:
    """What became of a gap."""

    gap: Gap
    repaired: int
    """Conversations that were read again."""
    unrepaired: tuple[str, ...]
    reason: str


@define(eq=False)
class OpenGap:
    """A gap that is being read again."""

    gap: Gap
    made: float
    looks: list[float]
    """When it is looked at, by the clock's monotonic time; what was is gone."""
    pending: dict[str, None]
    """Conversations that were open, and that nothing final is known of yet."""
    repaired: set[str] = field(factory=set)
    lost: dict[str, None] = field(factory=dict)
    """Those that the vendor does not know any more."""
    faults: dict[str, None] = field(factory=dict)
    failures: int = 0

    def skip(self, now: float) -> None:
        """Leave out the looks in whose stead a later one is due by now, as after a long look."""
        while len(self.looks) > 1 and self.looks[1] <= now:
            del self.looks[0]


def report_of(one: OpenGap) -> Report:
    """Return what became of a gap, as far as it is known."""
    unread = [id for id in one.pending if id not in one.repaired]
    reasons = [*one.faults]
    if one.lost:
        reasons.append(f"{len(one.lost)} are not known to the vendor any more")
    if unread:
        reasons.append(f"{len(unread)} could not be read in time")
    reasons.append(UNKNOWABLE)
    return Report(
        gap=one.gap,
        repaired=len(one.repaired),
        unrepaired=(*one.lost, *unread),
        reason="; ".join(reasons),
    )


__all__ = ["UNKNOWABLE", "OpenGap", "Report", "report_of"]
