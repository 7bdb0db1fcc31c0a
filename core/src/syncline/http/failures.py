"""Outcomes as errors, in words that say what was tried, what came back and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from attrs import field, frozen

from .. import errors
from ..model import Ref
from ..redaction import printable, redact
from .response import Fault, Impossible, Response

TRACES = ("inin-correlation-id", "atl-traceid", "atl-request-id", "x-request-id")
"""Headers by which a vendor's support finds a request (Genesys, Atlassian, and most others)."""

_TRACE = re.compile(r"[\w.:=-]{1,100}")
_LONGEST = 200
_ECHO = 24


@frozen(kw_only=True)
class Subject:
    """What an error is about: the request, without its query, headers and body."""

    ref: Ref | None
    host: str
    method: str
    path: str
    sent: str = field(default="", repr=False)
    """The text of the request's body, as `squeezed` gives it."""

    @property
    def what(self) -> str:
        return f"{self.method} {printable(redact(self.path))}"

    @property
    def about(self) -> str:
        return printable(str(self.ref)) if self.ref else self.host


def refused(subject: Subject, response: Response) -> errors.StoreError:
    """Return the error for an answer that is not a success."""
    status = response.status
    said = _said(response, subject.sent)
    came = f"{subject.about}: {subject.what} answered {status}{said}"
    error = _error(status, came, subject)
    return _with(error, subject, response)


def _error(status: int, came: str, subject: Subject) -> errors.StoreError:
    match status:
        case 401:
            return errors.Forbidden(
                f"{came}; {subject.host} refused the credentials: check that they have not "
                "expired, belong to this host, and hold the scopes that this call needs"
            )
        case 403:
            return errors.Forbidden(f"{came}; grant its credentials the permission, then repeat")
        case 404 | 410:
            return errors.NotFound(f"{came}; it is gone, or these credentials may not see it")
        case 409 | 412:
            return errors.VersionMismatch(f"{came}; it changed meanwhile and will be read again")
        case 423:
            return errors.Unavailable(f"{came}; it is locked, and will be tried again later")
        case 408 | 425:
            return errors.Unavailable(f"{came}; it will be tried again later")
        case _ if status >= 500:
            return errors.Unavailable(f"{came}; it will be tried again later")
        case _ if status < 400:
            return errors.Unavailable(
                f"{came}, a redirect that is not followed; check the connection's base URL"
            )
        case _:
            return errors.Rejected(f"{came}; repeating cannot help: change what is sent")


def failed(subject: Subject, fault: Fault) -> errors.StoreError:
    """Return the error for a request that got no usable answer and changed nothing."""
    came = f"{subject.about}: {subject.what}: {fault.what}"
    error: errors.StoreError
    if isinstance(fault, Impossible) or (fault.sent and not fault.again):
        error = errors.Rejected(f"{came}; repeating cannot help")
    else:
        error = errors.Unavailable(f"{came}; nothing was changed, it will be tried again later")
    error.status = fault.status
    return _with(error, subject, None)


def unknown(subject: Subject, outcome: Response | Fault) -> errors.OutcomeUnknown:
    """Return the error for a write that may have happened."""
    match outcome:
        case Fault():
            what, response = f": {outcome.what}", None
        case Response():
            what, response = f" answered {outcome.status}{_said(outcome, subject.sent)}", outcome
    error = errors.OutcomeUnknown(
        f"{subject.about}: {subject.what}{what}; it may have been carried out: "
        "it is looked up before anything is repeated"
    )
    error.status = outcome.status
    _with(error, subject, response)
    return error


def throttled(subject: Subject, response: Response | None, seconds: float) -> errors.RateLimited:
    """Return the error for a call whose deadline ends before the server's pause does."""
    error = errors.RateLimited(
        f"{subject.about}: {subject.what}: {subject.host} asks for a pause of {seconds:.0f} s "
        "(429), longer than the call may wait; it will be tried again later",
        retry_after=seconds,
    )
    error.status = 429
    _with(error, subject, response)
    return error


def cooling(subject: Subject, seconds: float) -> errors.StoreError:
    """Return the error for a call that was not sent because the host keeps failing."""
    error = errors.Unavailable(
        f"{subject.about}: {subject.what} was not sent: {subject.host} kept failing and is left "
        f"alone for {seconds:.0f} s; it will be tried again later"
    )
    return _with(error, subject, None)


def _with(
    error: errors.StoreError, subject: Subject, response: Response | None
) -> errors.StoreError:
    error.ref = subject.ref
    if response is not None:
        error.status, error.body = response.status, response.value
        error.trace = _trace(response.headers)
    return error


def _trace(headers: Mapping[str, str]) -> str:
    for name in TRACES:
        value = headers.get(name, "")
        if _TRACE.fullmatch(value):
            return value
    return ""


def _said(response: Response, sent: str) -> str:
    """Return what the vendor's error body says, and the trace id, in brackets."""
    words = dict.fromkeys(w for w in _words(response.value) if not _repeats(w, sent))
    text = ": ".join(printable(redact(w.strip())) for w in words)
    trace = _trace(response.headers)
    parts = [text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")] if text else []
    parts += [f"trace {trace}"] if trace else []
    return f" ({'; '.join(parts)})" if parts else ""


def _words(body: Any) -> Iterator[str]:
    """Yield code and message from the error shapes of Genesys, Confluence v2 and v1, and OAuth."""
    match body:
        case {"errors": [{"title": str(title), **first}, *_]}:
            yield from (w for w in (first.get("code"), title) if isinstance(w, str))
        case dict():
            for name in ("code", "error", "message", "error_description", "description"):
                if isinstance(word := body.get(name), str):
                    yield word


def _repeats(word: str, sent: str) -> bool:
    """Return whether the vendor quotes what it was sent: articles have no place in an error."""
    if not sent:
        return False
    text = "".join(word.split())
    return any(text[i : i + _ECHO] in sent for i in range(max(0, len(text) - _ECHO + 1)))


def squeezed(content: bytes | None) -> str:
    """Return a body's text without whitespace and JSON escapes, to find quotations of it."""
    if not content:
        return ""
    text = content.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = " ".join(_strings(json.loads(text)))
    return "".join(text.split())


def _strings(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        match stack.pop():
            case str(text):
                yield text
            case dict(inner):
                stack.extend(inner.values())
            case list(inner):
                stack.extend(inner)


__all__ = ["Subject", "cooling", "failed", "refused", "squeezed", "throttled", "unknown"]
