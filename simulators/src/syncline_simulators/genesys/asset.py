"""A response asset: a file, such as an article's image, that the organisation serves itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from attrs import define, field

from .errors import not_found
from .order import Ordered

SCAN = timedelta(milliseconds=40)
"""How long an asset stays `InProgress` after its bytes have arrived."""


@define(kw_only=True)
class Asset:
    """One asset, from the moment when its upload was announced."""

    id: str
    name: str
    division: str
    created: datetime
    content_type: str = "application/octet-stream"
    length: int = 0
    path: str = ""
    arrived: datetime | None = None
    error: tuple[str, str] | None = None
    """Code and message of the refusal."""

    def status(self, now: datetime) -> str:
        """`InProgress`, `Uploaded` or `Failed`."""
        if self.error is not None:
            return "Failed"
        return "Uploaded" if self.arrived and now >= self.arrived + SCAN else "InProgress"


@define
class Assets:
    """The organisation's assets, by id and by name."""

    _assets: dict[str, Asset] = field(factory=dict)
    _names: Ordered = field(factory=Ordered)

    def __len__(self) -> int:
        """How many are stored: announced ones do not count."""
        return len(self._names)

    def announce(self, asset: Asset) -> None:
        """Keep one whose bytes have still to arrive."""
        self._assets[asset.id] = asset

    def store(self, asset: Asset) -> None:
        """Count and list one whose bytes have arrived."""
        self._names.add((asset.name, asset.id))

    def get(self, asset_id: str) -> Asset:
        """The one with this id.

        Raises:
            Refusal: 404.
        """
        found = self._assets.get(asset_id)
        if found is None:
            raise not_found("response asset", asset_id)
        return found

    def starting(self, prefix: str) -> Iterator[Asset]:
        """The stored ones whose names begin so, by name."""
        keys = self._names.after((prefix, ""))
        found = takewhile(lambda key: str(key[0]).startswith(prefix), keys)
        return (self._assets[str(key[1])] for key in found)
