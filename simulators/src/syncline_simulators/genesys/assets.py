"""Response assets: files that the organisation serves itself, such as the images of articles."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from .asset import Asset
from .dates import read, shown
from .errors import invalid_value, not_found
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import integer, listing, members, needed, one_of, text, uuid
from .uploads import file_name, headers

ROOT = "/api/v2/responsemanagement/responseassets"

KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
"""Types by the first bytes of a file."""

CREATE = members(name=needed(file_name), divisionId=uuid, contentMd5=text())
SEARCH = members(
    pageSize=integer(1, 100),
    pageNumber=integer(1),
    sortOrder=one_of("ASC", "DESC"),
    sortBy=text(),
    query=needed(
        listing(
            members(
                type=needed(
                    one_of(
                        "TERM",
                        "TERMS",
                        "STARTS_WITH",
                        "RANGE",
                        "GREATER_THAN_EQUAL_TO",
                        "LESS_THAN_EQUAL_TO",
                        "DATE_RANGE",
                    )
                ),
                fields=listing(text()),
                value=text(),
                values=listing(text()),
                startValue=text(),
                endValue=text(),
            )
        )
    ),
)


def create_upload(org: Organization, call: Call) -> dict[str, Any]:
    """POST: where to PUT the file. A full organisation only tells by the status afterwards."""
    asset = Asset(
        id=org.ids.uuid(),
        name=call.body["name"],
        division=call.body.get("divisionId", org.division),
        created=org.now(),
    )
    _, path = org.storage.upload(
        asset.name,
        valid=timedelta(minutes=10),
        headers=headers(call.body),
        on_content=lambda content: _arrived(org, asset, content),
    )
    org.assets.announce(asset)
    return {"id": asset.id, "url": call.files + path, "headers": headers(call.body)}


def _arrived(org: Organization, asset: Asset, content: bytes) -> None:
    if len(org.assets) >= org.limits["response.management"]["response.assets.max"]:
        message = "The number of response assets has reached its limit."
        asset.error = ("ASSET_COUNT_LIMIT_REACHED", message)
        return
    asset.arrived = org.now()
    asset.length = len(content)
    asset.content_type = _kind(asset.name, content)
    asset.path = f"/storage/assets/{org.id}/{asset.id}/{quote(asset.name)}"
    org.storage.publish(asset.path, content, asset.content_type)
    org.assets.store(asset)


def _kind(name: str, content: bytes) -> str:
    for start, kind in KINDS.items():
        if content.startswith(start):
            return kind
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def get_status(org: Organization, call: Call) -> dict[str, Any]:
    """GET: `InProgress`, `Uploaded` or `Failed` with its reason."""
    asset = org.assets.get(call.ids["asset"])
    error = {}
    if asset.error is not None:
        error = {"errorCode": asset.error[0], "errorMessage": asset.error[1]}
    return {"id": asset.id, "status": asset.status(call.now), **error}


def asset_view(org: Organization, call: Call, asset: Asset) -> dict[str, Any]:
    """`ResponseAsset`; `contentLocation` is where everybody finds the file."""
    return {
        "id": asset.id,
        "name": asset.name,
        "division": {"id": asset.division, "name": "Home", "selfUri": ""},
        "contentLength": asset.length,
        "contentLocation": call.files + asset.path,
        "contentType": asset.content_type,
        "dateCreated": shown(asset.created),
        "selfUri": f"{ROOT}/{asset.id}",
    }


def get_asset(org: Organization, call: Call) -> dict[str, Any]:
    """GET: one that was uploaded."""
    asset = org.assets.get(call.ids["asset"])
    if asset.status(call.now) != "Uploaded":
        raise not_found("response asset", asset.id)
    return asset_view(org, call, asset)


def search_assets(org: Organization, call: Call) -> dict[str, Any]:
    """POST: the assets that match all filters, by page number."""
    filters = call.body["query"]
    found = [
        asset
        for asset in org.assets.starting(_prefix(filters))
        if asset.status(call.now) == "Uploaded" and all(_matches(asset, one) for one in filters)
    ]
    if call.body.get("sortOrder") == "DESC":
        found.reverse()
    size, page = call.body.get("pageSize", 25), call.body.get("pageNumber", 1)
    return {
        "total": len(found),
        "pageCount": -(-len(found) // size),
        "pageSize": size,
        "pageNumber": page,
        "results": [asset_view(org, call, one) for one in found[(page - 1) * size : page * size]],
    }


def _prefix(filters: Sequence[Mapping[str, Any]]) -> str:
    """What all names that can match begin with: spares looking at the others."""
    for one in filters:
        if one.get("fields") == ["name"] and one["type"] in ("TERM", "STARTS_WITH"):
            return str(one.get("value", ""))
    return ""


def _matches(asset: Asset, one: Mapping[str, Any]) -> bool:
    return any(_field_matches(asset, one, name) for name in one.get("fields", ()))


def _field_matches(asset: Asset, one: Mapping[str, Any], name: str) -> bool:
    texts = {"name": asset.name, "divisionId": asset.division, "contentType": asset.content_type}
    match one["type"], name:
        case "TERM", "name" | "divisionId" | "contentType":
            return texts[name] == one.get("value")
        case "TERMS", "name" | "divisionId" | "contentType":
            return texts[name] in one.get("values", ())
        case "STARTS_WITH", "name" | "contentType":
            return texts[name].startswith(one.get("value", ""))
        case "RANGE", "contentLength":
            return _number(one, "startValue") <= asset.length <= _number(one, "endValue")
        case "GREATER_THAN_EQUAL_TO", "contentLength":
            return asset.length >= _number(one, "value")
        case "LESS_THAN_EQUAL_TO", "contentLength":
            return asset.length <= _number(one, "value")
        case "DATE_RANGE", "dateCreated":
            start, end = one.get("startValue", ""), one.get("endValue", "")
            return read(start, "startValue") <= asset.created <= read(end, "endValue")
        case kind, _:
            raise invalid_value("query", f"{kind} cannot be applied to {name!r}")


def _number(one: Mapping[str, Any], name: str) -> int:
    text_of = one.get(name, "")
    if not text_of.isdigit():
        raise invalid_value(name, "a number is expected")
    return int(text_of)


_VIEW = ["responseAssets:asset:view"]

ENDPOINTS = (
    Endpoint("POST", f"{ROOT}/search", search_assets, _VIEW, SEARCH),
    Endpoint("POST", f"{ROOT}/uploads", create_upload, ["responseAssets:asset:add"], CREATE),
    Endpoint("GET", f"{ROOT}/status/{{asset}}", get_status, _VIEW),
    Endpoint("GET", f"{ROOT}/{{asset}}", get_asset, _VIEW),
)
"""The operations on response assets."""
