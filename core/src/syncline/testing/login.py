"""A vendor that hands out tokens, for the tests of whoever signs in."""

from __future__ import annotations

import json

from .faulty import Received, reply


class TokenVendor:
    """A login endpoint, and an API that takes only tokens which it gave and has not revoked.

    It answers for a `FaultyServer`: at `/token` both grants, client credentials and refresh tokens
    that change with every use; elsewhere 200, or 401 without a token that is valid.
    """

    def __init__(self) -> None:
        self.given = 0
        """How many tokens."""
        self.valid: set[str] = set()
        self.refresh = "refresh-token-0"
        """The refresh token that may be used next."""
        self.life: object = 1000
        """What it says of the seconds that a token lives."""
        self.logins: list[Received] = []
        self.refusal: bytes | None = None
        """What every login is refused with."""

    def __call__(self, request: Received) -> bytes:
        if request.target == "/token":
            return self.login(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.valid:
            return reply(200, b"{}")
        return reply(401, b'{"code": "bad.credentials"}', "ININ-Correlation-Id: 0b-1c")

    def login(self, request: Received) -> bytes:
        """Answer a request for a token."""
        self.logins.append(request)
        if self.refusal is not None:
            return reply(400, self.refusal)
        if request.headers["content-type"] == "application/json":
            if json.loads(request.body)["refresh_token"] != self.refresh:
                return reply(403, b'{"error": "invalid_grant"}')
            self.refresh = f"refresh-token-{self.given + 1}"
        self.given += 1
        token = f"access-token-{self.given}"
        self.valid.add(token)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self.life}
        return reply(200, json.dumps({**answer, "refresh_token": self.refresh}).encode())


__all__ = ["TokenVendor"]
