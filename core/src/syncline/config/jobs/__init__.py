"""`[jobs.<name>]`: what a job may be told. One class for each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ..faults import Fault, Faults, nearest
from ..scalars import shown
from ..structure import as_table, structured
from .documents import DocumentsJob, FieldName, MaxDeletes

if TYPE_CHECKING:
    # What rules need is imported where a file has some.
    from .configuration import ConfigJob

Job: TypeAlias = "DocumentsJob | ConfigJob"
"""Every kind of job that this installation runs."""

KINDS = ("documents", "config")
_ELSEWHERE = ("events",)


def settings_of(kind: str) -> type[Job]:
    """Return the class that says what a job of one of `KINDS` may be told."""
    if kind == "documents":
        return DocumentsJob
    from .configuration import ConfigJob

    return ConfigJob


def job(value: object) -> Job:
    """Return the job of the kind that the table says.

    Raises:
        Faults: it is no such job.
    """
    table = as_table(value)
    if "kind" not in table:
        raise ValueError("the key 'kind' is missing; say kind = 'documents' or kind = 'config'")
    if not isinstance(kind := table["kind"], str) or kind not in KINDS:
        raise Faults([Fault(path=("kind",), message=_no_kind(kind)), *_other_faults(table)])
    made: Job = structured(table, settings_of(kind))
    return made


def _other_faults(table: Mapping[str, object]) -> Iterable[Fault]:
    """Return what else is wrong if the kind is only misspelt: all is told at once."""
    if table["kind"] in _ELSEWHERE:
        return ()
    kind = "config" if "rules" in table else "documents"
    try:
        structured({**table, "kind": kind}, settings_of(kind))
    except Faults as error:
        return error.faults
    return ()


def _no_kind(kind: object) -> str:
    if kind in _ELSEWHERE:
        runs = " and ".join(map(repr, KINDS))
        return f"jobs of kind {kind!r} are not part of this installation; it runs {runs}"
    return (
        f"{shown(kind)} is not a kind of job; {nearest(str(kind), [*KINDS, *_ELSEWHERE], 'kinds')}"
    )


__all__ = ["KINDS", "DocumentsJob", "FieldName", "Job", "MaxDeletes", "job", "settings_of"]
