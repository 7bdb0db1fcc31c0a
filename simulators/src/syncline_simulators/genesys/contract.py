"""Requests and answers held against the vendor's published schemas (`specs/genesys.json`).

For tests: a proxy in front of the simulator (or of anything that speaks this API) that says what
differs. What a client sends may hold nothing that the model does not have; what a server answers
may hold more, as the vendor adds properties at any time. Needs the package `jsonschema`.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from attrs import define, field
from jsonschema import Draft4Validator, FormatChecker
from jsonschema.protocols import Validator

NOT_REQUIRED = {
    # The vendor's model marks it as required, its description and its own tools say otherwise.
    "KnowledgeDocumentVersion": {"restoreFromVersionId"},
}
"""Members that the schemas require and the vendor does not."""

UNLISTED = {("GET", "expand")}
"""Query parameters that work although their operation does not list them: `expand=urls` of jobs."""

_ANY_CASE = {"fileType"}
"""Members whose spelling the vendor takes with any case."""


_HELD, _SKILLS = "/api/v2/users/{userId}/routingskills", "/api/v2/routing/skills"
_GROUPS = "/api/v2/groups"
_SKILL_LIST = {"type": "array", "items": {"$ref": "#/definitions/UserRoutingSkillPost"}}


def _listing_of(model: str) -> dict[str, Any]:
    names = ("pageSize", "pageNumber", "total", "pageCount")
    numbers = {name: {"type": "integer"} for name in names}
    entities = {"type": "array", "items": {"$ref": f"#/definitions/{model}"}}
    return {"type": "object", "properties": {"entities": entities, **numbers}}


_FORMATS = FormatChecker(formats=())
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@_FORMATS.checks("date-time")
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or _DATE.fullmatch(value) is not None


@define
class Contract:
    """The operations and models of the specification."""

    _spec: Mapping[str, Any]
    _strict: Mapping[str, Any] = field(init=False)
    _loose: Mapping[str, Any] = field(init=False)
    _patterns: Sequence[tuple[str, re.Pattern[str], Mapping[str, Any]]] = field(init=False)
    _validators: dict[str, Validator] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        definitions = self._spec["definitions"]
        self._strict = {name: _strict(name, one) for name, one in definitions.items()}
        self._loose = {name: _loose(name, one) for name, one in definitions.items()}
        operations = self._spec["operations"]
        self._patterns = [(one["method"], _pattern(one["path"]), one) for one in operations]

    def problems(
        self, method: str, path: str, query: Mapping[str, str], sent: Any, status: int, got: Any
    ) -> list[str]:
        """What differs from the specification in one exchange; `sent` and `got` are JSON values.

        A request is looked at only when it was accepted: refusing a wrong one is right.
        """
        where = f"{method} {path} -> {status}"
        operation = self._operation(method, path)
        if operation is None:
            return [] if status in (404, 405) else [f"{where}: there is no such operation"]
        if method == "HEAD" and status >= 300:
            return []
        if not 200 <= status < 300:
            return self._differs(where, {"$ref": "#/definitions/ErrorBody"}, got, strict=False)
        found = _unlisted(where, operation, query)
        if (
            operation.get("body_schema")
            and sent is not None
            and operation["path"] != "/oauth/token"
        ):
            sent = _without_nulls(sent)
            found += self._differs(f"{where}: request", operation["body_schema"], sent, strict=True)
        if operation.get("response_schema") and method != "HEAD":
            answer = operation["response_schema"]
            found += self._differs(f"{where}: answer", answer, got, strict=False)
        return found

    def differs(self, model: str, value: Any) -> list[str]:
        """What differs from a model in something that the vendor sends by itself."""
        return self._differs(model, {"$ref": f"#/definitions/{model}"}, value, strict=False)

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        path = path.replace("/knowledgeBases", "/knowledgebases")
        found = [one for m, p, one in self._patterns if m == method and p.fullmatch(path)]
        # `documents/query` also matches `documents/{documentId}`: the plainer path is meant.
        return min(found, key=lambda one: one["path"].count("{"), default=None)

    def _differs(
        self, where: str, schema: Mapping[str, Any], value: Any, *, strict: bool
    ) -> list[str]:
        validator = self._validator(json.dumps(schema), strict)
        errors = sorted(validator.iter_errors(value), key=lambda error: list(error.absolute_path))
        return [
            f"{where}: {'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors
        ]

    def _validator(self, schema: str, strict: bool) -> Validator:
        key = f"{schema}{strict}"
        if key not in self._validators:
            definitions = self._strict if strict else self._loose
            whole = {**json.loads(schema), "definitions": definitions}
            self._validators[key] = Draft4Validator(whole, format_checker=_FORMATS)
        return self._validators[key]


MORE: Mapping[str, Any] = {
    "operations": [
        {
            "method": method,
            "path": path,
            "query": [{"name": name} for name in query],
            "body_schema": body,
            "response_schema": answer and {"$ref": f"#/definitions/{answer}"},
        }
        for method, path, query, body, answer in (
            ("GET", _HELD, ("pageSize", "pageNumber"), None, "UserSkillEntityListing"),
            ("PUT", f"{_HELD}/bulk", (), _SKILL_LIST, "UserSkillEntityListing"),
            ("PATCH", f"{_HELD}/bulk", (), _SKILL_LIST, "UserSkillEntityListing"),
            ("DELETE", f"{_HELD}/{{skillId}}", (), None, None),
            ("GET", _SKILLS, ("pageSize", "pageNumber", "name", "id"), None, "SkillEntityListing"),
            ("GET", _GROUPS, ("pageSize", "pageNumber", "id", "sortOrder"), None, "GroupListing"),
            ("GET", f"{_GROUPS}/{{groupId}}", (), None, "Group"),
            (
                "GET",
                f"{_GROUPS}/{{groupId}}/members",
                ("pageSize", "pageNumber"),
                None,
                "UserEntityListing",
            ),
            ("POST", _SKILLS, (), {"$ref": "#/definitions/RoutingSkill"}, "RoutingSkill"),
        )
    ],
    "definitions": {
        "UserRoutingSkillPost": {
            "type": "object",
            "required": ["id", "proficiency"],
            "properties": {
                "id": {"type": "string"},
                "proficiency": {"type": "number"},
                "skillUri": {"type": "string", "readOnly": True},
                "selfUri": {"type": "string", "readOnly": True},
            },
        },
        "UserSkillEntityListing": _listing_of("UserRoutingSkill"),
        "GroupListing": _listing_of("Group"),
        "SkillEntityListing": _listing_of("RoutingSkill"),
        "RoutingSkill": {
            "type": "object",
            "required": ["name"],
            "properties": {
                name: {"type": "string"}
                for name in ("id", "name", "dateModified", "state", "version", "selfUri")
            },
        },
    },
}
"""Operations that the extract in `specs` leaves out, from the models of the vendor's Python SDK."""


