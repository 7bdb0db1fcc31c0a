"""Archiving, which is a long-running task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from starlette.responses import JSONResponse, Response

from .. import pages
from ..accounts import Account
from ..content import Content
from ..refusal import invalid, missing
from ..wiki import Wiki
from .ask import Ask, fields
from .endpoint import Endpoint, get, write


@attrs.define(kw_only=True)
class Task:
    """A long task: first queued, then done."""

    id: str
    started: float
    ended: float | None = None


def _archiving(tasks: dict[str, Task]) -> Callable[[Ask], Response]:
    def archive(ask: Ask) -> Response:
        given = fields(ask.json, {"pages": list}, {})["pages"]
        contents = [_to_archive(ask, entry) for entry in given]
        task = Task(id=ask.wiki.ids.number(), started=ask.wiki.clock.elapsed())
        tasks[task.id] = task
        delay = ask.wiki.settings.archive_delay
        ask.wiki.schedule.after(delay, lambda: _finish(ask.wiki, ask.who, task, contents))
        status = f"/rest/api/longtask/{task.id}"
        ari = f"ari:cloud:confluence:{ask.wiki.cloud_id}:longtask/{task.id}"
        return JSONResponse({"ari": ari, "id": task.id, "links": {"status": status}}, 202)

    return archive


def _to_archive(ask: Ask, entry: object) -> Content:
    """A page to archive. Its id must be a JSON number here, unlike everywhere else."""
    page_id = fields(entry, {"id": int}, {}, "page")["id"]
    content = ask.wiki.writable(ask.who, str(page_id))
    if content.kind != "page" or content.status != "current":
        raise invalid(f"Content {page_id} is not a current page")
    return content


def _finish(wiki: Wiki, who: Account, task: Task, contents: list[Content]) -> None:
    for content in contents:
        if content.status == "current":
            pages.archive(wiki, who, content)
    task.ended = wiki.clock.elapsed()


def _reading(tasks: dict[str, Task]) -> Callable[[Ask], dict[str, Any]]:
    def read(ask: Ask) -> dict[str, Any]:
        task = tasks.get(ask.path("id"))
        if task is None:
            raise missing()
        done = task.ended is not None
        spent = (task.ended or ask.wiki.clock.elapsed()) - task.started
        return {
            "ari": f"ari:cloud:confluence:{ask.wiki.cloud_id}:longtask/{task.id}",
            "id": task.id,
            "name": {"key": "com.atlassian.confluence.archive.pages", "args": []},
            "elapsedTime": int(spent * 1000),
            "percentageComplete": 100 if done else 0,
            "successful": done,
            "finished": done,
            "messages": [],
            "status": "COMPLETE" if done else "ENQUEUED",
            "errors": [],
            "_links": {"self": f"{ask.base}/rest/api/longtask/{task.id}"},
        }

    return read


def endpoints() -> tuple[Endpoint, ...]:
    """The endpoints of one wiki's tasks."""
    tasks: dict[str, Task] = {}
    write_scopes = "write:confluence-content write:page:confluence"
    read_scopes = (
        "read:confluence-content.all read:content.metadata:confluence read:page:confluence"
    )
    return (
        write("POST", "/rest/api/content/archive", _archiving(tasks), write_scopes),
        get("/rest/api/longtask/{id}", _reading(tasks), read_scopes),
    )
