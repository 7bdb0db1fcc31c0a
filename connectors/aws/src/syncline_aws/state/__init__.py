"""State elsewhere than in a file: leases, history and all the rest in one DynamoDB table."""

from .creating import create_table
from .store import DynamoState

__all__ = ["DynamoState", "create_table"]
