"""The vendor's own Python client, for tests: `from syncline_simulators.genesys import vendor`.

It holds thousands of models: importing it takes three seconds and 300 MB, too much for every
process that only collects tests. Its names are this module's, loaded when the first is asked for.
It is none of this package's dependencies: `pip install PureCloudPlatformClientV2`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    # What imports ask every module for says nothing about the client.
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(import_module("PureCloudPlatformClientV2"), name)
