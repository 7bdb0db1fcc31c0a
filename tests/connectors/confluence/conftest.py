"""The collected Confluence pages, and a resolver for pages that belong to no site."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from syncline.model import Asset
from syncline.testing.bodies import ASSET
from syncline_confluence.storage.resolver import PageName, Resolver, title_key

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
