"""The engine of configuration jobs: the same table, journal and leases, field by field."""

from .resolution import FieldConflict
from .rulebook import ManagedField, ManagedObject, Rulebook
from .session import ConfigSession

__all__ = ["ConfigSession", "FieldConflict", "ManagedField", "ManagedObject", "Rulebook"]
