"""Who may call: accounts, groups, API tokens and OAuth 2.0."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

import attrs

from ..kernel import Ids, SimClock

ACCESS_LIFE = 3600.0
"""Seconds that an OAuth access token lives."""
REUSE_LEEWAY = 600.0
"""Seconds during which a rotated refresh token still works."""
REFRESH_LIFE = 90 * 86400.0

GRANULAR = frozenset(
    [
        "read:page:confluence",
        "write:page:confluence",
        "delete:page:confluence",
        "read:space:confluence",
        "read:hierarchical-content:confluence",
        "read:content.property:confluence",
        "write:content.property:confluence",
        "read:attachment:confluence",
        "write:attachment:confluence",
        "delete:attachment:confluence",
        "read:label:confluence",
        "write:label:confluence",
        "search:confluence",
        "read:content-details:confluence",
        "read:content.permission:confluence",
        "read:folder:confluence",
        "read:user:confluence",
        "read:content.metadata:confluence",
    ]
)
CLASSIC = frozenset(
    [
        "read:confluence-content.all",
        "write:confluence-content",
        "read:confluence-space.summary",
        "read:confluence-props",
        "write:confluence-props",
        "write:confluence-file",
        "readonly:content.attachment:confluence",
        "read:confluence-content.summary",
        "search:confluence",
        "read:confluence-content.permission",
        "read:confluence-user",
        "offline_access",
    ]
)
ALL_SCOPES = GRANULAR | CLASSIC


@attrs.define(kw_only=True, eq=False)
class Account:
    """A person or a technical user."""

    id: str
    name: str
    email: str
    groups: set[str] = attrs.field(factory=set)
    admin: bool = False
    """Confluence administrator: may check the permissions of others; sees no more than others."""
    time_zone: str = "UTC"


@attrs.frozen(kw_only=True)
class Group:
    """A group of accounts."""

    id: str
    name: str


@attrs.frozen(kw_only=True)
class Session:
    """One accepted credential."""

    account: Account
    name: str
    """What the call log shows."""
    gateway: bool
    """Accepted behind the API gateway only; otherwise on the site's own address only."""
    scopes: frozenset[str] | None = None
    """`None`: everything that the account may do."""


@attrs.define(kw_only=True)
class _Refresh:
    session: Session
    born: float
    used: float | None = None


class Directory:
    """All accounts, groups and credentials of the site."""

    def __init__(self, ids: Ids, clock: SimClock) -> None:
        self._ids = ids
        self._clock = clock
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, Group] = {}
        self._basic: dict[tuple[str, str], Session] = {}
        self._access: dict[str, tuple[Session, float]] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, Session] = {}
        self.clients: dict[str, tuple[str, Account]] = {}
        """OAuth client id to its secret and the account that consented."""
        self.scopes = ALL_SCOPES
        """What scoped tokens and new OAuth grants may do."""
        self.revoked = False
        """Whether every API token is refused, as when an administrator revoked it."""

    def add_group(self, name: str) -> Group:
        """The group of this name, made when it is new."""
        if name not in self.groups:
            self.groups[name] = Group(id=self._ids.uuid(), name=name)
        return self.groups[name]

    def add_account(
        self, name: str, email: str, groups: Iterable[str], *, admin: bool = False
    ) -> Account:
        """A new account in these groups."""
        ids = {self.add_group(group).id for group in groups}
        account_id = f"557058:{self._ids.uuid()}"
        account = Account(id=account_id, name=name, email=email, groups=ids, admin=admin)
        self.accounts[account.id] = account
        return account

    def add_token(self, account: Account, *, scoped: bool = False) -> str:
        """A new API token of this account, with scopes (for the gateway) or without."""
        token = self._ids.token("ATATT3xFf")
        name = f"{account.email} (scoped)" if scoped else account.email
        session = Session(account=account, name=name, gateway=scoped)
        self._basic[account.email, token] = session
        return token

    def add_client(self, account: Account) -> tuple[str, str, str]:
        """A new OAuth client to which this account consented: id, secret, first refresh token."""
        client, secret = self._ids.token()[:32], self._ids.token("ATOA")
        self.clients[client] = (secret, account)
        return client, secret, self._new_refresh(self.grant(client))

    def grant(self, client: str) -> Session:
        """What a token of this client is good for."""
        account = self.clients[client][1]
        name = f"oauth:{client[:8]}:{account.email}"
        return Session(account=account, name=name, gateway=True, scopes=self.scopes)

    def new_code(self, client: str) -> str:
        """An authorization code, good for one exchange."""
        code = self._ids.token("code")
        self._codes[code] = self.grant(client)
        return code

    def redeem(self, code: str) -> tuple[str, str] | None:
        """Access and refresh token for a code, or `None` when it is not good."""
        session = self._codes.pop(code, None)
        return None if session is None else self._pair(session)

    def refresh(self, token: str) -> tuple[str, str] | None:
        """A new access token and a new refresh token, or `None` when this one is not good.

        Refresh tokens rotate: the used one works for ten more minutes, then never again.
        """
        now = self._clock.elapsed()
        found = self._refresh.get(token)
        if found is None or now > found.born + REFRESH_LIFE:
            return None
        if found.used is not None and now > found.used + REUSE_LEEWAY:
            return None
        found.used = now if found.used is None else found.used
        return self._pair(found.session)

    def _pair(self, session: Session) -> tuple[str, str]:
        access = self._ids.token("eyJ")
        self._access[access] = (session, self._clock.elapsed() + ACCESS_LIFE)
        return access, self._new_refresh(session)

    def _new_refresh(self, session: Session) -> str:
        token = self._ids.token("eyJr")
        self._refresh[token] = _Refresh(session=session, born=self._clock.elapsed())
        return token

    def expire_access(self) -> None:
        """Make every OAuth access token invalid."""
        self._access.clear()

    def session(self, header: str | None) -> Session | None:
        """Who an `Authorization` header speaks for, or `None` when it is not good."""
        kind, _, value = (header or "").partition(" ")
        match kind.lower():
            case "basic" if not self.revoked:
                return self._basic_session(value)
            case "bearer":
                session, end = self._access.get(value, (None, 0.0))
                return session if self._clock.elapsed() < end else None
            case _:
                return None

    def _basic_session(self, value: str) -> Session | None:
        try:
            email, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        session = self._basic.get((email, token))
        if session is not None and session.gateway:
            return attrs.evolve(session, scopes=self.scopes)
        return session

    def by_name(self, name: str) -> Account | Group | None:
        """The account with this id or e-mail address, or the group with this id or name."""
        for account in self.accounts.values():
            if name in (account.id, account.email):
                return account
        for group in self.groups.values():
            if name in (group.id, group.name):
                return group
        return None
