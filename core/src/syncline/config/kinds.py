"""What the connections of a file hold, and what none of them lets anybody drive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from ..config_items import Kind
from ..model import RULES
from .connections import Connection
from .faults import nearest


@frozen(kw_only=True)
class Kinds:
    """What the connections of a file hold."""

    connections: Mapping[str, Connection]
    known: frozenset[str]
    _by_connector: dict[str, Mapping[str, Kind]] = field(factory=dict, init=False)

    def of(self, connection: str) -> Mapping[str, Kind] | None:
        """Return the kinds of a connection; None when the connection itself has faults.

        Raises:
            ValueError: there is no such connection, or it holds no configuration objects.
        """
        if connection == RULES:
            raise ValueError(
                f"{RULES!r} is what rules themselves are called; rename the connection"
            )
        if connection not in self.known:
            hint = nearest(connection, self.known, "connections")
            raise ValueError(f"there is no connection {connection!r}; {hint}")
        found = self.connections.get(connection)
        if found is None:
            return None
        connector = found.connector
        if connector.config is None or connector.kinds is None:
            ports = ", ".join(connector.ports) or "nothing"
            raise ValueError(
                f"the connector {connector.name!r} holds no configuration objects;"
                f" it offers: {ports}"
            )
        if connector.name not in self._by_connector:
            self._by_connector[connector.name] = connector.kinds()
        return self._by_connector[connector.name]

    def refusal(self, connection: str, kind: str, path: str | None = None) -> str | None:
        """Return why nobody can drive a kind, or a field of it; None where no reason is known.

        What is refused of a field holds for everything below it.
        """
        found = self.connections.get(connection)
        if found is None or found.connector.refused is None:
            return None
        refused = found.connector.refused()
        if path is None:
            return refused.get(kind)
        above = ("#".join((kind, at)) for at in _upwards(path))
        return next((refused[at] for at in above if at in refused), None)


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and all above it, the nearest first."""
    while path:
        yield path
        path = path.rpartition(".")[0]


__all__ = ["Kinds"]
