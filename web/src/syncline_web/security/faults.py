"""Whatever goes wrong inside: told in the log, under a number that the page shows."""

from __future__ import annotations

import logging
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..access.messages import message

logger = logging.getLogger(__name__)


class Faults:
    """Answers for what no page has foreseen; nothing of the error leaves the process."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(sent: Message) -> None:
            nonlocal begun
            begun = begun or sent["type"] == "http.response.start"
            await send(sent)

        try:
            await self._app(scope, receive, noting)
        except Exception:  # the last one who can still answer
            number = secrets.token_hex(4)
            path = scope.get("path", "")
            logger.exception("a page could not be made", extra={"fault": number, "path": path})
            if begun or scope["type"] != "http":
                return
            said = (
                f"Nothing was done. The log of the service tells more, under the number {number}."
            )
            await message(scope, 500, "Something is broken", said)(scope, receive, send)


__all__ = ["Faults"]
