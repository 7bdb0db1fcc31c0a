"""The engine of configuration jobs: the same table, journal and leases, field by field.

Entered through `session.ConfigSession`, which works with what `context` holds and with the rules of
the `rulebook`. The stages are those of a document. `passes` looks at everything, `hints` at what
was heard of; `observation` reads objects, `decisions` makes a `steps.FieldStep` of what both ends
hold (`values`), `examination` tells what may be remembered without a closer look. `execution` looks
again under `leases` and acts, if the `guards` let it; `writing` announces, sends and confirms.
`recovery` finishes what was announced, `undo` puts back. `conflicts` wait for a person, and
`resolution` does what was chosen. `plans` writes steps down instead; `explanation` and `wording`
say what is, and why.
"""

from .resolution import FieldConflict
from .rulebook import ManagedField, ManagedObject, Rulebook
from .session import ConfigSession

__all__ = ["ConfigSession", "FieldConflict", "ManagedField", "ManagedObject", "Rulebook"]
