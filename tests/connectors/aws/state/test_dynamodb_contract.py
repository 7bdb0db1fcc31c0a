"""DynamoDB keeps the contract of a state, of its leases and of what is shared, as SQLite does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncline.state import StateStore
from syncline.testing.lease_contract import LeaseStoreContract
from syncline.testing.shared_contract import SharedContract
from syncline.testing.state_contract import StateStoreContract
from syncline_aws.state import DynamoState


class TestDynamoDb(StateStoreContract, LeaseStoreContract, SharedContract):
    """On moto's server, over HTTP."""

    @pytest.fixture
    def open_state(self, open_dynamo: Callable[[], DynamoState]) -> Callable[[], StateStore]:
        return open_dynamo

    @pytest.fixture
    def state(self, open_state: Callable[[], StateStore]) -> StateStore:
        return open_state()
