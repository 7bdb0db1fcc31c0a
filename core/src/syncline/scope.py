"""What the running code is about: the job, the run, the item, the connection.

Whoever begins something says so once, with `about`; log lines and traces below it, also those of
tasks that it starts, carry the fields without being handed them. Only names and ids belong here:
never titles, bodies or secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from .tracing import Span, span

_here: ContextVar[Mapping[str, str]] = ContextVar("syncline.scope", default=MappingProxyType({}))


def here() -> Mapping[str, str]:
    """Return the fields that hold at this point of this task."""
    return _here.get()


@contextmanager
def about(what: str, /, **fields: object) -> Iterator[Span]:
    """Let `fields` hold inside; `what` (pass, item, call) names the span of a trace.

    An exception that passes through marks the span as failed, by its type alone.
    """
    named = {name: str(value) for name, value in fields.items()}
    before = _here.set(MappingProxyType({**_here.get(), **named}))
    try:
        with span(what, named) as opened:
            yield opened
    finally:
        _here.reset(before)


__all__ = ["about", "here"]
