"""What is amiss with the disk where a stream keeps what waits: told once, and while it lasts."""

from __future__ import annotations

import logging

from attrs import define, field

from .metrics import StreamMetrics

logger = logging.getLogger(__name__)


@define(eq=False)
class Disk:
    """Troubles by what was tried; a try that went well ends its own."""

    _metrics: StreamMetrics
    _troubles: dict[str, str] = field(factory=dict, init=False)

    def failed(self, tried: str, error: Exception) -> None:
        """Take note that something could not be kept; people are told of it once.

        Args:
            tried: what could not be done, a constant sentence.
        """
        said = str(error)
        if self._troubles.get(tried) != said:
            logger.error(tried, extra={"error": said})
        self._troubles[tried] = said
        self._show()

    def well(self, tried: str) -> None:
        """Take note that it can be done."""
        if self._troubles.pop(tried, None) is not None:
            logger.info("the disk is well again", extra={"before": tried})
            self._show()

    def _show(self) -> None:
        self._metrics.disk_error = next(iter(self._troubles.values()), None)


__all__ = ["Disk"]
