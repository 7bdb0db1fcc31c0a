"""OpenTelemetry traces, where its packages are installed; otherwise nothing happens, cheaply.

Spans hold names, ids, methods, statuses and types of errors: no titles, bodies, addresses beyond a
host, or messages of exceptions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol

from . import __version__

_PREFIX = "syncline."
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SCHEMA = "https://opentelemetry.io/schemas/1.27.0"


class Span(Protocol):
    """One thing that took time."""

    def note(self, name: str, value: str | float | bool) -> None:
        """Add a fact, under OpenTelemetry's name where it has one."""
        ...


class _Nothing:
    """The span of a program without OpenTelemetry."""

    def note(self, name: str, value: str | float | bool) -> None:
        return None


_NOTHING = _Nothing()


class _Recorded:
    def __init__(self, span: Any) -> None:
        self._span = span

    def note(self, name: str, value: str | float | bool) -> None:
        self._span.set_attribute(name, value)


@contextmanager
def span(what: str, fields: Mapping[str, str]) -> Iterator[Span]:
    """Open the span `syncline <what>` below the one that is open in this task."""
    # Whoever wants traces has imported it to say where they go; nobody else pays for an import.
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        yield _NOTHING
        return
    # Asked for each time: an embedding program may set its provider after the first span.
    tracer = api.get_tracer("syncline", __version__, schema_url=_SCHEMA)
    attributes = {_PREFIX + name: value for name, value in fields.items()}
    with tracer.start_as_current_span(
        f"syncline {what}",
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield _Recorded(opened)
        except BaseException as error:
            # The message of an exception may quote what a server said; its type says enough.
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(api.StatusCode.ERROR)
            raise


def start(name: str = "syncline") -> Callable[[], None]:
    """Send traces to the collector that OpenTelemetry's own variables name; return how to stop.

    Nothing is done, and nothing imported, when no `OTEL_EXPORTER_OTLP_ENDPOINT` is set, when
    `syncline[otel]` is not installed, or when the program has a tracer provider already.
    """
    if not any(os.environ.get(variable) for variable in _ENDPOINTS) or not _installed():
        return lambda: None
    from opentelemetry import trace

    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over the name given here.
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or name}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def _installed() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter") is not None
    except ModuleNotFoundError:
        return False


__all__ = ["Span", "span", "start"]
