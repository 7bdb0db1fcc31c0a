"""Faults that a test asks for: which request they meet, how often, with what options."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from .clock import SimClock

KINDS: Mapping[str, Mapping[str, Any]] = {
    "latency": {"seconds": 0.2, "when": "before"},
    "rate-limited": {"retry_after": 1, "form": "seconds"},
    "status": {"status": 503, "body": None, "when": "before"},
    "html": {"status": 502, "when": "before"},
    "empty": {"status": 200, "when": "before"},
    "cut-json": {"share": 0.5},
    "short-body": {"share": 0.5},
    "long-body": {"share": 0.5},
    "reset": {"when": "before"},
    "hang-up": {"when": "before"},
    "drip": {"seconds": 1.0, "pieces": 20},
    "gzip-bomb": {"bytes": 300 * 1024 * 1024},
    # Clients stop at 100 KiB of a head that is incomplete, and read 64 KiB at a time.
    "big-header": {"bytes": 256 * 1024},
    "redirect": {"to": "http://127.0.0.2:9", "status": 307},
    "duplicate": {"answer": "second"},
    "stale-listing": {"id": None, "seconds": 5.0},
    "short-listing": {"share": 0.5},
    "repeated-cursor": {},
    "empty-last-page": {},
    "extra": {"values": {}},
    "expired-token": {},
    "restart": {"seconds": 0.2, "when": "before"},
}
"""Every kind with its options and their defaults; `docs/simulators.md` explains them."""

LISTING_KINDS = frozenset({"stale-listing", "short-listing", "repeated-cursor", "empty-last-page"})
"""Kinds that a simulator's own paging carries out; they do nothing to other answers."""

_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "when": ("before", "after"),
    "form": ("seconds", "date", "garbage", "missing"),
    "answer": ("first", "second"),
}
_RANDOM = tuple(kind for kind in KINDS if kind != "gzip-bomb")
_VARIANTS: Mapping[str, tuple[Any, ...]] = {
    **_CHOICES,
    "retry_after": (0, 1, 2),
    "status": (500, 502, 503, 504),
    "share": (0.0, 0.1, 0.5, 0.9),
}
"""What the random mode varies besides the kind."""
_COMMON = {"kind", "match", "times", "probability", "after", "seed"}


@attrs.frozen(kw_only=True)
class Fault:
    """One fault with complete options."""

    kind: str
    options: Mapping[str, Any]
    method: re.Pattern[str] | None = None
    path: re.Pattern[str] | None = None
    credential: re.Pattern[str] | None = None
    times: int | None = None
    """How often it strikes; `None` without end."""
    probability: float | None = None
    after: int = 0
    """How many matching requests pass unharmed first."""
    seed: int | None = None
    kinds: tuple[str, ...] = ()
    """Of `random`: what it chooses from."""

    def meets(self, method: str, path: str, credential: str | None) -> bool:
        """Whether the fault concerns such a request at all."""
        subjects = ((self.method, method), (self.path, path), (self.credential, credential or ""))
        return all(pattern is None or pattern.search(text) for pattern, text in subjects)


def read_fault(raw: object) -> Fault:
    """The fault that this JSON object describes.

    Raises:
        ValueError: an unknown kind, option or value; the text names it.
    """
    if not isinstance(raw, dict):
        raise ValueError(f"a fault is an object with a 'kind', not {raw!r}")
    kind = str(raw.get("kind"))
    if kind != "random" and kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of fault; there are: {', '.join(KINDS)}, random")
    given = {key: value for key, value in raw.items() if key not in _COMMON}
    kinds = tuple(given.pop("kinds", _RANDOM)) if kind == "random" else ()
    return Fault(
        kind=kind,
        options=_options(kind, given),
        times=_times(raw),
        probability=_probability(raw),
        after=_whole(raw, "after", 0),
        seed=None if raw.get("seed") is None else _whole(raw, "seed", 0),
        kinds=_known(kinds),
        **_patterns(raw.get("match", {})),
    )


