"""A vendor in memory: its articles with their history, and what people do to them.

`Vendor` is the far end without an adapter: nothing in it knows of Syncline. `MemoryStore` adds the
`Store` port. Every act is deterministic: ids count up, times come from the clock that was given.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from ..errors import AlreadyExists, VersionMismatch
from ..model import FIELDS, Asset, Digest, Document, Ref, Status, Version, digest, restrict
from ..ports import Clock

PERSON = "person"
"""The author of what people do; adapters write under another name."""

_ASSET = re.compile(r"syncline:asset/([0-9a-f]{64})")
_EMPTY: Mapping[str, Any] = {"category": (), "labels": frozenset(), "alternatives": ()}


def referenced_assets(body: str) -> list[str]:
    """Return the sha256 of every file that `body` refers to, in order, each once."""
    return list(dict.fromkeys(_ASSET.findall(body)))


@attrs.frozen(kw_only=True)
class Saved:
    """One version in the history of an article."""

    number: int
    value: Document
    at: datetime
    by: str

    @property
    def version(self) -> Version:
        return Version(str(self.number))


@attrs.define(kw_only=True, eq=False)
class Article:
    """One item as the vendor keeps it. `stage` is its life cycle; the flags lie across it."""

    ref: Ref
    history: list[Saved]
    stage: Status = Status.LIVE
    parent: Ref | None = None
    origin: Ref | None = None
    draft: Document | None = None
    restricted: bool = False
    unreadable: bool = False
    unknown: bool = False
    """Its visibility cannot be learnt just now."""
    hidden: bool = False
    """The adapter's credential does not see it at all."""
    listed: bool = True
    """False once it has left the scope of the connection."""
    managed: bool = False
    """The vendor owns it: nobody may write it."""

    @property
    def now(self) -> Saved:
        return self.history[-1]

    @property
    def value(self) -> Document:
        return self.now.value


