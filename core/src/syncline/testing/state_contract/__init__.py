"""The contract of a place that remembers, as a base class for its tests.

    class TestMyState(StateStoreContract, LeaseStoreContract):
        @pytest.fixture
        def state(self, ...) -> StateStore: ...

        @pytest.fixture
        def open_state(self, ...) -> Callable[[], StateStore]: ...

`state` is empty. `open_state` opens the same place once more, as another process would; what it
opens is closed by the fixture. Both may be opened so that a sweep drops what nothing refers to at
once, where the place is otherwise more careful.
"""

from __future__ import annotations

from .bookkeeping import BookkeepingContract
from .commits import CommitContract, OpenState
from .listings import ListingContract
from .pages import PageContract
from .pairs import PairContract
from .waiting import WaitingContract


class StateStoreContract(
    CommitContract,
    PairContract,
    WaitingContract,
    BookkeepingContract,
    ListingContract,
    PageContract,
):
    """Everything that the engine, the runner and the pages rely on; see `StateStore`."""


__all__ = ["OpenState", "StateStoreContract"]
