"""Who may come in: keys, sessions, the one-time address, and the proxy's word."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from typing import Protocol

from attrs import field, frozen
from starlette.types import Scope

from syncline.config import Config
from syncline.config.service import Access, Role
from syncline.errors import ConfigError
from syncline.ports import Clock
from syncline.state.port import StateStore

from ..intake.sources import Sources
from ..security.requests import cookie_name, cookies, header
from . import proxy
from .address import OneTimeAddress
from .attempts import Attempts
from .keys import LONGEST, Key, Keys, digest, keys_of
from .person import Person
from .sessions import Session, Sessions

logger = logging.getLogger(__name__)

LOCAL = Person(name="local", standing=Role.OPERATOR, way="address")
"""Whoever opened the one-time address: they can read the terminal of this process."""


class Runner(Protocol):
    """What the door needs of a runner."""

    @property
    def config(self) -> Config:
        """The current configuration; another object when it has been reloaded."""
        ...

    @property
    def state(self) -> StateStore: ...

    @property
    def clock(self) -> Clock: ...


@frozen(kw_only=True)
class Visitor:
    """Somebody who is in."""

    person: Person
    csrf: str | None = field(repr=False)
    """What their forms must send back; None for a script, which no page of others can steer."""


class TooMany(Exception):
    """This source was wrong about tokens too often."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many wrong tokens")
        self.seconds = seconds


class Wrong(Exception):
    """The token is none of ours."""


class Door:
    """Decides who somebody is. It follows the configuration of its runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._keys: Keys | None = None
        self._config: Config | None = None
        self._pepper = secrets.token_bytes(32)
        self.sessions = Sessions(runner.clock.monotonic)
        self.attempts = Attempts(runner.clock.monotonic)
        self.address = OneTimeAddress()

    @property
    def access(self) -> Access:
        """The current settings."""
        return self._runner.config.service.access

    @property
    def https(self) -> bool:
        """True when readers speak https in any case."""
        service = self._runner.config.service
        return service.https or service.certificate is not None

    async def open(self) -> None:
        """Look up the tokens of the configuration.

        Raises:
            ConfigError: one cannot be used.
        """
        keys = await self.keys()
        if keys.problems:
            raise ConfigError(list(keys.problems))

    async def keys(self) -> Keys:
        """Return the keys of the current configuration, looked up once for each."""
        config = self._runner.config
        if self._keys is None or self._config is not config:
            keys = await keys_of(config, self._runner.state, self._runner.clock)
            for problem in keys.problems:
                logger.error("a token lets nobody in", extra={"problem": problem})
            self._keys, self._config = keys, config
        return self._keys

    async def visitor(self, scope: Scope, *, secure: bool) -> Visitor | None:
        """Return who sends a request; None for a stranger.

        Raises:
            TooMany, Wrong: a script came with a wrong token.
            Ambiguous: the proxy's header is not to be believed.
        """
        keys = await self.keys()
        authorization = header(scope, b"authorization")
        if authorization and authorization[:7].lower() == "bearer ":
            key = self.try_token(keys, authorization[7:].strip(), self.source(scope))
            return Visitor(person=key.person, csrf=None)
        if keys.access.proxy and (person := proxy.person_of(keys.access.proxy, scope)):
            return Visitor(person=person, csrf=self._csrf_of(person))
        for cookie in cookies(scope, cookie_name(scope, secure=secure)):
            session = self.sessions.find(cookie)
            if session and (found := self._still(keys, session)):
                return Visitor(person=found, csrf=session.csrf)
        return None

    def try_token(self, keys: Keys, token: str, source: str) -> Key:
        """Return the key that a token is.

        Raises:
            TooMany: the source has been wrong too often, right or not this time.
            Wrong: it is none.
        """
        if wait := self.attempts.wait(source):
            raise TooMany(wait)
        key = keys.find(token) if len(token) <= LONGEST else None
        if key is None:
            self.attempts.wrong(source)
            logger.warning("a wrong token was tried", extra={"source": source})
            raise Wrong
        return key

    def log_in(self, key: Key) -> str:
        """Return the cookie of a new session."""
        logger.info("a person logged in", extra={"person": key.person.name})
        return self.sessions.begin(key.person, key.digest, self.access.session.total_seconds())

    def enter(self, token: str, source: str) -> str:
        """Return the cookie of a session for whoever opened the one-time address.

        Raises:
            TooMany, Wrong: as for any other token; Wrong too once somebody else can enter.
        """
        if wait := self.attempts.wait(source):
            raise TooMany(wait)
        if self.access.configured or len(token) > LONGEST or not self.address.take(token):
            self.attempts.wrong(source)
            raise Wrong
        return self.sessions.begin(LOCAL, b"", self.access.session.total_seconds())

    def source(self, scope: Scope) -> str:
        """Return whom wrong tokens are counted against."""
        behind = self.access.proxy
        return Sources(behind.peers if behind else ()).of(scope)

    def _still(self, keys: Keys, session: Session) -> Person | None:
        """Return the person of a session as the configuration sees them now."""
        if session.person.way == "address":
            return None if keys.access.configured else session.person
        key = keys.at(session.opened_by)
        return key.person if key else None

    def _csrf_of(self, person: Person) -> str:
        """Return what the forms of somebody without a session send back: theirs alone."""
        made = hmac.new(self._pepper, person.name.encode(), hashlib.sha256).digest()
        return digest(made.hex()).hex()


__all__ = ["LOCAL", "Door", "Runner", "TooMany", "Visitor", "Wrong"]