class Vendor:
    """Articles, and what people do to them.

    Args:
        connection: the first half of every `Ref`.
        clock: the source of all times.
        fields: which of `model.FIELDS` it holds; values of others are not kept.
        saves: what the vendor makes of a value when it is saved, whoever saves it.
        unversioned: fields (labels, say) that change without a new version.
        unique_titles: True when two live items may not have one title.
        remembers_purged: False when a purged item cannot be told from one that never was.
    """

    def __init__(
        self,
        connection: str,
        clock: Clock,
        *,
        fields: frozenset[str] = frozenset(FIELDS),
        saves: Callable[[Document], Document] = lambda value: value,
        unversioned: frozenset[str] = frozenset(),
        unique_titles: bool = False,
        remembers_purged: bool = False,
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.articles: dict[Ref, Article] = {}
        self.files: dict[str, tuple[Asset, bytes]] = {}
        self.log: list[Ref] = []
        """Every change, oldest first: what a change feed reads from."""
        self._fields = fields
        self._saves = saves
        self._unversioned = unversioned
        self._unique_titles = unique_titles
        self._remembers_purged = remembers_purged
        self._ids = 0

    # -- what people do -------------------------------------------------------------------

    def write(
        self, title: str, body: str = "", *, parent: Ref | None = None, id: str = "", **fields: Any
    ) -> Ref:
        """Write and publish a new article; `fields` are those of `Document`."""
        return self.insert(Document(title=title, body=body, **fields), parent=parent, id=id).ref

    def edit(self, ref: Ref, **changes: Any) -> Version:
        """Change fields of an article and publish it: always a new version, as with vendors."""
        article = self.articles[ref]
        value = attrs.evolve(article.value, **changes)
        return self.save(article, value, by=PERSON, force=True).version

    def rename(self, ref: Ref, title: str) -> Version:
        """Give an article another title."""
        return self.edit(ref, title=title)

    def touch(self, ref: Ref) -> Version:
        """Save an article as it is: a new version of the same content."""
        return self.edit(ref)

    def move(self, ref: Ref, parent: Ref | None) -> None:
        """Put an article under another parent."""
        self.articles[ref].parent = parent
        self._changed(ref)

    def trash(self, ref: Ref) -> None:
        """Move an article to the trash, from which `restore` takes it."""
        self.set_stage(ref, Status.TRASHED)

    def archive(self, ref: Ref) -> None:
        """Archive an article."""
        self.set_stage(ref, Status.ARCHIVED)

    def purge(self, ref: Ref) -> None:
        """Remove an article for good."""
        self.set_stage(ref, Status.PURGED)

    def restore(self, ref: Ref) -> Version:
        """Take an article out of the trash or the archive: a new version of the old content."""
        article = self.articles[ref]
        if article.stage not in (Status.TRASHED, Status.ARCHIVED):
            raise ValueError(f"{ref} is {article.stage.value}: only what was put away comes back")
        self._title_is_free(article.value.title, ref)
        article.stage = Status.LIVE
        return self.save(article, article.value, by=PERSON, force=True).version

    def restrict(self, ref: Ref) -> None:
        """Show an article, and all below it, to a few people only."""
        self._flag(ref, restricted=True)

    def open_(self, ref: Ref) -> None:
        """Show an article to everybody again."""
        self._flag(ref, restricted=False)

    def hide(self, ref: Ref, *, hidden: bool = True) -> None:
        """Take an article out of sight of the adapter's credential (or put it back)."""
        self._flag(ref, hidden=hidden)

    def obscure(self, ref: Ref, *, unknown: bool = True) -> None:
        """Make the visibility of an article impossible to learn (or possible again)."""
        self._flag(ref, unknown=unknown)

    def spoil(self, ref: Ref, *, unreadable: bool = True) -> None:
        """Make the body of an article unreadable (or mend it)."""
        self._flag(ref, unreadable=unreadable)

    def leave_scope(self, ref: Ref, *, listed: bool = False) -> None:
        """Take an article out of the connection's scope, alive (or back into it)."""
        self._flag(ref, listed=listed)

    def start_draft(self, ref: Ref, **changes: Any) -> None:
        """Edit an article without publishing it."""
        article = self.articles[ref]
        article.draft = self._saves(attrs.evolve(article.draft or article.value, **changes))
        self._changed(ref)

    def publish_draft(self, ref: Ref) -> Version:
        """Publish the open draft of an article."""
        article = self.articles[ref]
        value = article.draft or article.value
        article.draft, article.stage = None, Status.LIVE
        return self.save(article, value, by=PERSON, force=True).version

    def discard_draft(self, ref: Ref) -> None:
        """Throw the open draft of an article away."""
        self.articles[ref].draft = None
        self._changed(ref)

    def draft(self, title: str, body: str = "", **fields: Any) -> Ref:
        """Write a new article without publishing it."""
        ref = self.write(title, body, **fields)
        self.articles[ref].stage = Status.DRAFT
        return ref

    def upload(
        self, content: bytes, name: str, media_type: str = "application/octet-stream"
    ) -> str:
        """Keep a file for bodies to refer to as `syncline:asset/<sha256>`; return the sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        asset = Asset(sha256=sha256, name=name, media_type=media_type, size=len(content))
        self.files[sha256] = (asset, content)
        return sha256

    # -- what can be seen -----------------------------------------------------------------

    def value(self, ref: Ref) -> Document:
        """Return what an article says now, whatever its status."""
        return self.articles[ref].value

    def history(self, ref: Ref) -> tuple[Saved, ...]:
        """Return every version of an article, oldest first."""
        return tuple(self.articles[ref].history)

    def live(self) -> dict[Ref, Document]:
        """Return what everybody can read."""
        return {r: a.value for r, a in self.articles.items() if self.status(a) is Status.LIVE}

    def status(self, article: Article) -> Status:
        """Return what the vendor answers about an article to somebody who sees it."""
        match article:
            case Article(stage=stage) if stage.gone:
                return stage
            case Article(unknown=True):
                return Status.UNKNOWN
            case Article(unreadable=True):
                return Status.UNREADABLE
        return Status.RESTRICTED if self.is_restricted(article) else article.stage

    def is_restricted(self, article: Article) -> bool:
        """True when it or anything above it is restricted."""
        return article.restricted or any(a.restricted for a in self._ancestors(article))

    def described(self, article: Article) -> Document:
        """Return what an article says, with the facts that surround it."""
        path = tuple(a.value.title for a in self._ancestors(article))[::-1]
        held = [self.files[s][0] for s in referenced_assets(article.value.body) if s in self.files]
        url = f"https://{self.connection}.example/{article.ref.id}"
        return attrs.evolve(article.value, path=path, url=url, assets={a.sha256: a for a in held})

    def aux(self, article: Article) -> str:
        """Return the digest of what changes without a version; empty when all is versioned."""
        unversioned = self._unversioned & set(self._fields)
        if not unversioned:
            return ""
        kept = {n: v for n, v in article.value.canonical().items() if n in unversioned}
        return hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:16]

    # -- the acts that everything above is made of, adapters' writes included --------------

    def insert(
        self,
        value: Document,
        *,
        by: str = PERSON,
        parent: Ref | None = None,
        id: str = "",
        stage: Status = Status.LIVE,
    ) -> Article:
        """Add an article.

        Raises:
            AlreadyExists: the title or the id is taken.
        """
        self._title_is_free(value.title, None)
        ref = Ref(self.connection, id or self._next_id())
        if ref in self.articles:
            raise AlreadyExists(f"{ref}: the id is taken", ref=ref)
        saved = Saved(number=1, value=self.kept(value), at=self.clock.now(), by=by)
        article = Article(ref=ref, history=[saved], parent=parent, stage=stage)
        self.articles[ref] = article
        self._changed(ref)
        return article

    def save(self, article: Article, value: Document, *, by: str, force: bool = False) -> Saved:
        """Save `value` as the newest version; without `force` only when it differs.

        Raises:
            AlreadyExists: the title is taken.
        """
        self._title_is_free(value.title, article.ref)
        kept = self.kept(value)
        if not force and digest(kept) == digest(article.value):
            return article.now
        number = article.now.number + (1 if self._is_versioned(article, kept) else 0)
        article.history.append(Saved(number=number, value=kept, at=self.clock.now(), by=by))
        self._changed(article.ref)
        return article.now

    def set_stage(self, ref: Ref, stage: Status) -> None:
        """Move an article through its life cycle."""
        self.articles[ref].stage = stage
        self._changed(ref)

    def check_version(self, article: Article, expected: Version) -> None:
        """Do nothing when `expected` is the newest version.

        Raises:
            VersionMismatch: somebody wrote since.
        """
        if expected != article.now.version:
            raise VersionMismatch(
                f"{article.ref}: version is {article.now.version}, expected {expected};"
                " it was edited meanwhile and will be read again",
                ref=article.ref,
            )

    def kept(self, value: Document) -> Document:
        """Return what the vendor makes of `value`: its own fields, none of them absent."""
        held = restrict(value, self._fields)
        missing = {
            name: empty
            for name, empty in _EMPTY.items()
            if name in self._fields and getattr(held, name) is None
        }
        return self._saves(attrs.evolve(held, **missing))

    def kept_digest(self, value: Document) -> Digest:
        """Return the digest that `value` would have once saved."""
        return digest(self.kept(value))

    def _is_versioned(self, article: Article, kept: Document) -> bool:
        """True when saving makes a new version; so does saving without any change."""
        old, new = article.value.canonical(), kept.canonical()
        changed = {name for name in FIELDS if old.get(name) != new.get(name)}
        return not changed or not changed <= self._unversioned

    def _title_is_free(self, title: str, own: Ref | None) -> None:
        if not self._unique_titles:
            return
        for other in self.articles.values():
            if other.ref != own and not other.stage.gone and other.value.title == title:
                raise AlreadyExists(f"{other.ref} has the title {title!r} already", ref=other.ref)

    def _ancestors(self, article: Article) -> Iterator[Article]:
        seen, parent = {article.ref}, article.parent
        while parent is not None and parent not in seen:
            seen.add(parent)
            article = self.articles[parent]
            yield article
            parent = article.parent

    def _flag(self, ref: Ref, **flags: bool) -> None:
        for name, value in flags.items():
            setattr(self.articles[ref], name, value)
        self._changed(ref)

    def _changed(self, ref: Ref) -> None:
        self.log.append(ref)

    def _next_id(self) -> str:
        self._ids += 1
        return f"{self._ids}"
