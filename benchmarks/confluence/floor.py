"""Bare lxml parse + serialise + nh3, which nobody can do without, and our conversion beside it."""

from __future__ import annotations

import re
from html.entities import name2codepoint

import nh3
from lxml import etree

from syncline.model import Asset, Digest, Document, digest
from syncline_confluence.storage.decode import decode
from syncline_confluence.storage.resolver import PageName, Resolver, title_key

_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_PICTURE = Asset(sha256="ab" * 32, name="screenshot.png", media_type="image/png", size=1)
RESOLVER = Resolver(
    connection="wiki",
    page="1",
    space="KB",
    base="https://example.atlassian.net/wiki",
    pages={("KB", title_key("Other page")): "7"},
    names={"7": PageName(space="KB", title="Other page")},
    files={("1", "screenshot.png"): _PICTURE},
)


def parse(raw: str) -> etree._Element:
    """Parse as any strict reader has to: prefixes bound, the entities that occur declared."""
    names = {name for name in _ENTITY.findall(raw) if name in name2codepoint}
    names -= {"lt", "gt", "amp", "quot"}
    subset = "".join(f'<!ENTITY {n} "&#{name2codepoint[n]};">' for n in sorted(names))
    wrapped = f'<!DOCTYPE w [{subset}]><w xmlns:ac="a" xmlns:ri="r">{raw}</w>'
    return etree.fromstring(wrapped.encode())


def floor(raw: str) -> str:
    """Parse, serialise, sanitise, and nothing else."""
    return nh3.clean(etree.tostring(parse(raw), encoding="unicode"))


def ours(raw: str) -> str:
    """Convert to the body profile."""
    return decode(raw, RESOLVER).body


def unchanged(raw: str, body: str, known: Digest) -> bool:
    """Parse, then hash the canonical form and compare: what tells that nothing changed."""
    parse(raw)
    return digest(Document(title="t", body=body)) == known
