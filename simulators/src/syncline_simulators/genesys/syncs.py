"""Synchronisation jobs: an uploaded file carried out in a knowledge base."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import orjson

from .dates import shown
from .errors import Refusal, bad_request
from .job import Job, Kind, Step, gradually, reached
from .organization import Organization
from .serving import Call, Endpoint
from .shapes import members, needed, text
from .syncfile import read_file
from .syncing import Run
from .views import ROOT, base_reference

REQUEST = members(uploadKey=needed(text()), sourceId=text())
STATUS = members(status=needed(text()))


def create_sync(org: Organization, call: Call) -> dict[str, Any]:
    """POST: begins a job on the file under `uploadKey`; the file is read when validation ends."""
    return sync_view(org, call, begun(org, call, "Sync", _validated))


Validate: TypeAlias = "Callable[[Organization, Call, Job], str]"
"""Reads the file of a job, and returns the status that it has then."""


def begun(org: Organization, call: Call, kind: Kind, validate: Validate) -> Job:
    """Begin a job of either kind on an uploaded file."""
    base, now = org.base(call.ids["base"]), org.now()
    job = Job(
        id=org.ids.uuid(), kind=kind, base=base.id, created=now, modified=now, request=call.body
    )
    job.steps = deque([*reached(["ValidationInProgress"]), Step(lambda: validate(org, call, job))])
    return org.jobs.start(job)


def _validated(org: Organization, call: Call, job: Job) -> str:
    try:
        file = read_file(org.storage.content(job.request["uploadKey"]))
        _addressed(file, job.base)
    except Refusal as refusal:
        return refused(org, job, refusal)
    job.steps.extend([*reached(["Started", "InProgress"]), _carried_out(org, call, job, file)])
    return "ValidationCompleted"


def _carried_out(org: Organization, call: Call, job: Job, file: dict[str, Any]) -> Step:
    run = Run(org=org, base=org.base(job.base), author=call.client)

    def end() -> str:
        raw = org.storage.content(job.request["uploadKey"]) or b""
        job.files["downloadURL"] = org.storage.download(f"{job.id}.json", lambda: raw)
        return ended(org, job, run)

    return gradually(run.carry_out(file), end)


def refused(org: Organization, job: Job, refusal: Refusal) -> str:
    """The status of a job whose file is not valid, with its report."""
    job.report = {"errors": [refusal.body(org.ids.uuid())], "statistics": {}}
    return "ValidationFailed"


def ended(org: Organization, job: Job, run: Run) -> str:
    """The last status of a job, with its report and the file of what failed."""
    outcome = run.outcome
    job.report = {"errors": outcome.errors, "statistics": outcome.counts}
    if outcome.failed:
        content = orjson.dumps({"version": 3, "importAction": outcome.failed})
        name = f"{job.id}.failed.json"
        job.files["failedEntitiesURL"] = org.storage.download(name, lambda: content)
    return outcome.status


def _addressed(file: dict[str, Any], base: str) -> None:
    named = file["importAction"].get("knowledgeBase", {}).get("id", base)
    if named != base:
        raise bad_request("The file is for another knowledge base.", field_name="knowledgeBase.id")


def links(org: Organization, call: Call, job: Job) -> dict[str, str]:
    """Where the files of a job are, for whoever asks with `expand=urls`."""
    if "urls" not in call.values("expand"):
        return {}
    return {name: call.files + org.storage.link(path) for name, path in job.files.items()}


def sync_view(org: Organization, call: Call, job: Job) -> dict[str, Any]:
    """`KnowledgeSyncJobResponse`; its links come with `expand=urls` only."""
    return {
        "id": job.id,
        "uploadKey": job.request["uploadKey"],
        "status": job.status,
        **({"report": job.report} if job.report else {}),
        "knowledgeBase": base_reference(org.base(job.base)),
        "dateCreated": shown(job.created),
        "dateModified": shown(job.modified),
        **links(org, call, job),
        "selfUri": f"{ROOT}/{job.base}/synchronize/jobs/{job.id}",
    }


def get_sync(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the job with its report."""
    return sync_view(org, call, org.jobs.get(call.ids["base"], "Sync", call.ids["job"]))


def change_sync(org: Organization, call: Call) -> dict[str, Any]:
    """PATCH: `AbortRequested` stops it; no other change is possible."""
    job = org.jobs.get(call.ids["base"], "Sync", call.ids["job"])
    if call.body["status"] != "AbortRequested":
        raise bad_request(f"The status cannot be changed to {call.body['status']}.")
    job.abort(call.now)
    return sync_view(org, call, job)


def delete_sync(org: Organization, call: Call) -> None:
    """DELETE: forgets the job."""
    org.jobs.remove(org.jobs.get(call.ids["base"], "Sync", call.ids["job"]))


_MANY = f"{ROOT}/{{base}}/synchronize/jobs"
_ONE = f"{_MANY}/{{job}}"

ENDPOINTS = (
    Endpoint("POST", _MANY, create_sync, ["knowledge:syncJob:add"], REQUEST),
    Endpoint("GET", _ONE, get_sync, ["knowledge:syncJob:view"]),
    Endpoint("PATCH", _ONE, change_sync, ["knowledge:syncJob:edit"], STATUS),
    Endpoint("DELETE", _ONE, delete_sync, ["knowledge:syncJob:delete"]),
)
"""The operations on synchronisation jobs."""
