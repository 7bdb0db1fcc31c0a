"""One call of an adapter, as a value."""

from __future__ import annotations

import json as json_codec
from collections.abc import Container, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from ..errors import Rejected
from ..model import Ref
from ..redaction import printable
from . import failures
from .failures import Subject
from .transport import Exchange, encode_form

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@frozen(kw_only=True)
class Call:
    exchange: Exchange
    ref: Ref | None
    idempotent: bool
    priority: int
    expect_json: bool
    ok: Container[int]
    follow: bool
    ours: bool
    """True when it goes to the base URL's origin: only then it carries credentials."""

    @property
    def writes(self) -> bool:
        """False for what only reads; a POST that is called idempotent is a query."""
        method = self.exchange.method
        return method in ("PUT", "PATCH", "DELETE") or (method == "POST" and not self.idempotent)

    @property
    def taken(self) -> Container[int]:
        """The statuses that end an attempt well."""
        return _Either(self.ok, REDIRECTS) if self.follow else self.ok

    @property
    def target(self) -> str:
        return f"{self.exchange.method} {urlsplit(self.exchange.url).path}"

    @property
    def subject(self) -> Subject:
        parts = urlsplit(self.exchange.url)
        return Subject(
            ref=self.ref,
            host=parts.netloc,
            method=self.exchange.method,
            path=parts.path,
            sent=failures.squeezed(self.exchange.content),
        )


@frozen
class _Either:
    one: Container[int]
    other: Container[int]

    def __contains__(self, status: object) -> bool:
        return isinstance(status, int) and (status in self.one or status in self.other)


def encode(
    where: str,
    ref: Ref | None,
    *,
    json: Any,
    content: bytes | None,
    data: Mapping[str, str] | None,
    files: Any,
) -> tuple[bytes | None, dict[str, str]]:
    """Return the body and the header that names its type."""
    if data is not None or files is not None:
        body, kind = encode_form(data, files)
        return body, {"Content-Type": kind}
    if json is None:
        return content, {}
    try:
        text = json_codec.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(), {"Content-Type": "application/json"}
    except (ValueError, RecursionError):
        raise Rejected(
            f"{ref or bare(where)}: its value cannot be sent as JSON (a lone surrogate, "
            "not a number, or too deep); edit the item",
            ref=ref,
        ) from None


def bare(url: str) -> str:
    """Return a URL without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        host = f"//{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
        return printable(f"{parts.scheme}:{host}{parts.path}".removeprefix(":"))
    except ValueError:
        return "the address"


__all__ = ["REDIRECTS", "Call", "bare", "encode"]
