"""The engine of configuration jobs: the same table, journal and leases, field by field."""

from .resolving import FieldConflict
from .rulebook import Group, Managed, Rulebook
from .session import ConfigSession

__all__ = ["ConfigSession", "FieldConflict", "Group", "Managed", "Rulebook"]
