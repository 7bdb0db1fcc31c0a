"""The topics that a job asks for: what its patterns mean, and how names are combined. Pure.

Source: Genesys notification topics. A topic is `v2.users.{id}.conversations`; several of one user
or queue can be asked for under one name, `v2.users.{id}?conversations&presence`, which counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Literal, TypeAlias

from attrs import field, frozen

LONGEST = 200
"""Characters that a combined name stays below, as in the vendor's own client."""

What: TypeAlias = Literal["users", "queues"]
_PREFIX: Mapping[What, str] = {"users": "v2.users", "queues": "v2.routing.queues"}
_PATTERN = re.compile(
    r"v2\.(?P<what>users|routing\.queues)\."
    r"(?P<who>\*|\{(?P<by>group|division):(?P<name>[^{}]+)\})"
    r"(?P<rest>[.?].+)"
)
_LITERAL = re.compile(r"v2(\.[A-Za-z0-9_-]+)+(\?[A-Za-z0-9_.-]+(&[A-Za-z0-9_.-]+)*)?")
_OF = re.compile(r"(v2\.(?:users|routing\.queues)\.([^.?]+))\.(.+)")
HELP = (
    "write v2.users.*.conversations or v2.routing.queues.*.conversations, in place of * an id, "
    "{division:NAME}, or for users {group:NAME}"
)


@frozen(kw_only=True)
class Pattern:
    """All users or queues, or those of one group or division."""

    what: What
    suffixes: tuple[str, ...]
    group: str | None = None
    """Name or id."""
    division: str | None = None
    """Name or id."""

    def of(self, id: str) -> Iterable[str]:
        """Yield the topics of one user or queue."""
        return (f"{_PREFIX[self.what]}.{id}.{suffix}" for suffix in self.suffixes)


@frozen(kw_only=True)
class Wanted:
    """What a job asks for."""

    topics: frozenset[str] = frozenset()
    """By their full names."""
    patterns: tuple[Pattern, ...] = ()

    def needs(self, what: What) -> bool:
        """Tell whether all users (or queues) have to be listed."""
        return any(one.what == what and one.group is None for one in self.patterns)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.group for one in self.patterns if one.group is not None))


@frozen(kw_only=True)
class Place:
    """A user or a queue as far as patterns look at it."""

    id: str
    division: frozenset[str] = frozenset()
    """Id and name of its division."""


@frozen(kw_only=True)
class Directory:
    """The organisation as far as patterns look at it."""

    users: Sequence[Place] = ()
    queues: Sequence[Place] = ()
    members: Mapping[str, Sequence[Place]] = field(factory=dict)
    """By the group's name or id, as a pattern says it."""


def wanted(topics: Iterable[str]) -> Wanted:
    """Return what topics and patterns ask for.

    Raises:
        ValueError: one is neither a topic nor a pattern; the sentence says all that are not.
    """
    literal: set[str] = set()
    patterns: list[Pattern] = []
    bad: list[str] = []
    for topic in topics:
        if found := _PATTERN.fullmatch(topic):
            bad += [topic] * (found["by"] == "group" and found["what"] != "users")
            patterns.append(_pattern(found))
        elif _LITERAL.fullmatch(topic):
            literal |= set(single(topic))
        else:
            bad.append(topic)
    if bad:
        raise ValueError(f"{', '.join(map(repr, bad))}: no topic that can be had; {HELP}")
    return Wanted(topics=frozenset(literal), patterns=tuple(patterns))


def _pattern(found: re.Match[str]) -> Pattern:
    what: What = "users" if found["what"] == "users" else "queues"
    name = (found["name"] or "").strip()
    return Pattern(
        what=what,
        suffixes=tuple(_suffixes(found["rest"])),
        group=name if found["by"] == "group" else None,
        division=name if found["by"] == "division" else None,
    )


def _suffixes(rest: str) -> list[str]:
    return rest[1:].split("&") if rest.startswith("?") else [rest[1:]]


def single(topic: str) -> Iterable[str]:
    """Return the topics that a combined name stands for."""
    prefix, _, suffixes = topic.partition("?")
    return [f"{prefix}.{one}" for one in suffixes.split("&")] if suffixes else [topic]


def expand(wanted: Wanted, directory: Directory) -> frozenset[str]:
    """Return the topics that are asked for in an organisation."""
    found = set(wanted.topics)
    for pattern in wanted.patterns:
        for place in _places(pattern, directory):
            found.update(pattern.of(place.id))
    return frozenset(found)


def _places(pattern: Pattern, directory: Directory) -> Iterable[Place]:
    if pattern.group is not None:
        return directory.members.get(pattern.group, ())
    everybody = directory.users if pattern.what == "users" else directory.queues
    if pattern.division is None:
        return everybody
    return (place for place in everybody if pattern.division in place.division)


def combined(topics: Iterable[str]) -> list[str]:
    """Return the names to subscribe to, sorted: what is about one user or queue shares a name."""
    alone: list[str] = []
    shared: dict[str, list[str]] = {}
    for topic in topics:
        if found := _OF.fullmatch(topic):
            shared.setdefault(found[1], []).append(found[3])
        else:
            alone.append(topic)
    for prefix, suffixes in shared.items():
        alone += _joined(prefix, sorted(suffixes))
    return sorted(alone)


def _joined(prefix: str, suffixes: Sequence[str]) -> Iterable[str]:
    """Yield as few names as possible, each shorter than the longest."""
    part: list[str] = []
    for suffix in suffixes:
        if part and len(prefix) + 1 + len("&".join([*part, suffix])) >= LONGEST:
            yield _name(prefix, part)
            part = []
        part.append(suffix)
    yield _name(prefix, part)


def _name(prefix: str, suffixes: Sequence[str]) -> str:
    return f"{prefix}.{suffixes[0]}" if len(suffixes) == 1 else f"{prefix}?{'&'.join(suffixes)}"


def subjects(topics: Iterable[str]) -> Set[str]:
    """Return the ids of the users and queues that names (combined ones, too) are about."""
    return {found[2] for name in topics for topic in single(name) if (found := _OF.match(topic))}


__all__ = [
    "HELP", "LONGEST", "Directory", "Pattern", "Place", "Wanted", "What", "combined", "expand",
    "single", "subjects", "wanted",
]  # fmt: skip
