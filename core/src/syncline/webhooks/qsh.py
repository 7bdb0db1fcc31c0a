"""Atlassian's query string hash: the claim of a token that binds it to one request.

`qsh` is the SHA-256 of `METHOD&path&query` in canonical form (Atlassian Connect, "Query string
hash"): the method in upper case; the path below the app's base URL, without a slash at its end and
with `&` as `%26`; the parameters percent-encoded as RFC 3986 has it, sorted by name, several values
of one name sorted and joined by commas. The parameter `jwt` is left out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from urllib.parse import quote, unquote_plus

from ..errors import Forbidden
from .signatures import sent


def check_qsh(claim: object, method: str, path: str, query: str) -> None:
    """Accept a claim that was made for this request.

    Raises:
        Forbidden: there is none, or it was made for another one.
    """
    expected = query_string_hash(method, path, query)
    if not isinstance(claim, str) or not hmac.compare_digest(sent(claim), expected.encode()):
        raise Forbidden("qsh is that of another request, or there is none")


def query_string_hash(method: str, path: str, query: str) -> str:
    """Return the claim for a request, in lower-case hex."""
    return hashlib.sha256(canonical_request(method, path, query).encode()).hexdigest()


def canonical_request(method: str, path: str, query: str) -> str:
    """Return `METHOD&path&query` in canonical form; path and query are as sent, still encoded."""
    return f"{method.upper()}&{_path(path)}&{_query(query)}"


def _path(path: str) -> str:
    return ("/" + path.strip("/") if path.strip("/") else "/").replace("&", "%26")


def _query(query: str) -> str:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if part and unquote_plus(name) != "jwt":
            values[_encoded(name)].append(_encoded(value))
    return "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))


def _encoded(text: str) -> str:
    # A plus is a space in what browsers send; what is not UTF-8 keeps one spelling all the same.
    return quote(unquote_plus(text, errors="surrogateescape"), safe="~", errors="surrogateescape")


__all__ = ["canonical_request", "check_qsh", "query_string_hash"]
