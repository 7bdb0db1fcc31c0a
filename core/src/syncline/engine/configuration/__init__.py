"""The engine of configuration jobs: the same table, journal and leases, field by field."""

from .resolution import FieldConflict
from .rulebook import Group, Managed, Rulebook
from .session import ConfigSession

__all__ = ["ConfigSession", "FieldConflict", "Group", "Managed", "Rulebook"]
