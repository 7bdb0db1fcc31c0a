"""Whether a request comes from a page of ours."""

from __future__ import annotations

from starlette.types import Scope

from .hosts import host_of
from .requests import header, headers

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def own(scope: Scope, *, secure: bool) -> bool:
    """Tell whether one of our own pages sent the request.

    Browsers say so in `Sec-Fetch-Site` over https and on loopback, and in `Origin` otherwise;
    whoever says neither is no browser of these years.
    """
    if sites := headers(scope, b"sec-fetch-site"):
        return sites == ["same-origin"]
    scheme = "https" if secure else "http"
    return header(scope, b"origin") == f"{scheme}://{host_of(scope)}"


def from_elsewhere(scope: Scope) -> bool:
    """Tell whether a link on another site was followed: the browser kept our cookie back."""
    site = header(scope, b"sec-fetch-site")
    mode = header(scope, b"sec-fetch-mode")
    return site in ("cross-site", "same-site") and mode in (None, "navigate")


__all__ = ["SAFE", "from_elsewhere", "own"]
