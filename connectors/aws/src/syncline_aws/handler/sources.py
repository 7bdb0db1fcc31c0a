"""Where the configuration comes from: a file of the package, SSM, or AppConfig.

`SYNCLINE_CONFIG` says so: a path (from the folder of the function's code), `ssm:/acme/syncline`, or
`appconfig:application/environment/profile`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from attrs import define
from botocore.exceptions import BotoCoreError, ClientError

from syncline.errors import ConfigError

CONFIG = "SYNCLINE_CONFIG"
DEFAULT = "syncline.toml"
AGAIN = 60.0
"""Seconds between two looks at a parameter; AppConfig says itself how often it may be asked."""

Client = Callable[[str], Any]
"""Returns boto3's client of a service."""


class Source(Protocol):
    """A text that may change while the environment of a function lives."""

    name: str
    """As messages show it."""
    folder: Path
    """Where relative paths of the text begin."""

    def text(self, now: float) -> bytes | None:
        """Return the text; None where it is the one that was returned before.

        Args:
            now: monotonic seconds.

        Raises:
            ConfigError: it cannot be read.
        """
        ...


def root(environ: Mapping[str, str]) -> Path:
    """Return the folder of the function's code."""
    return Path(environ.get("LAMBDA_TASK_ROOT") or Path.cwd())


def source(client: Client, environ: Mapping[str, str] = os.environ) -> Source:
    """Return what `SYNCLINE_CONFIG` names.

    Raises:
        ConfigError: it names nothing.
    """
    value, folder = environ.get(CONFIG) or DEFAULT, root(environ)
    kind, colon, name = value.partition(":")
    match kind if colon else "":
        case "ssm" if name:
            return Parameter(name=value, folder=folder, client=client, parameter=name)
        case "appconfig" if len(parts := name.split("/")) == 3 and all(parts):
            return Profile(name=value, folder=folder, client=client, parts=tuple(parts))
        case "ssm" | "appconfig":
            raise ConfigError(
                [f"{CONFIG}: {value!r} is no 'ssm:/name' and no 'appconfig:application/environment/"
                 "profile'"]
            )  # fmt: skip
        case _:
            path = folder / value
            return File(name=str(path), folder=path.parent, path=path)


@define(kw_only=True)
class File:
    """A file of the package: it is what it is for as long as the environment lives."""

    name: str
    folder: Path
    path: Path
    _read: bool = False

    def text(self, now: float) -> bytes | None:
        if self._read:
            return None
        try:
            found = self.path.read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigError([f"{CONFIG}: {self.path}: cannot be read: {reason}"]) from None
        self._read = True
        return found


@define(kw_only=True)
class Parameter:
    """A parameter of SSM: at most 4 KB, or 8 KB in the advanced tier."""

    name: str
    folder: Path
    client: Client
    parameter: str
    _version: int = -1
    _next: float = float("-inf")

    def text(self, now: float) -> bytes | None:
        if now < self._next:
            return None
        ask = self.client("ssm").get_parameter
        found = _asked(self.name, lambda: ask(Name=self.parameter, WithDecryption=True))
        self._next = now + AGAIN
        if found["Parameter"]["Version"] == self._version:
            return None
        self._version = found["Parameter"]["Version"]
        return str(found["Parameter"]["Value"]).encode()


@define(kw_only=True)
class Profile:
    """A configuration profile of AppConfig, deployed to an environment."""

    name: str
    folder: Path
    client: Client
    parts: tuple[str, ...]
    _known: bytes = b""
    _token: str = ""
    _next: float = float("-inf")

    def text(self, now: float) -> bytes | None:
        if now < self._next:
            return None
        data = self.client("appconfigdata")
        token, self._token = self._token or self._session(data), ""  # each is good for one call
        found = _asked(self.name, lambda: data.get_latest_configuration(ConfigurationToken=token))
        self._token = found["NextPollConfigurationToken"]
        self._next = now + float(found.get("NextPollIntervalInSeconds") or AGAIN)
        # An empty answer says that nothing changed; it is no empty configuration.
        text: bytes = found["Configuration"].read() or self._known
        before, self._known = self._known, text
        return text if text != before else None

    def _session(self, data: Any) -> str:
        application, environment, profile = self.parts
        found = _asked(
            self.name,
            lambda: data.start_configuration_session(
                ApplicationIdentifier=application,
                EnvironmentIdentifier=environment,
                ConfigurationProfileIdentifier=profile,
            ),
        )
        return str(found["InitialConfigurationToken"])


def _asked(name: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return ask()
    except (ClientError, BotoCoreError) as error:
        raise ConfigError([f"{CONFIG}: {name} cannot be read: {error}"]) from error


__all__ = ["CONFIG", "File", "Parameter", "Profile", "Source", "source"]
