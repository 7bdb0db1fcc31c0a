"""What people do in a history: each act picks its article by number, and may find nothing to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ..body import Element, element, finish, opaque_keys, parse
from ..errors import AlreadyExists
from ..model import Document, Ref, Side, Status, digest
from ..model import restrict as restrict_fields
from ..ports import Capability
from ..state.records import LinkState
from .invariants import JOB
from .vendor import Article, Vendor
from .words import is_birth, words_of
from .world import World

_CLOSED = (Status.RESTRICTED, Status.UNKNOWN)


def write(world: World, side: Side, number: int) -> None:
    """Write a new article; now and then one whose title another one has."""
    ledger = world.ledger
    birth = ledger.birth()
    title = "Shared title" if number % 16 == 15 else f"Page {birth}"
    blocks = [element("p", f"about {birth}")]
    blocks += [element("p", f"{ledger.word()} and so on") for _ in range(number % 3)]
    if number % 4 == 3:
        blocks.insert(1, element("div", "a table of contents", data_opaque=_key(world, birth)))
    if number % 5 == 4:
        panel = element("section", element("p", f"mind {ledger.word()}"), data_panel="note")
        blocks.append(panel)
    ref = world.store(side).write(title, finish(blocks), labels=frozenset({"public"}))
    _saved(world, side, None, world.store(side).articles[ref])


def _key(world: World, birth: str) -> str:
    return f"wiki.toc.{int(birth[1:]):012x}"


def edit(world: World, side: Side, number: int) -> None:
    """Add a word to a paragraph."""
    _change_paragraph(world, side, number, lambda text, word: f"{text} {word}")


def rewrite(world: World, side: Side, number: int) -> None:
    """Say something else in a paragraph."""
    _change_paragraph(world, side, number, lambda text, word: f"instead {word}")


def add(world: World, side: Side, number: int) -> None:
    """Add a paragraph."""
    article = _one(world, side, number)
    if article is not None:
        blocks = [*parse(article.value.body)]
        blocks.insert(1 + number % max(1, len(blocks)), element("p", f"new {world.ledger.word()}"))
        _save(world, side, article, body=finish(blocks))


def drop(world: World, side: Side, number: int) -> None:
    """Take a block out, opaque ones included."""
    article = _one(world, side, number)
    blocks = [*parse(article.value.body)] if article else []
    if article is not None and len(blocks) > 1:
        gone = blocks.pop(1 + number % (len(blocks) - 1))
        if not any(map(is_birth, words_of(Document(title="", body=finish([gone]))))):
            _save(world, side, article, body=finish(blocks))


def rename(world: World, side: Side, number: int) -> None:
    """Give another title."""
    article = _one(world, side, number)
    if article is not None:
        births = sorted(filter(is_birth, words_of(article.value)))
        _save(world, side, article, title=f"Renamed {' '.join(births)} {world.ledger.word()}")


def label(world: World, side: Side, number: int) -> None:
    """Add a label."""
    article = _one(world, side, number)
    if article is not None:
        labels = (article.value.labels or frozenset()) | {world.ledger.label()}
        _save(world, side, article, labels=labels)


def unlabel(world: World, side: Side, number: int) -> None:
    """Take a label away."""
    article = _one(world, side, number)
    labels = sorted(article.value.labels or ()) if article else []
    if article is not None and labels:
        gone = labels[number % len(labels)]
        _save(world, side, article, labels=frozenset(labels) - {gone})


def link(world: World, side: Side, number: int) -> None:
    """Add a link to another article of the same system."""
    article, target = _one(world, side, number), _one(world, side, number // 7 + 1)
    if article is not None and target is not None and article is not target:
        href = f"syncline:doc/{target.ref.connection}:{target.ref.id}"
        line = element("p", f"see {world.ledger.word()} ", element("a", "there", href=href))
        _save(world, side, article, body=finish([*parse(article.value.body), line]))


def touch(world: World, side: Side, number: int) -> None:
    """Save without a change."""
    article = _one(world, side, number)
    if article is not None and article.draft is None:
        world.store(side).touch(article.ref)


def trash(world: World, side: Side, number: int) -> None:
    _put_away(world, side, number, Vendor.trash)


def archive(world: World, side: Side, number: int) -> None:
    _put_away(world, side, number, Vendor.archive)


def purge(world: World, side: Side, number: int) -> None:
    _put_away(world, side, number, Vendor.purge)


def restore(world: World, side: Side, number: int) -> None:
    """Take an article out of the trash or the archive."""
    away = [
        a
        for a in world.store(side).articles.values()
        if a.stage in (Status.TRASHED, Status.ARCHIVED)
    ]
    if away:
        article = away[number % len(away)]
        world.store(side).restore(article.ref)
        _saved(world, side, None, article)
        if _stands_removed(world, side, article):
            world.ledger.thrown_away(article.value)
        # Its place may have been taken meanwhile: then a person has made two of one.
        world.checker.split |= set(filter(is_birth, words_of(article.value)))


def _stands_removed(world: World, side: Side, article: Article) -> bool:
    """Tell whether a person has put the counterpart away, too, which no pass has seen yet.

    Which of the two was done last nobody can know: what is gone on one side, and says on the other
    what it always said, goes there as well. A pass that had seen both away has ended the pair.
    """
    link = world.state.link(JOB, article.ref)
    if link is None or link.state not in (LinkState.SYNCED, LinkState.CONFLICT):
        return False
    half, other = link.half(side), link.half(side.other).ref
    shared = restrict_fields(article.value, world.left.fields & world.right.fields)
    unedited = half.digest == digest(shared)
    return unedited and other is not None and world.store(side.other).articles[other].stage.gone


def restrict(world: World, side: Side, number: int) -> None:
    """Show an article to a few people only."""
    article = _one(world, side, number)
    if article is not None:
        world.store(side).restrict(article.ref)


def unrestrict(world: World, side: Side, number: int) -> None:
    """Show restricted articles to everybody again."""
    for article in world.store(side).articles.values():
        if article.restricted:
            world.store(side).open_(article.ref)
            break
    _publish_open(world, side)


def move(world: World, side: Side, number: int) -> None:
    """Put an article below another one, whose restriction it then shares."""
    article, parent = _one(world, side, number), _one(world, side, number // 5)
    if article is not None:
        above = parent if parent is not None and not _is_below(world, parent, article) else None
        world.store(side).move(article.ref, above.ref if above else None)
        _publish_open(world, side)


def hide(world: World, side: Side, number: int) -> None:
    """Take an article out of sight of our credential, or put it back."""
    article = _one(world, side, number)
    if article is not None:
        world.store(side).hide(article.ref, hidden=not article.hidden)


def obscure(world: World, side: Side, number: int) -> None:
    """Make the visibility of an article impossible to learn, or possible again."""
    article = _one(world, side, number)
    if article is not None:
        world.store(side).obscure(article.ref, unknown=not article.unknown)
        _publish_open(world, side)


def spoil(world: World, side: Side, number: int) -> None:
    """Make an article unreadable, or mend it."""
    article = _one(world, side, number)
    if article is not None:
        world.store(side).spoil(article.ref, unreadable=not article.unreadable)
        _publish_open(world, side)


def leave(world: World, side: Side, number: int) -> None:
    """Move an article out of what the connection covers, or back."""
    article = _one(world, side, number)
    if article is not None:
        world.store(side).leave_scope(article.ref, listed=not article.listed)


def start_draft(world: World, side: Side, number: int) -> None:
    """Edit an article and leave the edit unpublished."""
    article = _one(world, side, number)
    store = world.store(side)
    if article is None or Capability.DRAFTS not in store.capabilities:
        return
    if article.draft is None and article.stage is Status.LIVE:
        body = finish([*parse(article.value.body), element("p", f"draft {world.ledger.word()}")])
        store.start_draft(article.ref, body=body)
        world.ledger.saved(article.value, article.draft or article.value, secretly=True)


def publish_draft(world: World, side: Side, number: int) -> None:
    """Publish an open draft."""
    for article in world.store(side).articles.values():
        if article.draft is not None and article.stage is Status.LIVE:
            before = article.value
            world.store(side).publish_draft(article.ref)
            _saved(world, side, before, article)
            _publish_open(world, side)
            return


def discard_draft(world: World, side: Side, number: int) -> None:
    """Throw an open draft away."""
    for article in world.store(side).articles.values():
        if article.draft is not None and article.stage is Status.LIVE:
            thrown = words_of(article.draft) - words_of(article.value)
            world.ledger.thrown |= thrown
            world.store(side).discard_draft(article.ref)
            return


ACTS: Final[Mapping[str, Callable[[World, Side, int], None]]] = MappingProxyType(
    {
        act.__name__: act
        for act in (
            *(write, edit, rewrite, add, drop, rename, label, unlabel, link, touch),
            *(trash, archive, purge, restore, restrict, unrestrict, move),
            *(hide, obscure, spoil, leave, start_draft, publish_draft, discard_draft),
        )
    }
)
"""By name: everything that a person does. `act(world, side, number)`."""


def act(world: World, name: str, side: Side, number: int) -> None:
    """Let a person do something; what the vendor refuses does not happen."""
    try:
        ACTS[name](world, side, number)
    except AlreadyExists:
        return
    world.look()


# -- how acts are made ---------------------------------------------------------------------


def _one(world: World, side: Side, number: int) -> Article | None:
    """Return the article of that number among those that people can work with."""
    found = [
        a
        for a in world.store(side).articles.values()
        if not a.stage.gone and a.stage is not Status.DRAFT
    ]
    return found[number % len(found)] if found else None


def _change_paragraph(
    world: World, side: Side, number: int, change: Callable[[str, str], str]
) -> None:
    article = _one(world, side, number)
    if article is None:
        return
    blocks = [*parse(article.value.body)]
    plain = [i for i, block in enumerate(blocks) if block.tag == "p" and _is_plain(block)]
    if not plain:
        return
    place = plain[(number // 3) % len(plain)]
    text = str(blocks[place].children[0])
    births = sorted(filter(is_birth, words_of(Document(title=text))))
    new = change(text, world.ledger.word())
    if not set(births) <= words_of(Document(title=new)):
        new = f"about {' '.join(births)} {new}"
    blocks[place] = element("p", new)
    _save(world, side, article, body=finish(blocks))


def _is_plain(block: Element) -> bool:
    return len(block.children) == 1 and isinstance(block.children[0], str)


def _save(world: World, side: Side, article: Article, **changes: object) -> None:
    before = article.value
    if article.draft is not None:
        return  # people with an open draft publish or discard it first
    world.store(side).edit(article.ref, **changes)
    _saved(world, side, before, article)


def _saved(world: World, side: Side, before: Document | None, article: Article) -> None:
    secretly = world.store(side).status(article) in _CLOSED
    world.ledger.saved(before, article.value, secretly=secretly)
    if before is not None:
        gone = set(opaque_keys(before.body)) - set(opaque_keys(article.value.body))
        world.dropped_opaques |= gone
    if not secretly:
        world.ledger.published(article.value)


def _put_away(world: World, side: Side, number: int, how: Callable[[Vendor, Ref], None]) -> None:
    article = _one(world, side, number)
    if article is not None:
        world.ledger.thrown_away(article.value)
        world.ledger.thrown_away(article.draft)
        article.draft = None
        how(world.store(side), article.ref)


def _publish_open(world: World, side: Side) -> None:
    """What became open is no secret any more, whatever its place in the tree."""
    store = world.store(side)
    for article in store.articles.values():
        if store.status(article) is Status.LIVE:
            world.ledger.published(article.value)


def _is_below(world: World, article: Article, above: Article) -> bool:
    articles = world.store(world.side_of(article.ref)).articles
    here: Article | None = article
    while here is not None:
        if here is above:
            return True
        here = articles[here.parent] if here.parent is not None else None
    return False


__all__ = ["ACTS", "act"]
