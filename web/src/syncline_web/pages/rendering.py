"""Templates: everything is escaped, nothing undefined is silently empty."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from syncline.engine.status.explanation import where_and_why
from syncline.redaction import printable

from .wording import DECISIONS, KINDS, STANDINGS, summary

_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
STATIC = Path(__file__).parent / "static"


@cache
def templates() -> Environment:
    """Return the environment in which every page is rendered."""
    env = Environment(
        loader=PackageLoader("syncline_web.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(when=when, ago=span, line=printable, visible=visible)
    env.globals.update(
        STANDINGS=STANDINGS,
        KINDS=KINDS,
        DECISIONS=DECISIONS,
        summary=summary,
        version=version,
        where_and_why=where_and_why,
    )
    return env


@cache
def version(name: str) -> str:
    """Return a short fingerprint of a static file: its address changes when it does."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def visible(text: str) -> str:
    """Return a text in which nothing turns the direction of what is around it unseen."""
    return _TURNS.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def when(at: datetime | None) -> Markup:
    """Return a time as `<time>`, with its zone."""
    if at is None:
        return Markup("never")
    utc = at.astimezone(timezone.utc)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    )


def span(duration: timedelta | float | None) -> str:
    """Return a duration in words."""
    if duration is None:
        return "unknown"
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"


__all__ = ["STATIC", "span", "templates", "version", "visible", "when"]
