"""What the wiki says no to, before it is put into the words of one API family."""

from __future__ import annotations


class Refusal(Exception):
    """An operation that Confluence refuses: HTTP status, v2 error code and text."""

    def __init__(self, status: int, code: str, text: str) -> None:
        self.status = status
        self.code = code
        self.text = text
        super().__init__(text)


def invalid(text: str) -> Refusal:
    """400: a parameter, a field or a body cannot be accepted."""
    return Refusal(400, "INVALID_REQUEST_PARAMETER", text)


def missing(what: str = "Not Found") -> Refusal:
    """404: there is no such thing, or the caller must not know of it."""
    return Refusal(404, "NOT_FOUND", what)


def conflict(text: str) -> Refusal:
    """409: someone was there first."""
    return Refusal(409, "CONFLICT", text)


def forbidden(text: str) -> Refusal:
    """403: the caller is known and may not."""
    return Refusal(403, "FORBIDDEN", text)
