"""Loading pages from a folder of storage format, or from an index that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from . import files, labels, pages
from .accounts import Account
from .content import Content, Members, Space
from .refusal import Refusal
from .registers import registered
from .restrictions import named, replace
from .rules import saved_body
from .search import entry
from .site import EDITORS, add_space
from .wiki import Wiki

_SUFFIXES = (".xhtml", ".xml")
_FIELDS = {
    "file",
    "body",
    "title",
    "parent",
    "labels",
    "restricted",
    "attachments",
    "folder",
    "space",
    "archived",
}


@attrs.frozen(kw_only=True)
class Entry:
    """One page or folder to load."""

    name: str
    """The file, or what to call it in messages."""
    title: str
    body: bytes
    folder: bool = False
    parent: str | None = None
    """The title of a page or folder that comes earlier."""
    labels: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    attachments: tuple[Path, ...] = ()
    space: str | None = None
    archived: bool = False


def load(wiki: Wiki, who: Account, space: Space, path: Path) -> list[dict[str, str]]:
    """Load what is there; return what the wiki refused, with its reason.

    Raises:
        ValueError: the path or its index cannot be used.
        OSError: a file cannot be read.
    """
    refused: list[dict[str, str]] = []
    placed: dict[tuple[str, str], Content] = {}
    gates: list[tuple[Content, Members]] = []
    for one in _entries(path):
        try:
            # Who loads may not see what is restricted to others, and pages below it come later.
            gate = named(wiki, one.restricted)
            gates.append((_place(wiki, who, space, one, placed), gate))
        except (Refusal, UnicodeDecodeError) as error:
            refused.append({"file": one.name, "reason": str(error)})
    for content, gate in gates:
        if gate:
            replace(wiki, who, content, "read", gate)
    for content in wiki.contents.values():
        wiki.search.put(entry(content))
    return refused


def _place(
    wiki: Wiki,
    who: Account,
    home: Space,
    one: Entry,
    placed: dict[tuple[str, str], Content],
) -> Content:
    space = home if one.space is None else wiki.space_by_key(one.space)
    if space is None:
        space = add_space(wiki, who, str(one.space), str(one.space))
    above = placed.get((space.id, one.parent)) if one.parent is not None else None
    if one.parent is not None and above is None:
        raise ValueError(f"{one.name}: no page or folder titled {one.parent!r} comes before it")
    body = one.body.decode("utf-8")
    content = pages.create(
        wiki,
        who,
        space,
        title=one.title,
        parent=space.homepage if above is None else above.id,
        kind="folder" if one.folder else "page",
    )
    try:
        _fill(wiki, who, content, one, body)
    except Refusal:
        pages.purge(wiki, who, content)
        raise
    placed[space.id, one.title] = content
    return content


def _fill(wiki: Wiki, who: Account, content: Content, one: Entry, body: str) -> None:
    """Attachments first: links to them are saved with their version."""
    for file in one.attachments:
        files.attach(wiki, who, content, title=file.name, data=file.read_bytes())
    saved = saved_body(wiki, content, body)
    with registered(wiki, content):
        content.body, content.links = saved.body, saved.links
        content.versions[-1] = attrs.evolve(content.version, body=saved.body)
    labels.add(wiki, who, content, one.labels)
    if one.archived:
        pages.archive(wiki, who, content)


def _entries(path: Path) -> Iterator[Entry]:
    if path.is_dir():
        index = path / "index.json"
        listed = _index(index) if index.is_file() else []
        yield from listed
        known = {one.name for one in listed}
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path).as_posix()
            if file.suffix in _SUFFIXES and name not in known:
                yield Entry(name=name, title=file.stem, body=file.read_bytes())
    elif path.suffix == ".json":
        yield from _index(path)
    elif path.suffix in _SUFFIXES:
        yield Entry(name=path.name, title=path.stem, body=path.read_bytes())
    else:
        raise ValueError(f"{path} is neither a folder, nor storage format, nor an index.json")


def _index(path: Path) -> list[Entry]:
    """The pages that an index lists under `pages`; other indexes beside the files are ignored."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    listed = raw.get("pages", []) if isinstance(raw, dict) else raw
    if not isinstance(listed, list):
        raise ValueError(f"{path}: 'pages' is a list of objects")
    return [_entry(path, one) for one in listed]


def _entry(path: Path, raw: object) -> Entry:
    if not isinstance(raw, dict) or set(raw) - _FIELDS:
        unknown = sorted(set(raw) - _FIELDS) if isinstance(raw, dict) else raw
        raise ValueError(f"{path}: a page has the fields {sorted(_FIELDS)}, not {unknown}")
    file, title = raw.get("file"), raw.get("title")
    if title is None and file is None:
        raise ValueError(f"{path}: a page needs a 'file' or a 'title': {raw}")
    name = str(file or title)
    return Entry(
        name=name,
        title=str(title or Path(name).stem),
        body=_content(path.parent, raw),
        folder=bool(raw.get("folder")),
        parent=raw.get("parent"),
        labels=tuple(raw.get("labels", ())),
        restricted=_restricted(raw.get("restricted")),
        attachments=tuple(path.parent / one for one in raw.get("attachments", ())),
        space=raw.get("space"),
        archived=bool(raw.get("archived")),
    )


def _content(folder: Path, raw: Mapping[str, Any]) -> bytes:
    if raw.get("file") is not None:
        return (folder / str(raw["file"])).read_bytes()
    return str(raw.get("body", "")).encode()


def _restricted(raw: object) -> tuple[str, ...]:
    """`true` restricts to the editors; a list names groups and e-mail addresses."""
    if raw is True:
        return (EDITORS,)
    return tuple(str(one) for one in raw) if isinstance(raw, list) else ()
