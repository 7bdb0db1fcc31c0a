"""A simulated Confluence, clients for it, and its vendor's specification."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from syncline_simulators.running import Running, running

OPEN, CLOSED = "urn:answers", "urn:requests"
NULLS = {"parentId", "parentType", "description", "icon", "lastOwnerId"}
"""Properties that live sites answer with null although the specification does not say so."""


class Specification:
    """The vendor's OpenAPI file, by which requests and responses are judged."""

    def __init__(self, path: Path) -> None:
        raw = json.loads(path.read_text(encoding="utf-8"))
        self._paths = [(_pattern(path), operations) for path, operations in raw["paths"].items()]
        self._components = raw["components"]
        self._registry: Registry[Any] = Registry().with_resources(
            (name, _resource(raw["components"]["schemas"], name)) for name in (OPEN, CLOSED)
        )
        self._validators: dict[tuple[int, str], jsonschema.Draft4Validator] = {}
        self._no_schema: dict[str, Any] = {}

    def judge(self, response: httpx.Response) -> None:
        """Fail when a successful exchange does not follow the specification."""
        request = response.request
        path = re.sub(r"^/ex/confluence/[^/]+", "", request.url.path)
        found = [ops for pattern, ops in self._paths if pattern.fullmatch(path)]
        operation = next((ops[m] for ops in found if (m := request.method.lower()) in ops), None)
        if operation is None or response.status_code >= 400:
            return
        self._judge_query(request, operation)
        self._judge_body(request, operation)
        self._judge_answer(response, operation)

    def _judge_query(self, request: httpx.Request, operation: dict[str, Any]) -> None:
        raw = (self._resolved(one, "parameters") for one in operation.get("parameters", []))
        known = {one["name"]: one["schema"] for one in raw if one["in"] == "query"}
        for name, value in request.url.params.multi_items():
            assert name in known, f"{request.url}: the specification has no parameter {name}"
            schema = known[name]
            items = schema.get("items", schema) if schema.get("type") == "array" else schema
            values = value.split(",") if schema.get("type") == "array" else [value]
            for one in values:
                self._validate(_typed(one, items), items, f"{request.url} {name}", CLOSED)

    def _judge_body(self, request: httpx.Request, operation: dict[str, Any]) -> None:
        body = operation.get("requestBody")
        if body is None:
            return
        content = self._resolved(body, "requestBodies")["content"]
        if "application/json" in content:
            schema = content["application/json"].get("schema", self._no_schema)
            where = f"{request.method} {request.url}"
            self._validate(json.loads(request.content), schema, where, CLOSED)
        else:
            assert request.headers["content-type"].startswith("multipart/form-data")

    def _judge_answer(self, response: httpx.Response, operation: dict[str, Any]) -> None:
        where = f"{response.request.method} {response.request.url} -> {response.status_code}"
        status = str(response.status_code)
        assert status in operation["responses"], f"{where}: no such status in the specification"
        content = operation["responses"][status].get("content", {})
        if "application/json" in content:
            assert response.headers["content-type"] == "application/json", where
            self._validate(
                response.json(),
                content["application/json"].get("schema", self._no_schema),
                where,
                OPEN,
            )

    def _resolved(self, raw: dict[str, Any], kind: str) -> dict[str, Any]:
        reference = raw.get("$ref")
        if reference is None:
            return raw
        found: dict[str, Any] = self._components[kind][reference.rpartition("/")[2]]
        return found

    def _validate(self, value: object, schema: dict[str, Any], where: str, kind: str) -> None:
        key = (id(schema), kind)
        validator = self._validators.get(key)
        if validator is None:
            converted = _converted(schema, kind)
            validator = jsonschema.Draft4Validator(converted, registry=self._registry)
            self._validators[key] = validator
        problems = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(value)]
        assert not problems, f"{where}: {problems[:5]}"


def _resource(schemas: dict[str, Any], kind: str) -> Resource[Any]:
    made = {"components": {"schemas": _converted(schemas, kind)}}
    return Resource.from_contents(made, default_specification=DRAFT4)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path)))


def _typed(text: str, schema: dict[str, Any]) -> object:
    """A query value as the type that the specification gives it."""
    match schema.get("type"):
        case "integer":
            return int(text)
        case "boolean":
            return {"true": True, "false": False}[text]
        case _:
            return text


