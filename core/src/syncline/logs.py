"""Log lines as text or JSON, each with what it is about; used by programs, never by libraries.

Every line passes redaction, holds no control characters, and has a bounded length. A log that
cannot be written (a full disk, a closed pipe) loses lines; it never stops a pass.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import IO, Literal

from .redaction import STANDARD_FIELDS, RedactingFilter, printable
from .scope import here

LONGEST = 4_000
"""Characters of one field, and of a message; a traceback has four times as many."""

_QUIET = ("httpx", "httpcore", "apscheduler", "asyncio", "watchdog", "uvicorn.access")
"""Libraries that log what we log ourselves, with more about it; heard from WARNING on."""


class ScopeFilter(logging.Filter):
    """Gives each record the job, the run, the item and the connection that it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in here().items():
            if name not in vars(record):
                setattr(record, name, value)
        return True


class TextFormatter(logging.Formatter):
    """One line: time, level, logger, message, then the fields as `name=value`.

    A traceback follows on lines of its own, indented, so that no line of it looks like a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={_worth(value)}" for name, value in _fields(record).items())
        message = _cut(record.getMessage())
        head = f"{_time(record)} {record.levelname:<7} {record.name}: {message}"
        return "\n".join([f"{head} {fields}".rstrip(), *_indented(_error(record))])


class JsonFormatter(logging.Formatter):
    """One JSON object a line, ASCII: time, level, logger, message, the fields, `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            **_fields(record),
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _cut(record.getMessage()),
        }
        if error := _error(record):
            line["error"] = error
        return json.dumps(line, separators=(",", ":"), default=str)


class LossyHandler(logging.StreamHandler[IO[str]]):
    """Writes lines while that is possible; `lost` counts those that could not be written."""

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:
        # logging would print a traceback to stderr, which is what cannot be written to.
        self.lost += 1

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            super().flush()


def configure(
    log: Literal["text", "json"] = "text",
    level: int | str = logging.INFO,
    stream: IO[str] | None = None,
) -> LossyHandler:
    """Log to `stream` (stderr) from now on, in this form; return the handler.

    Called again, it replaces what it set up before. Handlers of others stay; warnings of Python
    become log lines. At DEBUG the HTTP library tells its steps, without headers.
    """
    handler = LossyHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log == "json" else TextFormatter())
    # The scope comes first: what it adds is redacted like everything else.
    handler.addFilter(ScopeFilter())
    handler.addFilter(RedactingFilter())
    root = logging.getLogger()
    for other in [h for h in root.handlers if isinstance(h, LossyHandler)]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(level)
    debugging = root.level <= logging.DEBUG
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET if debugging else logging.WARNING)
    logging.captureWarnings(True)
    return handler


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        name: _cut(value) if isinstance(value, str) else value
        for name, value in vars(record).items()
        if name not in STANDARD_FIELDS and not name.startswith("_") and value is not None
    }


def _error(record: logging.LogRecord) -> str:
    # The redacting filter has made text of the exception already.
    text = "\n".join(part for part in (record.exc_text, record.stack_info) if part)
    return _cut(text, 4 * LONGEST)


def _indented(text: str) -> list[str]:
    return [f"    {printable(line)}" for line in text.split("\n") if line]


def _worth(value: object) -> str:
    text = str(value)
    plain = text and not any(c.isspace() or c in "\"'=" for c in text)
    return _cut(text if plain else json.dumps(text, ensure_ascii=False))


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


__all__ = ["JsonFormatter", "LossyHandler", "ScopeFilter", "TextFormatter", "configure"]
