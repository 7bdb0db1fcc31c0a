"""Keeps secrets and control characters out of everything that people or files get to see.

Each secret is made known once, with `register`, when it is resolved or received. From then on
`redact` takes it out of any text, in every spelling in which it may turn up there, and
`RedactingFilter` does so for log records: message, fields and traceback.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from .secret import Secret

MASK = "***"
_SHORTEST = 6
"""Secrets shorter than this are masked as whole words only: they occur in ordinary text."""
_PASSING = 32


class Registry:
    """The secrets that are known, in every spelling."""

    def __init__(self) -> None:
        self._lasting: dict[str, frozenset[str]] = {}
        self._passing: dict[str, frozenset[str]] = {}
        self._spellings: list[str] = []
        self._words: re.Pattern[str] | None = None

    def add(self, secret: Secret | str, *, lasting: bool = True) -> None:
        """Mask `secret` from now on. Adding it again, or an empty one, changes nothing.

        One that is not lasting (a token that is soon replaced) is forgotten after 32 others.
        """
        value = secret.reveal() if isinstance(secret, Secret) else secret
        known = self._lasting if lasting else self._passing
        if not value.strip() or value in known:
            return
        known[value] = spellings(value)
        while len(self._passing) > _PASSING:
            del self._passing[next(iter(self._passing))]
        self._compile()

    def mask(self, text: str) -> str:
        """Return `text` without any spelling of any known secret."""
        return _masked(text, sorted(self.spans(text)))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where any spelling of any known secret stands."""
        # Plain searches, one for each spelling: measured faster than one pattern of all of them.
        for spelling in self._spellings:
            at = text.find(spelling)
            while at >= 0:
                yield at, at + len(spelling)
                at = text.find(spelling, at + 1)
        if self._words:
            yield from (found.span() for found in self._words.finditer(text))

    def _compile(self) -> None:
        known = {**self._lasting, **self._passing}
        forms = {form for value, all_ in known.items() if len(value) >= _SHORTEST for form in all_}
        self._spellings = sorted(forms)
        short = sorted(re.escape(value) for value in known if len(value) < _SHORTEST)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(short)})(?!\w)") if short else None


def spellings(secret: str) -> frozenset[str]:
    """Return the forms in which `secret` may appear: plain, URL, JSON, repr, HTML and base64."""
    raw = secret.encode("utf-8", "surrogatepass")
    plain = {
        secret,
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        quote(raw, safe="").lower(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        repr(secret)[1:-1],
        repr(raw)[2:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        raw.hex(),
    }
    return frozenset(form for form in {*plain, *_base64(raw)} if len(form) >= _SHORTEST)


def _base64(raw: bytes) -> Iterator[str]:
    # In base64 of a longer text the secret starts at one of three bit offsets; characters that
    # also depend on its neighbours are left out.
    for offset, skip in enumerate((0, 2, 3)):
        padded = bytes(offset) + raw
        partial = len(padded) % 3
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(padded).decode().rstrip("=")
            yield text[skip : len(text) - 1 if partial else None]
            if not offset:
                yield text


_CREDENTIALS = re.compile(
    r"""(?ix)
    (?P<keep>
        \b(?:proxy-)?authorization["']?\s*[:=,]\s*[\[(]?\s*(?:b?["'])?(?:(?:basic|bearer|token)\s+)?
      | \b(?:basic|bearer)\s+(?=[\w.~+/=-]{8})
      | \b(?:set-)?cookie["']?\s*[:=,]\s*(?:b?["'])?
      | \b(?:x-)?api[-_]?key["']?\s*[:=,]\s*(?:b?["'])?
      | \b(?:access_token|refresh_token|id_token|client_secret|client_assertion|password
           |x-amz-signature|x-amz-security-token|signature|token|secret)
        (?:=|["']\s*[:=]\s*)(?:b?["'])?
      | \b\w{1,20}://[^\s/:@]{1,200}:(?=[^\s/@]{1,200}@)
    )
    [^\s"'&,;)\]}@]{1,8192}
    """
)
"""What is a credential wherever it stands, known or not."""

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return `text` with control, direction and surrogate characters escaped: one line, no tricks.

    A title may hold a line break that forges a log line, or an escape sequence for the terminal.
    """
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_known = Registry()


def register(secret: Secret | str, *, lasting: bool = True) -> None:
    """Make `secret` known to `redact`, for the life of the process unless it is not lasting."""
    _known.add(secret, lasting=lasting)


def redact(text: str) -> str:
    """Return `text` without known secrets and without anything that looks like a credential."""
    # Both are looked for in the text as it is: a secret that is the word `token` must not hide that
    # something else is one, and one that holds a comma does not end there.
    spans = [(found.end("keep"), found.end()) for found in _CREDENTIALS.finditer(text)]
    spans += _known.spans(text)
    return _masked(text, sorted(spans)) if spans else text


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    """Return a text with a mask for each of some spans in order, and for all that overlap."""
    done, end = [], 0
    for start, stop in spans:
        if start >= end:
            done += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*done, text[end:]])


STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every log record has; the rest are fields that somebody gave it."""


class RedactingFilter(logging.Filter):
    """Redacts the records that pass: put it on every handler.

    Message and arguments become one redacted, printable string; the traceback becomes text;
    `extra` fields are redacted at any depth.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = printable(redact(_message(record))), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name in vars(record).keys() - STANDARD_FIELDS:
            setattr(record, name, _clean(getattr(record, name)))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # logging would print the arguments to stderr, unredacted.
        return f"{record.msg} (its arguments do not fit)"


def _clean(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return printable(redact(value))
        case Mapping():
            return {_clean(key): _clean(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(inner) for inner in value]
        case _:
            return printable(redact(str(value)))


def protect(handler: logging.Handler) -> logging.Handler:
    """Return `handler` with a `RedactingFilter` on it."""
    handler.addFilter(RedactingFilter())
    return handler


__all__ = [
    "MASK",
    "STANDARD_FIELDS",
    "RedactingFilter",
    "Registry",
    "printable",
    "protect",
    "redact",
    "register",
    "spellings",
]
