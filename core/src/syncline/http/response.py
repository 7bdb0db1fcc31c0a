"""What came back: an answer, or a fault in place of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .decoding import Garbled

_BODILESS = frozenset({202, 204, 205, 304})


@frozen(kw_only=True, repr=False)
class Response:
    """A complete answer, its body decoded, checked against the size cap and parsed."""

    status: int
    headers: Mapping[str, str]
    """Names are case-insensitive."""
    content: bytes = b""
    value: Any = field(default=None)
    """The parsed JSON, if the body is JSON."""

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.content)} bytes>"

    def json(self) -> Any:
        """Return the parsed body; None where the answer has none or it is no JSON."""
        return self.value

    @property
    def text(self) -> str:
        """The body as text: in the charset of its content type, UTF-8 when there is none."""
        _, _, charset = self.headers.get("content-type", "").partition("charset=")
        try:
            return self.content.decode(charset.strip(' "') or "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")


class Fault(Exception):
    """No usable answer came. The message says what happened, and holds nothing from the wire.

    `sent` is False only when nothing can have reached the server; `again` when a repetition may
    help; `status` is that of an answer whose body was unusable.
    """

    def __init__(
        self, what: str, *, sent: bool = True, again: bool = True, status: int | None = None
    ) -> None:
        self.what = what
        self.sent = sent
        self.again = again
        self.status = status
        super().__init__(what)


class Impossible(Fault):
    """The request itself is at fault and cannot be sent as it is."""

    def __init__(self, what: str) -> None:
        super().__init__(what, sent=False, again=False)


def respond(
    status: int, headers: Mapping[str, str], content: bytes, *, expect_json: bool
) -> Response:
    """Return the response.

    A JSON body is parsed here, inside the retry boundary, because a proxy's HTML page, an empty
    body and a cut one all arrive as 200 and must never read as "no items".

    Raises:
        Garbled: success was announced, JSON was expected and something else came.
    """
    strict = expect_json and 200 <= status < 300
    if not content:
        if strict and status not in _BODILESS:
            raise Garbled("its body is empty where JSON was expected")
        return Response(status=status, headers=headers)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not strict and "json" not in kind:
        return Response(status=status, headers=headers, content=content)
    try:
        if "json" not in kind and kind:
            raise Garbled(f"its body is {_short(kind)} where JSON was expected")
        value = json.loads(content, parse_constant=_no_json)
    except (ValueError, RecursionError):
        if not strict:
            return Response(status=status, headers=headers, content=content)
        raise Garbled("its body is cut or broken JSON") from None
    return Response(status=status, headers=headers, content=content, value=value)


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _short(kind: str) -> str:
    return kind if len(kind) < 60 and kind.isascii() and kind.isprintable() else "something"


__all__ = ["Fault", "Impossible", "Response", "respond"]
