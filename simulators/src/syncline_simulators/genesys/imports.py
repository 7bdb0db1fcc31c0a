"""Import jobs: the same file as for synchronisation, in steps that a person confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .dates import shown
from .errors import Refusal, bad_request, invalid_value
from .exports import file_type
from .job import Job, Step, gradually, reached
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import boolean, listing, members, needed, text, uuid
from .syncfile import read_file
from .syncing import Run
from .syncs import STATUS, begun, ended, links, refused
from .views import ROOT, base_view

REQUEST = members(
    uploadKey=needed(text()),
    fileType=needed(file_type),
    settings=members(importAsNew=boolean, visible=boolean, categoryId=uuid, labelIds=listing(uuid)),
    skipConfirmationStep=boolean,
)
"""`KnowledgeImportJobRequest`."""


def create_import(org: Organization, call: Call) -> dict[str, Any]:
    """POST: begins a job. Without `skipConfirmationStep` it waits at `ValidationCompleted`."""
    org.base(call.ids["base"])
    if call.body["fileType"] != "Json":
        raise invalid_value("fileType", "this simulator imports Json only")
    return import_view(org, call, begun(org, call, "Import", _validated))


def _validated(org: Organization, call: Call, job: Job) -> str:
    try:
        file = read_file(org.storage.content(job.request["uploadKey"]))
    except Refusal as refusal:
        return refused(org, job, refusal)
    found = len(file["importAction"].get("documents", ()))
    job.report = {"errors": [], "statistics": {"countDocumentValidationSuccess": found}}
    if job.request.get("skipConfirmationStep"):
        job.steps.extend(_rest(org, call, job))
    return "ValidationCompleted"


def _rest(org: Organization, call: Call, job: Job) -> list[Step]:
    file = read_file(org.storage.content(job.request["uploadKey"]))
    adapted = _adapted(file["importAction"], job.request.get("settings", {}))
    run = Run(org=org, base=org.base(job.base), author=call.client, importing=True)
    work = run.carry_out({"importAction": adapted})
    return [*reached(["Started", "InProgress"]), gradually(work, lambda: ended(org, job, run))]


def _adapted(action: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The file with what the settings say of all its documents."""
    entities = [_with(settings, one) for one in action.get("documents", ())]
    return {**action, "documents": entities}


def _with(settings: Mapping[str, Any], entity: Any) -> Any:
    if not isinstance(entity, dict):
        return entity
    changed = dict(entity)
    if settings.get("importAsNew"):
        changed.pop("id", None)
        changed.pop("externalId", None)
    for name in ("published", "draft"):
        if isinstance(changed.get(name), dict):
            changed[name] = changed[name] | _settled(settings, changed[name])
    return changed


def _settled(settings: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "visible" in settings:
        found["visible"] = settings["visible"]
    if "categoryId" in settings:
        found["category"] = {"id": settings["categoryId"]}
    if "labelIds" in settings:
        more = [{"id": one} for one in settings["labelIds"]]
        found["labels"] = [*(content.get("labels") or ()), *more]
    return found


def import_view(org: Organization, call: Call, job: Job) -> dict[str, Any]:
    """`KnowledgeImportJobResponse`."""
    return {
        "id": job.id,
        **links(org, call, job),
        "uploadKey": job.request["uploadKey"],
        "fileType": job.request["fileType"],
        "settings": job.request.get("settings", {}),
        "status": job.status,
        **({"report": job.report} if job.report else {}),
        "knowledgeBase": base_view(org.base(job.base)),
        "dateCreated": shown(job.created),
        "dateModified": shown(job.modified),
        "skipConfirmationStep": job.request.get("skipConfirmationStep", False),
        "selfUri": f"{ROOT}/{job.base}/import/jobs/{job.id}",
    }


def get_import(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the job with its report."""
    return import_view(org, call, org.jobs.get(call.ids["base"], "Import", call.ids["job"]))


def change_import(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: `Started` confirms a validated job, `AbortRequested` stops it."""
    job = org.jobs.get(call.ids["base"], "Import", call.ids["job"])
    match call.body["status"]:
        case "Started" if job.status == "ValidationCompleted" and not job.steps:
            job.then(_rest(org, call, job), call.now)
        case "AbortRequested":
            job.abort(call.now)
        case other:
            raise bad_request(f"The status cannot be changed from {job.status} to {other}.")
    return import_view(org, call, job)


def delete_import(org: Organization, call: Call) -> None:
    """DELETE: forgets the job."""
    org.jobs.remove(org.jobs.get(call.ids["base"], "Import", call.ids["job"]))


_MANY = f"{ROOT}/{{base}}/import/jobs"
_ONE = f"{_MANY}/{{job}}"

ENDPOINTS = (
    Endpoint("POST", _MANY, create_import, ["knowledge:importJob:add"], REQUEST),
    Endpoint("GET", _ONE, get_import, ["knowledge:importJob:view"]),
    Endpoint("PATCH", _ONE, change_import, ["knowledge:importJob:edit"], STATUS),
    Endpoint("DELETE", _ONE, delete_import, ["knowledge:importJob:delete"]),
)
"""The operations on import jobs."""
