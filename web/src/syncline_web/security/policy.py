"""The headers of every answer."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing inline, nothing from elsewhere, no frame around the page."""

_FEATURES = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer"),
    *("microphone", "midi", "payment", "publickey-credentials-get", "usb", "xr-spatial-tracking"),
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Headers:
    """Sets what an answer has not set itself; a frame with a body in it has a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, with_headers)


def _complete(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Referrer-Policy", _referrer(scope))
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = POLICY
        headers.setdefault("X-Frame-Options", "DENY")


def _referrer(scope: Scope) -> str:
    """Return `no-referrer` wherever the browser tells the origin of a form by other means.

    With it a form's `Origin` is `null`, and over plain http beyond loopback there is no
    `Sec-Fetch-Site`: there `same-origin`, which tells other sites as little.
    """
    told = scope.get("state", {}).get("secure", False) or scope.get("state", {}).get("loopback")
    return "no-referrer" if told else "same-origin"


__all__ = ["HEADERS", "POLICY", "Headers"]
