"""The secrets that a sender may sign with: the current one, and the one before while it changes."""

from __future__ import annotations

from attrs import frozen

from ..errors import ConfigError
from ..ports import Secret

SHORTEST = 16
"""Bytes of a secret that nobody guesses (NIST SP 800-107: a key of at least 112 bits)."""


@frozen
class Secrets:
    """What signs deliveries now, and during a rotation also what signed them before."""

    values: tuple[bytes, ...]

    @classmethod
    def of(cls, name: str, *secrets: Secret | None, shortest: int = SHORTEST) -> Secrets:
        """Return the secrets that are given, in UTF-8.

        Raises:
            ConfigError: there is none, or one is short enough to be guessed; `name` is the
                connection that needs it.
        """
        values = tuple(s.reveal().encode("utf-8", "surrogatepass") for s in secrets if s)
        if not values:
            raise ConfigError([f"connections.{name}.webhook: it has no secret to check by"])
        if min(map(len, values)) < shortest:
            said = f"a secret has fewer than {shortest} bytes; set a long random one on both ends"
            raise ConfigError([f"connections.{name}.webhook: {said}"])
        return cls(values)


__all__ = ["SHORTEST", "Secrets"]
