"""Interaction events as Avro: `pip install 'syncline-kafka[avro]'`.

There is no registry: a value is one plain Avro datum, and the header `avro-fingerprint` names the
schema that it was written with (CRC-64-AVRO of its canonical form, as 16 hexadecimal digits).
Events that the schema does not fit are JSON, as the header `content-type` of each message says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

from syncline.errors import ConfigError
from syncline.events import Event
from syncline.events.interaction import avro_schema

from .messages import AVRO_TYPE, Codec, Message, binary

try:
    import fastavro
    import fastavro.schema
except ModuleNotFoundError as error:  # an extra
    raise ConfigError(
        ["kafka: fastavro is not installed: pip install 'syncline-kafka[avro]'"]
    ) from error

FINGERPRINT = "avro-fingerprint"


@cache
def _schema() -> Any:
    return fastavro.parse_schema(avro_schema())


@cache
def fingerprint() -> bytes:
    """Return the fingerprint of the schema that is written."""
    canonical = fastavro.schema.to_parsing_canonical_form(avro_schema())
    return str(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")).encode()


def avro() -> Codec:
    """Return what writes an event as Avro, or as JSON where it does not fit the schema."""
    schema, mark = _schema(), (FINGERPRINT, fingerprint())
    kind = ("content-type", AVRO_TYPE)

    def encoded(event: Event) -> Message:
        plain = binary(event)
        found = BytesIO()
        try:
            # Strict: a field that the schema does not know would be left out without a word.
            fastavro.schemaless_writer(found, schema, dict(event.data), strict_allow_default=True)
        except (ValueError, TypeError, AttributeError, KeyError, UnicodeEncodeError):
            return plain
        return plain._replace(value=found.getvalue(), headers=[*plain.headers[:-1], kind, mark])

    return encoded


def data_of(value: bytes, headers: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the data of an event that `avro` wrote; fields that say nothing are left out.

    Raises:
        ValueError: it was written with another schema, or is no Avro.
    """
    if headers.get(FINGERPRINT) != fingerprint():
        known = fingerprint().decode()
        raise ValueError(f"it was written with schema {headers.get(FINGERPRINT)!r}, not {known}")
    try:
        found = fastavro.schemaless_reader(BytesIO(value), _schema(), None)
    except (EOFError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no Avro: {error!r}") from None
    assert isinstance(found, dict)  # noqa: S101 - the schema is a record
    return {name: content for name, content in found.items() if content is not None}


def schema_text() -> str:
    """Return the schema as JSON, for registries and for whoever reads the topic."""
    return json.dumps(avro_schema(), indent=2)


__all__ = ["FINGERPRINT", "avro", "data_of", "fingerprint", "schema_text"]
