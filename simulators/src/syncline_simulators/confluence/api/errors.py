"""Error bodies of the three families of endpoints."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import JSONResponse, Response

from ..refusal import Refusal

Family = Literal["v1", "v2", "gateway"]

_EXCEPTIONS = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "PermissionException",
    404: "NotFoundException",
    409: "ConflictException",
    410: "GoneException",
}


def refused(family: Family, refusal: Refusal) -> Response:
    """The answer of this family to something refused."""
    return JSONResponse(error_body(family, refusal), refusal.status)


def error_body(family: Family, refusal: Refusal) -> dict[str, Any]:
    """v2 and gateway bodies as captured; the v1 body as its description and captures have it."""
    status, text = refusal.status, refusal.text
    match family:
        case "v2":
            error = {"status": status, "code": refusal.code, "title": text, "detail": None}
            return {"errors": [error]}
        case "v1":
            message = {"key": text, "translation": text, "args": []}
            name = _EXCEPTIONS.get(status, "ServiceException")
            return {
                "statusCode": status,
                "data": {
                    "authorized": status not in (401, 403),
                    "valid": status != 400,
                    "errors": [{"message": message}] if status == 400 else [],
                    "successful": False,
                },
                "message": f"com.atlassian.confluence.api.service.exceptions.{name}: {text}",
            }
        case "gateway":
            return {"code": status, "message": text}