def _options(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    defaults = KINDS.get(kind, {})
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        raise ValueError(
            f"the fault {kind!r} has no option {unknown[0]!r}; it has: {_list(defaults)}"
        )
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            raise ValueError(
                f"{name!r} of {kind!r} is one of {_list(choices)}, not {given[name]!r}"
            )
    for name, default in defaults.items():
        number = isinstance(default, (int, float)) and name in given
        if number and not isinstance(given[name], (int, float)):
            raise ValueError(f"{name!r} of {kind!r} is a number, not {given[name]!r}")
    return {**defaults, **given}


def _list(names: Iterable[Any]) -> str:
    return ", ".join(sorted(str(name) for name in names)) or "none"


def _known(kinds: tuple[Any, ...]) -> tuple[str, ...]:
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of fault; there are: {', '.join(KINDS)}")
    return kinds


def _times(raw: Mapping[str, Any]) -> int | None:
    """Once, unless it is said otherwise or the fault ends by chance or by time."""
    endless = "probability" in raw or raw.get("kind") in ("random", "stale-listing")
    if raw.get("times") == "always" or ("times" not in raw and endless):
        return None
    return _whole(raw, "times", 1)


def _whole(raw: Mapping[str, Any], name: str, default: int) -> int:
    value = raw.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name!r} is a whole number from 0 on, not {value!r}")
    return value


def _probability(raw: Mapping[str, Any]) -> float | None:
    value = raw.get("probability")
    if value is None:
        return None
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"'probability' is a number from 0 to 1, not {value!r}")
    return float(value)


def _patterns(match: object) -> dict[str, re.Pattern[str]]:
    names = {"method", "path", "credential"}
    if not isinstance(match, dict) or set(match) - names:
        raise ValueError(f"'match' is an object with some of {_list(names)}, not {match!r}")
    try:
        return {name: re.compile(str(pattern)) for name, pattern in match.items()}
    except re.error as error:
        raise ValueError(f"'match' holds no regular expression: {error}") from error


class FaultBook:
    """The faults in force; drawing one counts it."""

    def __init__(self, clock: SimClock, seed: int = 0) -> None:
        self._clock = clock
        self._seed = seed
        self._entries: list[_Entry] = []

    def add(self, raws: object) -> list[Fault]:
        """Put these faults (a JSON list of objects, or one object) into force, all or none.

        Raises:
            ValueError: one of them is malformed.
        """
        faults = [read_fault(raw) for raw in (raws if isinstance(raws, list) else [raws])]
        for fault in faults:
            chance = random.Random(self._seed if fault.seed is None else fault.seed)  # noqa: S311
            self._entries.append(_Entry(fault, chance, self._end(fault)))
        return faults

    def _end(self, fault: Fault) -> float:
        stale = fault.kind == "stale-listing"
        return self._clock.elapsed() + fault.options["seconds"] if stale else float("inf")

    def clear(self) -> None:
        """Lift all faults."""
        self._entries.clear()

    def draw(self, method: str, path: str, credential: str | None) -> list[Fault]:
        """What meets this request: any number of latencies and listing faults, and at most one
        other fault, the first that strikes."""
        drawn: list[Fault] = []
        taken = False
        now = self._clock.elapsed()
        for entry in self._entries:
            fault = entry.fault
            if now >= entry.end or not fault.meets(method, path, credential):
                continue
            additive = fault.kind == "latency" or fault.kind in LISTING_KINDS
            if (additive or not taken) and entry.strikes():
                drawn.append(entry.chosen())
                taken = taken or not additive
        return drawn


class _Entry:
    """A fault in force, with its counters and its own source of chance."""

    def __init__(self, fault: Fault, chance: random.Random, end: float) -> None:
        self.fault = fault
        self.end = end
        self._left = fault.times
        self._pass = fault.after
        self._random = chance

    def strikes(self) -> bool:
        if self._pass > 0:
            self._pass -= 1
            return False
        probability = self.fault.probability
        if self._left == 0 or (probability is not None and self._random.random() >= probability):
            return False
        if self._left is not None:
            self._left -= 1
        return True

    def chosen(self) -> Fault:
        if self.fault.kind != "random":
            return self.fault
        kind = self._random.choice(self.fault.kinds)
        options = dict(KINDS[kind])
        for name, choices in _VARIANTS.items():
            if name in options:
                options[name] = self._random.choice(choices)
        return Fault(kind=kind, options=options)
