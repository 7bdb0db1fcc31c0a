"""What a token may learn about itself: its organisation, its client, its end."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from .dates import shown
from .errors import bad_request
from .organization import Organization
from .serving import Call, Endpoint, correlation


def get_token(org: Organization, call: Call) -> dict[str, Any]:
    """GET: `TokenInfo`; HEAD only says that the token is in force."""
    me = {"id": org.id, "name": org.name}
    return {
        "organization": me,
        "homeOrganization": me,
        "authorizedScope": [],
        "OAuthClient": {
            "id": call.client.id,
            "name": call.client.name,
            "authorizedGrantType": "CLIENT-CREDENTIALS",
            "organization": me,
        },
        "dateTokenIdles": shown(call.token.expires),
    }


def delete_token(org: Organization, call: Call) -> Response:
    """DELETE: ends the token that asks."""
    org.clients.revoke(call.token)
    channels = org.notifications.channels.of(call.client.id)
    org.notifications.revoked([one for one in channels if one.token == call.token.text])
    return Response(status_code=200, headers=correlation())


def get_organization(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the organisation of the token."""
    return {
        "id": org.id,
        "name": org.name,
        "defaultLanguage": "en-us",
        "defaultCountryCode": "US",
        "thirdPartyOrgName": "simulated",
        "domain": "simulated",
        "version": 1,
        "state": "active",
        "productPlatform": "PureCloud",
        "features": {"chat": True},
        "selfUri": f"/api/v2/organizations/{org.id}",
    }


def get_user(org: Organization, call: Call) -> dict[str, Any]:
    """GET: refused; a client-credentials token stands for no user."""
    raise bad_request(
        "This request requires a user context. Client credentials cannot be used for requests to"
        " this resource."
    )


ENDPOINTS = (
    Endpoint("GET", "/api/v2/tokens/me", get_token),
    Endpoint("DELETE", "/api/v2/tokens/me", delete_token),
    Endpoint("GET", "/api/v2/organizations/me", get_organization),
    Endpoint("GET", "/api/v2/users/me", get_user),
)
"""The operations on the caller."""
