"""How long things take in the simulated account, and what goes wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..kernel.duration import duration
from ..kernel.simulator import BadAction


def _seconds(value: object) -> float:
    return duration(str(value)).total_seconds()


@attrs.define(kw_only=True)
class Habits:
    """The settings of `{"do": "settings"}`."""

    update_lasts: float = attrs.field(default=5.0, metadata={"read": _seconds})
    """Seconds that a table is UPDATING."""
    launch_lasts: float = attrs.field(default=20.0, metadata={"read": _seconds})
    """Seconds that a machine is Pending."""
    terminate_lasts: float = attrs.field(default=10.0, metadata={"read": _seconds})
    """Seconds that a machine is Terminating."""
    provision_lasts: float = attrs.field(default=10.0, metadata={"read": _seconds})
    """Seconds that provisioned concurrency is IN_PROGRESS."""
    contention: int = attrs.field(default=0, metadata={"read": int})
    """So many writes of groups answer ResourceContention."""
    trail: bool = attrs.field(default=False, metadata={"read": bool})
    """Whether a trail sends the calls that change something to EventBridge."""
    drop: float = attrs.field(default=0.0, metadata={"read": float})
    """Chance that an event is lost: they are best effort."""
    duplicate: float = attrs.field(default=0.0, metadata={"read": float})
    """Chance that a message of a standard queue is delivered again after it was deleted."""
    reorder: bool = attrs.field(default=False, metadata={"read": bool})
    """Whether messages of standard queues overtake each other."""
    concurrency: int = attrs.field(default=1000, metadata={"read": int})
    """Concurrent executions of all functions of the account."""

    def change(self, given: Mapping[str, Any]) -> None:
        """Take these settings.

        Raises:
            BadAction: there is none of that name, or the value makes no sense.
        """
        fields = attrs.fields_dict(type(self))
        for name, value in given.items():
            if name not in fields:
                raise BadAction(f"there is no setting {name!r}; there are: {', '.join(fields)}")
            try:
                setattr(self, name, fields[name].metadata["read"](value))
            except (TypeError, ValueError) as error:
                raise BadAction(f"{name}: {error}") from error
