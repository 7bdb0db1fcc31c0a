"""Presigned files: what is PUT and fetched outside the API, with no token, as on a file store.

Its refusals are XML, as those of the store behind the vendor's API are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..kernel.ids import Ids

KEPT = 16
"""How many uploaded files, and how many files to download, are kept; the oldest go first."""

ANNOUNCED = 10_000
"""How many uploads may be announced at a time."""


@define(kw_only=True)
class Upload:
    """A file that may be, or was, PUT to its address."""

    key: str
    headers: Mapping[str, str]
    """What the PUT must carry, exactly."""
    expires: datetime
    content: bytes | None = None
    on_content: Callable[[bytes], None] | None = None


@define(kw_only=True)
class Storage:
    """The files of the organisation."""

    ids: Ids
    now: Callable[[], datetime]
    _secret: bytes = field(init=False, repr=False)
    _uploads: dict[str, Upload] = field(factory=dict)
    _filled: deque[Upload] = field(factory=deque)
    _downloads: dict[str, Callable[[], bytes]] = field(factory=dict)
    _public: dict[str, tuple[bytes, str]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._secret = self.ids.token().encode()

    def upload(
        self,
        name: str,
        *,
        valid: timedelta,
        headers: Mapping[str, str],
        on_content: Callable[[bytes], None] | None = None,
    ) -> tuple[Upload, str]:
        """A place for a file, and the path to which it may be PUT until `valid` has passed."""
        key = f"{self.ids.uuid()}/{name}"
        expires = self.now() + valid
        upload = Upload(key=key, headers=headers, expires=expires, on_content=on_content)
        self._uploads[key] = upload
        _drop_oldest(self._uploads, ANNOUNCED)
        return upload, self._signed(f"/storage/uploads/{quote(key)}", expires)

    def content(self, key: str) -> bytes | None:
        """What was PUT under this key, if anything was."""
        upload = self._uploads.get(key)
        return upload.content if upload else None

    def download(self, name: str, content: Callable[[], bytes]) -> str:
        """The path, without its signature, under which `content()` can be fetched."""
        path = f"/storage/downloads/{self.ids.uuid()}/{quote(name)}"
        self._downloads[path] = content
        _drop_oldest(self._downloads, KEPT)
        return path

    def link(self, path: str, valid: timedelta = timedelta(minutes=10)) -> str:
        """The path with a signature that holds for so long."""
        return self._signed(path, self.now() + valid)

    def publish(self, path: str, content: bytes, kind: str) -> None:
        """Offer a file to everybody, as contents of response assets are."""
        self._public[path] = (content, kind)

    def _signed(self, path: str, expires: datetime) -> str:
        at = str(int(expires.timestamp()))
        return f"{path}?Expires={at}&Signature={self._signature(path, at)}"

    def _signature(self, path: str, at: str) -> str:
        return hmac.new(self._secret, f"{path}\n{at}".encode(), hashlib.sha256).hexdigest()

    def routes(self) -> list[BaseRoute]:
        """PUT of uploads, GET of downloads and of published files."""
        return [
            Route("/storage/uploads/{key:path}", self._put, methods=["PUT"]),
            Route("/storage/downloads/{key:path}", self._get, methods=["GET"]),
            Route("/storage/assets/{key:path}", self._asset, methods=["GET"]),
        ]

    async def _put(self, request: Request) -> Response:
        upload = self._uploads.get(request.path_params["key"])
        problem = self._problem(request)
        if upload is None or problem is not None:
            return problem or _xml(404, "NoSuchKey", "The specified key does not exist.")
        body = await request.body()
        wrong = _wrong_header(upload, request, body)
        if wrong is not None:
            return _xml(*wrong)
        self._keep(upload, body)
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return Response(status_code=200, headers={"ETag": f'"{etag}"'})

    def _keep(self, upload: Upload, body: bytes) -> None:
        if upload.on_content is not None:
            upload.on_content(body)
            return
        upload.content = body
        self._filled.append(upload)
        if len(self._filled) > KEPT:
            self._filled.popleft().content = None

    async def _get(self, request: Request) -> Response:
        content = self._downloads.get(quote(request.url.path))
        problem = self._problem(request)
        if content is None or problem is not None:
            return problem or _xml(404, "NoSuchKey", "The specified key does not exist.")
        return Response(content(), media_type="application/octet-stream")

    async def _asset(self, request: Request) -> Response:
        found = self._public.get(request.url.path)
        if found is None:
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        return Response(found[0], media_type=found[1])

    def _problem(self, request: Request) -> Response | None:
        if "authorization" in request.headers:
            return _xml(400, "InvalidArgument", "Only one auth mechanism allowed.")
        at = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        path = request.scope["raw_path"].decode("latin-1")
        if not hmac.compare_digest(signature, self._signature(path, at)):
            return _xml(403, "SignatureDoesNotMatch", "The signature does not match.")
        if int(at) < self.now().timestamp():
            return _xml(403, "AccessDenied", "Request has expired")
        return None


def _drop_oldest(files: dict[str, Any], kept: int) -> None:
    if len(files) > kept:
        del files[next(iter(files))]


def _wrong_header(upload: Upload, request: Request, body: bytes) -> tuple[int, str, str] | None:
    for name, value in upload.headers.items():
        if request.headers.get(name) != value:
            return 403, "SignatureDoesNotMatch", f"The header {name} differs from the signed one."
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if upload.headers.get("Content-MD5", digest) != digest:
        return 400, "BadDigest", "The Content-MD5 you specified did not match what we received."
    return None


def _xml(status: int, code: str, message: str) -> Response:
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(text, status_code=status, media_type="application/xml")
