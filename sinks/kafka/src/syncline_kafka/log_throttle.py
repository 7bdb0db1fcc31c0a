"""What librdkafka says again and again while brokers are away: a line for every try to connect."""

from __future__ import annotations

import logging
import re

from attrs import define, field

EVERY = 60.0
"""Seconds within which the same thing is said once; what repeats it is for those who debug."""
_MOST = 256
"""Things that are remembered: a cluster has brokers by the dozen, and each says a few."""
_ENDING = re.compile(r" \(after \d+ms in state [^)]*\)")
_NAME = re.compile(r"\[[^\]\s]+#(producer|consumer)-\d+\]")
"""Of a client: whatever is begun anew after a failure has another number."""


@define(eq=False)
class RepetitionFilter(logging.Filter):
    """Lowers to DEBUG what was said within the last minute."""

    _said: dict[str, float] = field(factory=dict, init=False)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record goes on; one that repeats another is DEBUG from here on."""
        if record.levelno <= logging.DEBUG or not self._repeats(record):
            return True
        record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)

    def _repeats(self, record: logging.LogRecord) -> bool:
        # How long it took differs from try to try, and so may who tries.
        what = _NAME.sub(r"[\1]", _ENDING.sub("", record.getMessage()))
        said = self._said.get(what)
        if said is not None and 0 <= record.created - said < EVERY:
            return True
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[what] = record.created
        return False


__all__ = ["EVERY", "RepetitionFilter"]
