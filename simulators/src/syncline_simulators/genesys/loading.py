"""What an organisation starts with: files of knowledge bases, in the form of exports.

A file is an object with any of

    {"organization": {"clients": [{"id", "secret", "name", "permissions", "validitySeconds"}],
                      "limits": {"knowledge": {"...": 10}}, "settleSeconds": 2},
     "acts": [{"do": "create", "kind": "queue", "name": "Support"}],
     "version": 3, "importAction": {"knowledgeBase": {"name"}, "categories": [], "labels": [],
                                    "documents": []}}

`acts` are what people have done before: actions as `POST /act` takes them. `importAction` is that
of a synchronisation file. A document may say `"readonly": true`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import evolve

from ..kernel.simulator import BadAction, Impossible
from .base import KnowledgeBase
from .errors import Refusal
from .oauth import Client
from .organization import Organization
from .people import act
from .syncfile import FILE
from .syncing import Run


def load(
    org: Organization, default: Callable[[], KnowledgeBase], path: Path
) -> list[dict[str, str]]:
    """Load a file, or all `*.json` of a folder; what was refused comes back with its reason.

    Raises:
        ValueError: there is nothing to load.
    """
    paths = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not paths:
        raise ValueError(f"{path}: there are no *.json files in this folder")
    refused: list[dict[str, str]] = []
    for one in paths:
        refused += [{"file": one.name, "reason": why} for why in _load(org, default, one)]
    return refused


def _load(org: Organization, default: Callable[[], KnowledgeBase], path: Path) -> list[str]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path}: an object is expected")
    _organize(org, value.pop("organization", {}), path)
    refused = _done(org, value.pop("acts", []), path)
    if "importAction" not in value:
        return refused
    try:
        file = FILE({"version": 3, **value}, "")
    except Refusal as refusal:
        return [*refused, refusal.message]
    return refused + _content(org, _chosen(org, default(), file), file)


def _done(org: Organization, acts: Sequence[Mapping[str, Any]], path: Path) -> list[str]:
    refused = []
    for action in acts:
        try:
            act(org, action)
        except Impossible as error:
            refused.append(f"{action.get('do')} {action.get('name', '')}: {error}")
        except BadAction as error:
            raise ValueError(f"{path}: acts: {error}") from error
    return refused


def _organize(org: Organization, settings: Mapping[str, Any], path: Path) -> None:
    try:
        for one in settings.get("clients", ()):
            org.clients.add(_client(one))
        for namespace, limits in settings.get("limits", {}).items():
            org.limits.setdefault(namespace, {}).update(limits)
        org.settling = timedelta(seconds=settings.get("settleSeconds", 0))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: organization: {error!r} is missing or malformed") from error


def _client(given: Mapping[str, Any]) -> Client:
    permissions = given.get("permissions")
    return Client(
        id=given["id"],
        secret=given["secret"],
        name=given.get("name", given["id"]),
        validity=timedelta(seconds=given.get("validitySeconds", 86_400)),
        permissions=None if permissions is None else frozenset(permissions),
    )


def _chosen(org: Organization, default: KnowledgeBase, file: Mapping[str, Any]) -> KnowledgeBase:
    """The base that the file names: a known one, the first while it is empty, or a new one."""
    named = file["importAction"].get("knowledgeBase", {})
    for base in org.bases.values():
        if named.get("id") == base.id or named.get("name") == base.name:
            return base
    if not named.get("name"):
        return default
    called = {"name": named["name"], "language": named.get("coreLanguage", "en-US")}
    now = org.now()
    if default.changes == 0:
        base = evolve(default, **called)
    else:
        base = KnowledgeBase(id=org.ids.uuid(), created=now, modified=now, **called)
    org.bases[base.id] = base
    return base


def _content(org: Organization, base: KnowledgeBase, file: Mapping[str, Any]) -> list[str]:
    run = Run(org=org, base=base, author=org.person)
    documents = file["importAction"].get("documents", [])
    fresh = [_fresh(base, one) for one in documents]
    for _ in run.carry_out({**file, "importAction": {**file["importAction"], "documents": fresh}}):
        pass
    for one in documents:
        if isinstance(one, dict) and one.get("readonly"):
            _protect(base, str(one.get("externalId")))
    return [f"{error['entityId']}: {error['message']}" for error in run.outcome.errors]


def _fresh(base: KnowledgeBase, entity: Any) -> Any:
    """An exported document as a new one: its id may be of another organisation."""
    if isinstance(entity, dict) and not base.documents.holds(str(entity.get("id"))):
        return {name: value for name, value in entity.items() if name != "id"}
    return entity


def _protect(base: KnowledgeBase, external: str) -> None:
    for document in base.documents.chosen("all", "external", [external]):
        base.documents.put(evolve(document, readonly=True))
