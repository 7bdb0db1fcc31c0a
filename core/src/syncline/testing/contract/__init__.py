"""The contract that every store keeps, as a base class for a connector's tests.

    class TestMyStore(StoreContract):
        @pytest.fixture
        async def store(self) -> AsyncIterator[Store]: ...

        @pytest.fixture
        def person(self, ...) -> Person: ...

Each test starts from a store without any item. What a store does not claim (`Capability`) and what
the person of the test cannot do is skipped, with the reason.
"""

from __future__ import annotations

import pytest

from ...ports import Capability, Store
from .listing import ExposureContract, ListingContract
from .person import Person
from .writing import WritingContract


class StoreContract(ListingContract, ExposureContract, WritingContract):
    """Give it the fixtures `store` (empty, and closed afterwards) and `person`; see `Person`."""

    pytestmark = pytest.mark.asyncio

    async def test_it_is_a_store_with_known_fields(self, store: Store) -> None:
        assert isinstance(store, Store)
        assert {"title", "body"} <= store.fields
        assert Capability.DELETE not in store.capabilities or (
            Capability.WRITE in store.capabilities
        )


__all__ = ["Person", "StoreContract"]
