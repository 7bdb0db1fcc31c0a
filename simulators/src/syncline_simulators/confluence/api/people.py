"""Users of REST v1 and v2."""

from __future__ import annotations

from typing import Any

from ..accounts import Account
from ..refusal import invalid
from . import shapes_v1
from .ask import Ask, fields
from .endpoint import Endpoint, get, write

READ = "read:confluence-user read:user:confluence read:content-details:confluence"


def _current(ask: Ask) -> dict[str, Any]:
    return shapes_v1.user(ask.who)


def _by_me(ask: Ask) -> dict[str, Any]:
    """The endpoint that looks as if it were there and answers 400 [capture]."""
    raise invalid("Provided value {by-me} for 'id' is not the correct type")


def _bulk(ask: Ask) -> dict[str, Any]:
    ids = fields(ask.json, {"accountIds": list}, {})["accountIds"]
    if not 1 <= len(ids) <= 250 or not all(isinstance(one, str) for one in ids):
        raise invalid("The field 'accountIds' takes 1 to 250 ids")
    known = [ask.wiki.directory.accounts[one] for one in ids if one in ask.wiki.directory.accounts]
    return {"results": [_user(one) for one in known], "_links": {"base": ask.base}}


def _user(account: Account) -> dict[str, Any]:
    return {
        "displayName": account.name,
        "timeZone": account.time_zone,
        "isExternalCollaborator": False,
        "accountStatus": "active",
        "accountId": account.id,
        "email": account.email,
        "accountType": "atlassian",
        "publicName": account.name,
        "profilePicture": {"path": "/wiki/aa-avatar", "isDefault": True},
    }


ENDPOINTS: tuple[Endpoint, ...] = (
    get("/rest/api/user/current", _current, READ, "expand"),
    get("/api/v2/user/by-me", _by_me, READ),
    write("POST", "/api/v2/users-bulk", _bulk, READ),
)
