"""The history of import, export and synchronisation jobs, and the sources of a base."""

from __future__ import annotations

from typing import Any

from .dates import interval
from .job import Job
from .order import Key
from .organization import Organization
from .paging import listed, rows
from .serving import Call, Endpoint
from .views import ROOT

_PATHS = {"Import": "import/jobs", "Export": "export/jobs", "Sync": "synchronize/jobs"}


def list_operations(org: Organization, call: Call) -> dict[str, Any]:
    """GET: newest first."""
    base = org.base(call.ids["base"])
    found = [job for job in org.jobs if job.base == base.id and _wanted(job, call)]

    def entry(at: int, job: Job) -> tuple[Key, dict[str, Any]]:
        return (-at, job.id), job.as_operation(f"{ROOT}/{base.id}/{_PATHS[job.kind]}")

    return listed(call, rows(entry(at, job) for at, job in enumerate(found)))


def _wanted(job: Job, call: Call) -> bool:
    kinds, statuses = call.values("type"), call.values("status")
    during = call.query.get("interval")
    return (
        (not kinds or job.kind in kinds)
        and (not statuses or job.status in statuses)
        and (not during or job.modified in interval(during))
    )


def list_sources(org: Organization, call: Call) -> list[Any]:
    """GET: none; sources belong to integrations that this organisation does not have."""
    org.base(call.ids["base"])
    return []


ENDPOINTS = (
    Endpoint(
        "GET",
        f"{ROOT}/{{base}}/operations",
        list_operations,
        ["knowledge:importExportOperationsList:view"],
    ),
    Endpoint("GET", f"{ROOT}/{{base}}/sources", list_sources, ["knowledge:integrationSource:view"]),
)
"""The operations on the history."""
