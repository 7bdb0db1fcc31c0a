"""What a pass saw of an object before anybody reserved it, and whether it may be remembered.

Objects are read by the hundred, and most of what is found then needs no write: a field is as its
rule says and is taken over, or waits, or is in dispute. That is remembered as it was seen, by
whoever alone may write the object, and nothing is read once more. Whatever is written is looked at
afresh first.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from . import reading
from .context import ConfigWork
from .rulebook import Group
from .verdicts import Verdict, ends, fresh_link
from .weighing import frozen_still, objected, of_others


@frozen
class Looked:
    """One object as a pass found it."""

    group: Group
    verdicts: tuple[Verdict, ...]
    seen: reading.Seen


def rememberable(work: ConfigWork, looked: Looked) -> Sequence[Verdict] | None:
    """Return what is to be remembered of an object as it was seen; None: look at it afresh.

    The caller alone may write the object.
    """
    if not all(_unmoved(work, verdict) for verdict in looked.verdicts):
        return None
    mine = [frozen_still(work, of_others(work, verdict)) for verdict in looked.verdicts]
    verdicts = objected(work, mine, looked.seen)
    return verdicts if all(map(_settles_without_a_write, verdicts)) else None


def _unmoved(work: ConfigWork, verdict: Verdict) -> bool:
    """Tell whether nobody has done anything about a field since it was seen."""
    pair = verdict.one.pair
    if work.state.intents(work.name, pair=pair):
        return False
    return (work.state.pair(pair) or fresh_link(verdict.one)) == verdict.link


def _settles_without_a_write(verdict: Verdict) -> bool:
    # What is gone, or could not be read among others, is asked for by itself before it counts.
    return not (verdict.writes or verdict.error is not None or ends(verdict))


__all__ = ["Looked", "rememberable"]
