"""What a runner tells whoever listens: passes, roles, hints, calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from attrs import define, field

logger = logging.getLogger(__name__)

Listener = Callable[[str, Mapping[str, object]], None]
"""Called with the event and its fields, in the event loop; it returns at once and never waits."""


@define
class Events:
    """Those who listen. An event holds no body and no secret."""

    _listeners: dict[object, Listener] = field(factory=dict)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` from now on; what is returned ends that."""
        key = object()
        self._listeners[key] = listener
        return lambda: void(self._listeners.pop(key, None))

    def emit(self, event: str, **fields: object) -> None:
        """Tell everybody; a listener that fails disturbs neither the others nor the work."""
        for listener in list(self._listeners.values()):
            try:
                listener(event, fields)
            except Exception:
                logger.exception("a listener failed", extra={"event": event})


def void(_: object) -> None:
    """Return nothing, whatever came."""


__all__ = ["Events", "Listener"]
