"""`[jobs.<name>]`: what a job may be told. One class for each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ..faults import Fault, Faults, nearest
from ..scalars import shown
from ..structure import as_table, structured
from .documents import DocumentsJob, FieldName, MaxDeletes

if TYPE_CHECKING:
    # What rules and streams need is imported where a file has some.
    from .configuration import ConfigJob
    from .events import EventsJob
    from .merge import MergeJob

PassJob: TypeAlias = "DocumentsJob | ConfigJob"
"""A job that works in passes: by the clock, after hints, or when somebody asks for one."""
StreamJob: TypeAlias = "EventsJob | MergeJob"
"""A job that works for as long as the service runs, and makes no passes."""
Job: TypeAlias = "DocumentsJob | ConfigJob | EventsJob | MergeJob"
"""Every kind of job that this installation runs."""

KINDS = ("documents", "config", "events", "merge")
_TELLING: Mapping[str, str] = {"rules": "config", "of": "merge", "topics": "events"}
"""Keys that one kind alone has."""


def settings_of(kind: str) -> type[Job]:
    """Return the class that says what a job of one of `KINDS` may be told."""
    match kind:
        case "config":
            from .configuration import ConfigJob

            return ConfigJob
        case "events":
            from .events import EventsJob

            return EventsJob
        case "merge":
            from .merge import MergeJob

            return MergeJob
        case _:
            return DocumentsJob


def job(value: object) -> Job:
    """Return the job of the kind that the table says.

    Raises:
        Faults: it is no such job.
    """
    table = as_table(value)
    if "kind" not in table:
        kinds = ", ".join(f"kind = {kind!r}" for kind in KINDS)
        raise ValueError(f"the key 'kind' is missing; say one of: {kinds}")
    if not isinstance(kind := table["kind"], str) or kind not in KINDS:
        message = f"{shown(kind)} is not a kind of job; {nearest(str(kind), KINDS, 'kinds')}"
        raise Faults([Fault(path=("kind",), message=message), *_other_faults(table)])
    made: Job = structured(table, settings_of(kind))
    return made


def _other_faults(table: Mapping[str, object]) -> Iterable[Fault]:
    """Return what else is wrong if the kind is only misspelt: all is told at once."""
    kind = next((kind for key, kind in _TELLING.items() if key in table), "documents")
    try:
        structured({**table, "kind": kind}, settings_of(kind))
    except Faults as error:
        return error.faults
    return ()


__all__ = [
    "KINDS",
    "DocumentsJob",
    "FieldName",
    "Job",
    "MaxDeletes",
    "PassJob",
    "StreamJob",
    "job",
    "settings_of",
]