@cache
def contract(path: Path) -> Contract:
    """The contract in this file."""
    published = json.loads(path.read_text(encoding="utf-8"))
    return Contract(
        {
            "operations": [*published["operations"], *MORE["operations"]],
            "definitions": {**MORE["definitions"], **published["definitions"]},
        }
    )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))


def _loose(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The model of an answer: anything may be added."""
    return _requiring(definition, NOT_REQUIRED.get(name, set()))


def _strict(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The model of a request: no unknown members, and read-only ones are not required."""
    properties = copy.deepcopy(definition.get("properties", {}))
    read_only = {p for p, one in properties.items() if one.get("readOnly")}
    for one in _ANY_CASE & set(properties):
        properties[one].pop("enum", None)
    model = _requiring(definition, read_only | NOT_REQUIRED.get(name, set()))
    closed = {"properties": properties, "additionalProperties": False} if properties else {}
    return {**model, **closed}


def _requiring(definition: Mapping[str, Any], optional: set[str]) -> dict[str, Any]:
    model = dict(definition)
    required = [name for name in model.pop("required", ()) if name not in optional]
    return {**model, **({"required": required} if required else {})}


def _unlisted(where: str, operation: Mapping[str, Any], query: Mapping[str, str]) -> list[str]:
    known = {one["name"]: one for one in operation.get("query", ())}
    names = [n for n in query if n not in known and (operation["method"], n) not in UNLISTED]
    return [f"{where}: the operation has no query parameter {name!r}" for name in names]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
