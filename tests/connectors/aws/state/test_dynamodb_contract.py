"""DynamoDB keeps the contract of a state and of its leases, as SQLite does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncline.state import StateStore
from syncline.testing.lease_contract import LeaseStoreContract
from syncline.testing.state_contract import StateStoreContract
from syncline_aws.state import DynamoState


class TestDynamoDb(StateStoreContract, LeaseStoreContract):
    """On moto's server, over HTTP."""

    @pytest.fixture
    def open_state(self, open_dynamo: Callable[[], DynamoState]) -> Callable[[], StateStore]:
        return open_dynamo

    @pytest.fixture
    def state(self, open_state: Callable[[], StateStore]) -> StateStore:
        return open_state()
