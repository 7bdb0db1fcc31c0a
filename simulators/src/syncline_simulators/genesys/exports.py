"""Export jobs: a knowledge base as a file."""

from __future__ import annotations

from collections import deque
from typing import Any

from .dates import interval, shown
from .errors import bad_request, invalid_value
from .exporting import Export
from .job import Job, gradually, reached
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import integer, listing, members, needed, one_of, text
from .views import ROOT, base_view


def file_type(value: Any, path: str) -> str:
    """`Json`, `Csv` or `Xlsx`; the vendor's own connector writes `json`."""
    return str(one_of("Json", "Csv", "Xlsx")(str(value).capitalize(), path))


REQUEST = members(
    exportFilter=needed(
        members(
            documentsFilter=members(
                interval=text(),
                entities=listing(members(id=needed(text()))),
                sourceId=text(),
            ),
            versionFilter=needed(one_of("All", "Latest")),
            exclude=listing(text(), least=1),
        )
    ),
    fileType=needed(file_type),
    sourceId=text(),
    jsonFileVersion=integer(2, 3),
)
"""`KnowledgeExportJobRequest`. An empty `exclude` is refused, as at the vendor."""


def create_export(org: Organization, call: Call) -> dict[str, Any]:
    """POST: begins a job; the file is the base as it is while the job works."""
    base = org.base(call.ids["base"])
    _checked(call.body)
    now = org.now()
    job = Job(
        id=org.ids.uuid(), kind="Export", base=base.id, created=now, modified=now, request=call.body
    )

    export = Export(base, call.body["exportFilter"], call.body.get("jsonFileVersion", 2))

    def end() -> str:
        content, job.processed = export.content(), len(export)
        job.files["downloadURL"] = org.storage.download(f"{job.id}.json", lambda: content)
        return "Completed"

    waiting = ["ValidationInProgress", "ValidationCompleted", "Started", "InProgress"]
    job.steps = deque([*reached(waiting), gradually(export.write(), end)])
    return export_view(org, call, org.jobs.start(job))


def _checked(body: dict[str, Any]) -> None:
    documents = body["exportFilter"].get("documentsFilter", {})
    if "interval" in documents and "entities" in documents:
        raise bad_request("interval and entities cannot be used together.")
    if "interval" in documents:
        interval(documents["interval"], "exportFilter.documentsFilter.interval")
    if body["fileType"] != "Json":
        raise invalid_value("fileType", "this simulator exports Json only")


def export_view(org: Organization, call: Call, job: Job) -> dict[str, Any]:
    """`KnowledgeExportJobResponse`."""
    base = org.base(job.base)
    links = {name: call.files + org.storage.link(path) for name, path in job.files.items()}
    return {
        "id": job.id,
        **links,
        "fileType": job.request["fileType"],
        "jsonFileVersion": job.request.get("jsonFileVersion", 2),
        "countDocumentProcessed": job.processed,
        "exportFilter": job.request["exportFilter"],
        "status": job.status,
        "knowledgeBase": base_view(base),
        "dateCreated": shown(job.created),
        "dateModified": shown(job.modified),
        "selfUri": f"{ROOT}/{base.id}/export/jobs/{job.id}",
    }


def get_export(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the job, with `downloadURL` when it is done."""
    return export_view(org, call, org.jobs.get(call.ids["base"], "Export", call.ids["job"]))


def delete_export(org: Organization, call: Call) -> None:
    """DELETE: forgets the job."""
    org.jobs.remove(org.jobs.get(call.ids["base"], "Export", call.ids["job"]))


_MANY = f"{ROOT}/{{base}}/export/jobs"
_ONE = f"{_MANY}/{{job}}"

ENDPOINTS = (
    Endpoint("POST", _MANY, create_export, ["knowledge:exportJob:add"], REQUEST),
    Endpoint("GET", _ONE, get_export, ["knowledge:exportJob:view"]),
    Endpoint("DELETE", _ONE, delete_export, ["knowledge:exportJob:delete"]),
)
"""The operations on export jobs."""
