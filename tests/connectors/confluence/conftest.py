"""The collected Confluence pages, a resolver for pages that belong to no site, and a site."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from syncline.clock import SystemClock
from syncline.connector import Context
from syncline.model import Asset, Ref
from syncline.ports import Clock, Secret
from syncline.testing import MemoryCache
from syncline.testing.bodies import ASSET
from syncline_confluence import connector
from syncline_confluence.storage.resolver import PageName, Resolver, title_key
from syncline_confluence.store import ConfluenceStore
from syncline_simulators.running import Running, running

BROKEN = frozenset(
    {
        "cfo-malformed-unclosed-tag.xml",
        "cfo-unknown-entity.xml",
        "dtc-1355-source-code-format-transformed.xhtml",
        "h2m-raw_text.xhtml",
    }
)
"""Collected files that Confluence would refuse: they are not well-formed."""


@pytest.fixture(scope="session")
def pages(shared: Path) -> dict[str, str]:
    """The well-formed pages of the corpus, by file name."""
    folder = shared / "corpus" / "confluence"
    files = [p for p in sorted(folder.iterdir()) if p.suffix in (".xml", ".xhtml")]
    return {p.name: _read(p) for p in files if p.name not in BROKEN}


@pytest.fixture(scope="session")
def broken_pages(shared: Path) -> dict[str, str]:
    """The pages of the corpus that are not well-formed, by file name."""
    return {name: _read(shared / "corpus" / "confluence" / name) for name in sorted(BROKEN)}


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


@pytest.fixture(scope="session")
def resolver() -> Resolver:
    """A resolver that knows the page's own place and nothing else."""
    return Resolver(
        connection="wiki", page="1", space="KB", base="https://example.atlassian.net/wiki"
    )


@pytest.fixture(scope="session")
def linked(resolver: Resolver) -> Resolver:
    """A resolver that knows the page and the file that random bodies refer to."""
    asset = Asset(sha256=ASSET, name="a b.png", media_type="image/png", size=3)
    return evolve(
        resolver,
        pages={("KB", title_key("Seven & more")): "98312"},
        names={"98312": PageName(space="KB", title="Seven & more")},
        files={("1", "a b.png"): asset},
        uploads={ASSET: "a b.png"},
    )


@pytest.fixture
def wiki() -> Iterator[Running]:
    """A site of its own, which is in no hurry to limit anybody."""
    with running("confluence", rate_limit="5000/s") as simulator:
        yield simulator


@pytest.fixture
def clock() -> Clock:
    """The clock of its stores."""
    return SystemClock()


@pytest.fixture
async def opened(wiki: Running, clock: Clock) -> AsyncIterator[Callable[..., ConfluenceStore]]:
    """`opened(**settings)` opens the store of the site's connection: a process begins."""
    async with AsyncExitStack() as stack:

        def open_store(**settings: Any) -> ConfluenceStore:
            table = {k: v for k, v in wiki.connection.items() if k != "connector"}
            table["token"] = Secret(wiki.env[table["token"]["env"]])
            made = connector.settings(**{**table, "requests_per_second": 5000.0, **settings})
            context = Context(connection="wiki", clock=clock, cache=MemoryCache())
            assert connector.documents is not None
            store = connector.documents(made, context)
            assert isinstance(store, ConfluenceStore)
            stack.push_async_callback(store.aclose)
            return store

        yield open_store


@pytest.fixture
def store(opened: Callable[..., ConfluenceStore]) -> ConfluenceStore:
    """A store with the connection's own settings."""
    return opened()


@pytest.fixture
def page(wiki: Running) -> Callable[..., Ref]:
    """Writes a page, or makes a folder, as a person: `page("Title", "<p>text</p>")`."""

    def made(title: str, body: str = "<p>text</p>", **more: Any) -> Ref:
        text = {} if more.get("type") == "folder" else {"body": body}
        return Ref("wiki", wiki.act({"do": "create", "title": title, **text, **more})["id"])

    return made


@frozen
class Picture:
    """A file that pages show."""

    content: bytes = b"\x89PNG\r\n\x1a\n picture"
    markup: str = '<ac:image><ri:attachment ri:filename="a.png" /></ac:image>'

    @property
    def sha256(self) -> str:
        """The hash of its content."""
        return hashlib.sha256(self.content).hexdigest()


@pytest.fixture
def picture() -> Picture:
    """A picture called a.png."""
    return Picture()


@pytest.fixture
def attach(wiki: Running, picture: Picture) -> Callable[..., None]:
    """Attaches a.png to a page, as a person."""

    def attached(ref: Ref, content: bytes = picture.content) -> None:
        encoded = base64.b64encode(content).decode()
        wiki.act({"do": "attach", "id": ref.id, "filename": "a.png", "content": encoded})

    return attached
