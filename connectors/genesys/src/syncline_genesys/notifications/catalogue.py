"""The topics that tell of conversations, by the vendor's catalogue, and what is wrong with others.

Source: Genesys available topics. What the vendor adds later is let through where it is about
conversations of users and queues, and is no slip of the pen: the vendor has the last word on it.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .topics import HELP, single, wanted

MEDIA = (
    "callbacks", "calls", "chats", "cobrowseSessions", "emails", "messages", "screenshares",
    "socialexpressions", "videos",
)  # fmt: skip
"""What topics can be limited to."""
DETAIL = "v2.detail.events.conversation."
"""How the topics begin that tell of one thing each."""
DETAILS = (
    "acd.end", "acd.start", "acw", "attributes", "contact", "customer.end", "customer.start",
    "flow.end", "flow.outcome", "flow.start", "outbound", "user.end", "user.start",
    "voicemail.end", "voicemail.start", "wrapup",
)  # fmt: skip
_WHOLE = "conversations"
SUFFIXES = (_WHOLE, *(f"{_WHOLE}.{medium}" for medium in MEDIA))
"""How topics of a user or a queue end."""
_OWNED = re.compile(r"v2\.(users|routing\.queues)\.(\*|\{[^{}]*\}|[^.{}*?]+)\.(.+)")
_HEADS = ("v2.users.*", "v2.routing.queues.*")
_NEAR = 0.6
"""How alike words are of which one is a slip of the other."""


def topic_fault(topic: str, queued: bool) -> str | None:
    """Return what is wrong with a topic of an events job, with the nearest one that is right.

    Args:
        queued: what it tells comes out of a queue, and not over sockets.
    """
    return _queued_fault(topic) if queued else next(_faults(topic), None)


def _faults(topic: str) -> Iterator[str]:
    for one in single(topic):
        if one.startswith(DETAIL):
            yield from _detail_faults(one)
        elif (found := _OWNED.fullmatch(one)) is None:
            yield _unknown(topic, one)
        else:
            yield from _suffix_faults(topic, found[3])
    try:
        wanted([topic])
    except ValueError as error:
        yield str(error)


def _suffix_faults(topic: str, suffix: str) -> Iterator[str]:
    whole, limited, medium = suffix.partition(".")
    if whole != _WHOLE:
        near = _nearest(whole, (_WHOLE,))
        hint = f"did you mean {near!r}?" if near else HELP
        yield f"{topic!r}: {suffix!r} tells of no conversations; {hint}"
    elif limited and medium not in MEDIA and (near := _nearest(medium, MEDIA)):
        yield f"{topic!r}: there is no medium {medium!r}; did you mean {near!r}?"


def _detail_faults(topic: str) -> Iterator[str]:
    who, _, what = topic.removeprefix(DETAIL).partition(".")
    if "*" in who:
        yield f"{topic!r}: sockets tell it of one conversation at a time; {HELP}"
    elif what not in DETAILS and (near := _nearest(what, DETAILS)):
        yield f"{topic!r}: there is no {what!r}; did you mean {near!r}?"


def _unknown(topic: str, one: str) -> str:
    tail = one.rpartition(".")[2]
    known = [f"{head}.{suffix}" for head in _HEADS for suffix in SUFFIXES]
    # They are alike but for owner and medium: what has the same ones is looked at first.
    known = [each for each in known if ("queue" in each) == ("queue" in one)]
    alike = [each for each in known if each.endswith(f".{tail}")] or known
    if near := _nearest(one, alike):
        return f"{topic!r} is no topic of conversations; did you mean {near!r}?"
    return f"{topic!r} is no topic of conversations; {HELP}"


def _queued_fault(topic: str) -> str | None:
    if not topic.startswith(DETAIL):
        return f"{topic!r} does not come out of a queue; write {DETAIL}*, or leave out the intake"
    what = topic.removeprefix(DETAIL).partition(".")[2]
    if "*" in what or what in ("", *DETAILS):
        return None
    near = _nearest(what, DETAILS)
    return f"{topic!r}: there is no {what!r}; did you mean {near!r}?" if near else None


def _nearest(word: str, known: Sequence[str]) -> str | None:
    # Only a fault pays for this import: see the budget of `syncline check`.
    import difflib

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)), None)


__all__ = ["DETAIL", "DETAILS", "MEDIA", "SUFFIXES", "topic_fault"]
