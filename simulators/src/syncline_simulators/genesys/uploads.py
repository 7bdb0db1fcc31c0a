"""Addresses to which files for jobs may be PUT."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from .errors import invalid_value
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import integer, members, needed, one_of, text

_FORBIDDEN = re.compile(r"[\s\\{^}%`\]\">\[~<#|]")


def file_name(value: Any, path: str) -> str:
    """The name of a file: no white space, none of ``\\ { ^ } % ` ] " > [ ~ < # |``, no dot in
    front, no slash behind."""
    name = str(text(most=255, blank=False)(value, path))
    if _FORBIDDEN.search(name) or name.startswith(".") or name.endswith("/"):
        raise invalid_value(path, "the file name has characters that are not allowed")
    return name


REQUEST = members(
    fileName=needed(file_name),
    contentMd5=text(),
    signedUrlTimeoutSeconds=integer(1, 604_800),
    contentType=text(most=255),
    serverSideEncryption=one_of("AES256"),
)
"""`UploadUrlRequest`."""


def headers(body: dict[str, Any]) -> dict[str, str]:
    """What the PUT has to carry, exactly."""
    found = {"x-amz-meta-organizationid": "simulated"}
    if body.get("contentType"):
        found["Content-Type"] = body["contentType"]
    if body.get("contentMd5"):
        found["Content-MD5"] = body["contentMd5"]
    if body.get("serverSideEncryption"):
        found["x-amz-server-side-encryption"] = body["serverSideEncryption"]
    return found


def create_upload(org: Organization, call: Call) -> dict[str, Any]:
    """POST: `url`, `uploadKey` and the headers that the PUT has to carry."""
    valid = timedelta(seconds=call.body.get("signedUrlTimeoutSeconds", 600))
    upload, path = org.storage.upload(
        call.body["fileName"], valid=valid, headers=headers(call.body)
    )
    return {"url": call.files + path, "uploadKey": upload.key, "headers": dict(upload.headers)}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v2/knowledge/documentuploads",
        create_upload,
        ["knowledge:document:upload"],
        REQUEST,
    ),
)
"""The operation that begins an upload."""