def _converted(schema: Any, kind: str) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, references become absolute, and
    objects of requests take no other properties than those that are described."""
    if isinstance(schema, list):
        return [_converted(one, kind) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": kind + schema["$ref"]}
    made = {key: _converted(value, kind) for key, value in schema.items() if key != "format"}
    if isinstance(schema.get("properties"), dict):
        if kind == CLOSED and schema.get("type") == "object":
            made.setdefault("additionalProperties", False)
        made["properties"] = {
            name: {"anyOf": [one, {"type": "null"}]} if name in NULLS else one
            for name, one in made["properties"].items()
        }
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


@pytest.fixture(scope="session")
def specification(shared: Path) -> Specification:
    """The vendor's specification."""
    return Specification(shared / "specs" / "confluence.json")


@attrs.frozen(kw_only=True)
class Wiki:
    """A running simulator with an HTTP client whose every exchange is judged."""

    sim: Running
    http: httpx.Client
    space: str
    """The id of the space KB."""
    connect: Callable[..., httpx.Client]
    """Another client: `connect(email, token)`."""

    def page(self, page_id: str, **query: Any) -> dict[str, Any]:
        """A page with its storage format."""
        path = f"/wiki/api/v2/pages/{page_id}"
        answer = self.http.get(path, params={"body-format": "storage", **query})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def body(self, page_id: str) -> str:
        """The storage format of a page."""
        return str(self.page(page_id)["body"]["storage"]["value"])

    def create(self, title: str, storage: str = "<p>x</p>", **more: Any) -> httpx.Response:
        """What creating a page answers."""
        payload = {
            "spaceId": self.space,
            "status": "current",
            "title": title,
            "body": {"representation": "storage", "value": storage},
        }
        return self._sent("POST", "/wiki/api/v2/pages", payload | more)

    def made(self, title: str, storage: str = "<p>x</p>", **more: Any) -> str:
        """The id of a new page."""
        answer = self.create(title, storage, **more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def update(self, page_id: str, number: int, **more: Any) -> httpx.Response:
        """What updating a page to this version number answers."""
        payload = {
            "id": page_id,
            "status": "current",
            "title": self.sim.item(page_id)["title"],
            "body": {"representation": "storage", "value": "<p>new</p>"},
            "version": {"number": number},
        }
        return self._sent("PUT", f"/wiki/api/v2/pages/{page_id}", payload | more)

    def _sent(self, method: str, path: str, payload: object) -> httpx.Response:
        """JSON in ASCII, so that even what is no text can be sent."""
        headers = {"Content-Type": "application/json"}
        return self.http.request(method, path, content=json.dumps(payload), headers=headers)

    def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All rows of a v2 listing, following its links."""
        rows: list[dict[str, Any]] = []
        url, params = path, query or None
        while url:
            answer = self.http.get(url, params=params)
            assert answer.status_code == 200, answer.text
            rows += answer.json()["results"]
            url, params = answer.json()["_links"].get("next", ""), None
        return rows

    def titles(self, **query: Any) -> list[str]:
        """The titles of the pages in the space."""
        path = f"/wiki/api/v2/spaces/{self.space}/pages"
        return [row["title"] for row in self.listed(path, **{"status": "current", **query})]


@pytest.fixture
def start(specification: Specification) -> Callable[..., Any]:
    """Start a simulator with options: `with start(rate_limit="5/s") as wiki:`."""

    @contextmanager
    def started(**options: Any) -> Iterator[Wiki]:
        clients: list[httpx.Client] = []

        def connect(email: str, token: str, base: str = "") -> httpx.Client:
            client = httpx.Client(
                base_url=sim.url + base,
                auth=(email, token),
                trust_env=False,
                event_hooks={"response": [judge]},
            )
            clients.append(client)
            return client

        def judge(response: httpx.Response) -> None:
            response.read()
            specification.judge(response)

        with running("confluence", **options) as sim:
            try:
                http = connect("sync@example.com", sim.env["CONFLUENCE_TOKEN"])
                space = http.get("/wiki/api/v2/spaces?keys=KB").json()["results"][0]["id"]
                yield Wiki(sim=sim, http=http, space=space, connect=connect)
            finally:
                for client in clients:
                    client.close()

    return started


@pytest.fixture
def wiki(start: Callable[..., Any]) -> Iterator[Wiki]:
    """A simulator with nothing but the space KB and its homepage."""
    with start() as started:
        yield started
