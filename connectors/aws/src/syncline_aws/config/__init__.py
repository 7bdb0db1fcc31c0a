"""AWS as a store of configuration: one module for each service."""

from .store import AwsStore, open_store

__all__ = ["AwsStore", "open_store"]
