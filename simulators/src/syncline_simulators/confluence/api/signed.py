"""Signed addresses of files on the media host."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..content import Attachment, File
from ..wiki import Wiki

LIFE = 3600
"""Seconds that a signed address works."""


def signed_path(wiki: Wiki, attachment: Attachment, file: File) -> str:
    """Path and query that anyone may fetch this file by for an hour."""
    end = int(wiki.clock.elapsed()) + LIFE
    path = f"/file/{attachment.id}/{file.number}"
    return (
        f"{path}?token={_signature(wiki, path, end)}&expires={end}&name={quote(attachment.title)}"
    )


def _signature(wiki: Wiki, path: str, end: int) -> str:
    key = wiki.cloud_id.encode()
    return hmac.new(key, f"{path}|{end}".encode(), hashlib.sha256).hexdigest()


def media_routes(wiki: Wiki) -> list[Route]:
    """The media host. It refuses requests that carry credentials, which must never reach it."""

    async def serve(request: Request) -> Response:
        if "authorization" in request.headers:
            return _error(400, "Credentials must not be sent to the media host")
        path, query = request.url.path, request.query_params
        end = query.get("expires", "")
        good = end.isdecimal() and hmac.compare_digest(
            query.get("token", ""), _signature(wiki, path, int(end))
        )
        if not good or wiki.clock.elapsed() > int(end):
            return _error(403, "The signature is wrong or has expired")
        found = wiki.attachments.get(request.path_params["id"])
        number = int(request.path_params["number"])
        if found is None or number > len(found.files):
            return _error(404, "There is no such file")
        file = found.files[number - 1]
        return Response(file.content, media_type=file.media_type)

    return [Route("/file/{id}/{number:int}", serve, methods=["GET"])]


def _error(status: int, text: str) -> Response:
    return JSONResponse({"code": status, "message": text}, status)
