"""Is every field what its rule says, and all else as it was? Asked of both systems' own items.

Nothing here is shared with the engine or a connector: the rules are written out once more, and
whole objects are compared with what they were before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ..systems import System

Holdings: TypeAlias = Mapping[str, Any]
"""Every value of every object, by object and path."""

_TIMES = re.compile(
    r"(date|time|version|modifiedBy|LastModified|VersionId|Instances|Activities|WarmThroughput"
    r"|NumberOfDecreases|LastIncrease|LastDecrease|Status)",
    re.IGNORECASE,
)
"""What a system itself writes down whenever something is changed."""

_GROUP = "cloud:autoscaling-group/ivr"
_READS = "cloud:dynamodb-table/contacts ProvisionedThroughput.ReadCapacityUnits"
_CHATS = "cx:utilization/Simulated Organisation utilization.chat.maximumCapacity"
_PLACES = "cx:data-table/Limits rows.ivr.maximum"
_HOURS = "cx:schedule/Support hours rrule"
_PARAMETER = "cloud:ssm-parameter//contact-centre/hours Value"
_WARM = "cloud:lambda-function/screen-pop provisioned"
_OURS = (_READS, _CHATS, _PLACES, _HOURS, _PARAMETER, _WARM)
"""What the rules own."""
_THEIRS = (f"{_GROUP} DesiredCapacity", "cx:queue/Support observations")
"""What people changed meanwhile."""


def holdings(centre: System, cloud: System) -> Holdings:
    """Return everything that both systems hold."""
    found: dict[str, Any] = {}
    for name, system in (("cx", centre), ("cloud", cloud)):
        for item in system.items():
            if "kind" in item:
                prefix = f"{name}:{item['kind']}/{item['title']} "
                found |= {prefix + path: value for path, value in _leaves(_whole(item))}
    return found


def broken_rules(now: Holdings, conversations: int) -> Iterator[str]:
    """Yield what is not as the rules say, worked out once more by simple means."""
    serving = int(now[f"{_GROUP} DesiredCapacity"])
    expected = {
        _CHATS: 6 if serving >= 4 else 4,
        _PLACES: serving * 100,
        _READS: max(5, conversations * 10),
        _HOURS: now[_PARAMETER],
    }
    for path, value in expected.items():
        if now[path] != value:
            yield f"{path} is {now[path]!r} and should be {value!r}"
    warm = max(1, conversations // 5)
    if not any(path.startswith(_WARM) and value == warm for path, value in now.items()):
        yield f"{_WARM} is not {warm}"


def foreign_changes(before: Holdings, now: Holdings) -> Iterator[str]:
    """Yield what is different and is none of our fields."""
    for path in sorted(before.keys() | now.keys()):
        ours = path.startswith((*_OURS, *_THEIRS))
        if not ours and not _TIMES.search(path.partition(" ")[2]):
            old, new = before.get(path), now.get(path)
            if old != new:
                yield f"{path} was {old!r} and is {new!r}, and no rule owns it"


def objects(held: Holdings) -> int:
    """Return how many objects there are."""
    return len({path.rpartition(" ")[0] for path in held})


def decreases(held: Holdings) -> int:
    """Return how often the table was lowered today, as AWS counts it."""
    name = "cloud:dynamodb-table/contacts ProvisionedThroughput.NumberOfDecreasesToday"
    return int(held[name])


def _whole(item: Mapping[str, Any]) -> Any:
    body = item.get("values", item["body"])
    return json.loads(body) if isinstance(body, str) else body


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{inner.get('key', number)}")
    else:
        yield path, value
