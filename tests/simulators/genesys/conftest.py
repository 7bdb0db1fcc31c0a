"""The Genesys Cloud simulator behind a proxy that knows the vendor's schemas."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from syncline_simulators.genesys.checking import Checked, checked
from syncline_simulators.running import Running, running


@attrs.frozen
class Cloud:
    """A running organisation, and a client with a token on its knowledge base."""

    sim: Running
    http: httpx.Client
    checked: Checked

    @property
    def base(self) -> str:
        """The path of the first knowledge base."""
        return f"/api/v2/knowledge/knowledgebases/{self.sim.connection['knowledge_base']}"

    def call(
        self, method: str, path: str, *, status: int | None = None, **rest: Any
    ) -> httpx.Response:
        """One request; a path that does not begin with `/api` is below the knowledge base."""
        where = path if path.startswith("/api") else self.base + path
        response = self.http.request(method, where, **rest)
        wanted = {status} if status else range(200, 300)
        assert response.status_code in wanted, (method, path, response.status_code, response.text)
        return response

    def get(self, path: str, **rest: Any) -> Any:
        """The JSON that a GET answers."""
        return self.call("GET", path, **rest).json()

    def post(self, path: str, body: Any, **rest: Any) -> Any:
        """The JSON that a POST answers."""
        return self.call("POST", path, json=body, **rest).json()

    def patch(self, path: str, body: Any, **rest: Any) -> Any:
        """The JSON that a PATCH answers."""
        return self.call("PATCH", path, json=body, **rest).json()

    def article(self, title: str = "Refunds", text: str = "In 14 days.", **fields: Any) -> str:
        """The id of a new published article with one paragraph."""
        document = str(self.post("/documents", {"title": title, **fields})["id"])
        self.post(f"/documents/{document}/variations", self.variation(text))
        self.post(f"/documents/{document}/versions", {})
        return document

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """All entities of a cursor listing."""
        page = self.get(path)
        yield from page["entities"]
        while "nextUri" in page:
            page = self.get(page["nextUri"])
            yield from page["entities"]

    def token(self, client_id: str, secret: str) -> str:
        """A token of this client."""
        answer = self.http.post(
            "/oauth/token", auth=(client_id, secret), data={"grant_type": "client_credentials"}
        )
        return str(answer.json()["access_token"])

    def job(self, path: str, body: Any) -> dict[str, Any]:
        """A job that was begun here, when it has ended. Simulated time is moved on meanwhile."""
        job: dict[str, Any] = self.post(path, body)
        for _ in range(50):
            self.sim.clock(advance="1s")
            job = self.get(f"{path}/{job['id']}")
            if job["status"] in ENDED:
                return job
        raise AssertionError(f"the job does not end: {job}")

    @staticmethod
    async def heard(socket: ClientConnection, quiet: float) -> list[Any]:
        """What comes over a socket until nothing has come for these seconds.

        A simulator that had no turn on a busy machine is quiet, too: it has to answer a ping
        meanwhile, and with nothing before the answer.
        """
        found: list[Any] = []
        asked = 0
        while True:
            try:
                told = json.loads(await asyncio.wait_for(socket.recv(), 60 if asked else quiet))
            except TimeoutError:
                assert not asked, "the simulator answers no ping"
                await socket.send('{"message": "ping"}')
                asked = len(found) + 1
                continue
            if told.get("eventBody") != {"message": "pong"}:
                found.append(told)
            elif asked == len(found) + 1:
                return found
            else:
                asked = 0

    @staticmethod
    def paragraph(text: str, **properties: Any) -> dict[str, Any]:
        """A paragraph block."""
        found: dict[str, Any] = {"blocks": [{"type": "Text", "text": {"text": text}}]}
        if properties:
            found["properties"] = properties
        return {"type": "Paragraph", "paragraph": found}

    @classmethod
    def variation(cls, *texts: str, **fields: Any) -> dict[str, Any]:
        """A request for the default variation with a paragraph for each text."""
        blocks = [cls.paragraph(text) for text in texts]
        return {"contexts": [], "body": {"blocks": blocks}, **fields}

    def uploaded(self, content: bytes) -> str:
        """The upload key of a file."""
        place = self.post("/api/v2/knowledge/documentuploads", {"fileName": "sync.json"})
        answer = httpx.put(place["url"], headers=place["headers"], content=content)
        assert answer.status_code == 200, answer.text
        return str(place["uploadKey"])


ENDED = {"Completed", "PartialCompleted", "ValidationFailed", "Failed", "Aborted"}

Opened = Callable[..., Cloud]


@pytest.fixture
def opened(shared: Path) -> Iterator[Opened]:
    """Starts organisations; what passed between them and their clients must fit the schemas."""
    judged: list[Checked] = []
    # Loading the system's certificates takes longer than most of these tests.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with ExitStack() as stack:

        def start(*, schema: bool = True, **options: Any) -> Cloud:
            sim = stack.enter_context(running("genesys", **options))
            proxy = stack.enter_context(checked(sim.url, shared / "specs" / "genesys.json"))
            http = stack.enter_context(httpx.Client(base_url=proxy.url, timeout=60, verify=context))
            cloud = Cloud(sim, http, proxy)
            token = cloud.token(sim.connection["client_id"], sim.env["GENESYS_CLIENT_SECRET"])
            http.headers["Authorization"] = f"Bearer {token}"
            judged.extend([proxy] if schema else [])
            return cloud

        yield start
    for proxy in judged:
        assert proxy.exchanges > 0
        assert proxy.problems == []


@pytest.fixture
def cloud(opened: Opened) -> Cloud:
    """An organisation with an empty knowledge base."""
    return opened()
