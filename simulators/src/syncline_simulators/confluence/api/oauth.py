"""OAuth 2.0 (3LO) and the ways to find out the cloud id.

The vendor serves these from `auth.atlassian.com`, `api.atlassian.com` and the site; here all of
them are below the simulator's one address, with the same paths.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ..accounts import ACCESS_LIFE
from ..wiki import Wiki


def oauth_routes(wiki: Wiki) -> list[Route]:
    """Authorisation, tokens, the list of sites that a token is for, and the tenant's id."""
    directory = wiki.directory

    async def authorize(request: Request) -> Response:
        query = request.query_params
        target = query.get("redirect_uri", "")
        if query.get("client_id") not in directory.clients or not target:
            return _refused(400, "invalid_request", "client_id or redirect_uri is wrong")
        code = directory.new_code(query["client_id"])
        answer = urlencode({"code": code, "state": query.get("state", "")})
        return RedirectResponse(f"{target}?{answer}", 302)

    async def token(request: Request) -> Response:
        given = _json(await request.body())
        secret = directory.clients.get(str(given.get("client_id")), ("",))[0]
        if not secret or given.get("client_secret") != secret:
            return _refused(401, "access_denied", "Unauthorized")
        match given.get("grant_type"):
            case "refresh_token":
                pair = directory.refresh(str(given.get("refresh_token")))
                problem = ("unauthorized_client", "refresh_token is invalid")
            case "authorization_code":
                pair = directory.redeem(str(given.get("code")))
                problem = ("invalid_grant", "Invalid authorization code")
            case _:
                return _refused(400, "unsupported_grant_type", "grant_type is not supported")
        return _refused(403, *problem) if pair is None else _granted(*pair)

    def _granted(access: str, refresh: str) -> Response:
        body = {
            "access_token": access,
            "expires_in": int(ACCESS_LIFE),
            "token_type": "Bearer",
            "refresh_token": refresh,
            "scope": " ".join(sorted(directory.scopes)),
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def resources(request: Request) -> Response:
        header = request.headers.get("authorization")
        session = directory.session(header)
        if session is None or not (header or "").lower().startswith("bearer"):
            return JSONResponse({"code": 401, "message": "Unauthorized"}, 401)
        site = {
            "id": wiki.cloud_id,
            "url": f"http://{request.headers.get('host', '')}",
            "name": "example",
            "scopes": sorted(session.scopes or ()),
            "avatarUrl": "",
        }
        return JSONResponse([site])

    async def tenant(request: Request) -> Response:
        return JSONResponse({"cloudId": wiki.cloud_id})

    return [
        Route("/authorize", authorize, methods=["GET"]),
        Route("/oauth/token", token, methods=["POST"]),
        Route("/oauth/token/accessible-resources", resources, methods=["GET"]),
        Route("/_edge/tenant_info", tenant, methods=["GET"]),
    ]


def _json(content: bytes) -> dict[str, Any]:
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
