"""What people rely on when their articles are files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from syncline.errors import NotFound, Rejected, Unavailable, VersionMismatch
from syncline.model import Complete, Document, Head, Incomplete, Record, Ref, Status
from syncline.testing import Attempt, MemoryCache
from syncline.testing.contract.questions import complete, content, listing
from syncline_files import Settings, connector
from syncline_files.store import FileStore

ORIGIN = Ref("kb", "a1")
PICTURE = b"\x89PNG not really"


@pytest.fixture
def form() -> str:
    return "markdown"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(folder: Path, pattern: str = "*.md") -> list[Path]:
    return [*folder.rglob(pattern)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def unmount(folder: Path, *, leave: bool) -> None:
    """Move the folder away; with `leave`, an empty one stays in its place."""
    folder.rename(folder.with_name("away"))
    if leave:
        folder.mkdir()


def ref(id: str) -> Ref:
    return Ref("notes", id)


async def copied(store: FileStore, **fields: object) -> Record:
    value = Document(**{"title": "Hours", "body": "<p>9 to 5</p>", **fields})  # type: ignore[arg-type]  # by name
    return await store.create(value, write=Attempt(ORIGIN, files=(PICTURE,)).write)


async def updated(store: FileStore, ref: Ref, **fields: object) -> Record:
    now = await store.fetch(ref)
    value = Document(**{"title": "Hours", **content(now.value), **fields})  # type: ignore[arg-type]  # by name
    return await store.update(ref, value, expected=now.version, write=Attempt(ORIGIN).write)


# -- what a file says


@pytest.mark.parametrize(
    ("name", "text", "title", "body"),
    [
        ("a.md", "---\ntitle: Given\n---\n# Heading\n", "Given", "<h1>Heading</h1>"),
        ("a.md", "# The *first* heading #\n\ntext\n", "The first heading", "<p>text</p>"),
        ("a.md", "\n\n# Late\ntext\n", "Late", "<p>text</p>"),
        ("opening-hours.md", "text\n\n# Later\n", "opening hours", "<p>text</p><h1>Later</h1>"),
        ("a.md", "#hashtag\n", "a", "<p>#hashtag</p>"),
        ("a.html", "<title>Tea &amp; co</title><body><p>x</p></body>", "Tea & co", "<p>x</p>"),
        ("my_page.html", "<p>x</p>", "my page", "<p>x</p>"),
        ("a.md", "\ufeff---\ntitle: With a mark\n---\nx\n", "With a mark", "<p>x</p>"),
        ("empty.md", "", "empty", ""),
    ],
)
async def test_the_title_is_where_people_put_it(
    store: FileStore, folder: Path, name: str, text: str, title: str, body: str
) -> None:
    write(folder / name, text)
    record = await store.fetch(ref(name))
    assert record.value is not None
    assert (record.value.title, record.value.body) == (title, body)
    heads = await complete(store)
    assert heads[ref(name)].title == title


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "# Old\n\ntext\n", "# New title\n\ntext\n"),
        (
            "a.md",
            "---\ntitle: Old # why\nx: 1\n---\nt\n",
            "---\ntitle: New title # why\nx: 1\n---\nt\n",
        ),
        ("old.md", "text\n", "---\ntitle: New title\n---\ntext\n"),
        ("a.html", "<title>Old</title><p>x</p>", "<title>New title</title><p>x</p>"),
    ],
)
async def test_a_new_title_is_written_where_the_old_one_was(
    store: FileStore, folder: Path, name: str, text: str, expected: str
) -> None:
    path = write(folder / name, text)
    now = await store.fetch(ref(name))
    assert now.value is not None
    value = Document(title="New title", body=now.value.body)
    unmarked = Attempt(ORIGIN, mark=False).write
    await store.update(ref(name), value, expected=now.version, write=unmarked)
    assert path.read_text() == expected


async def test_the_folder_is_the_category_unless_the_front_matter_gives_one(
    store: FileStore, folder: Path
) -> None:
    write(folder / "Guides/Phones/a.md", "text")
    write(folder / "Guides/b.md", "---\ncategory: [Other, Place]\n---\ntext")
    a, b = await store.fetch(ref("Guides/Phones/a.md")), await store.fetch(ref("Guides/b.md"))
    assert content(a.value)["category"] == ["Guides", "Phones"]
    assert content(b.value)["category"] == ["Other", "Place"]
    await updated(store, a.ref, category=("Guides",))
    assert (folder / "Guides/Phones/a.md").read_text().startswith("---\ncategory: [Guides]\n")


async def test_a_new_article_lies_in_the_folder_of_its_category(
    store: FileStore, folder: Path
) -> None:
    write(folder / "guides/there.md", "text")
    awkward = ("Guides", "A/B", "..", "aux")
    record = await copied(store, title="New: hours?", category=awkward)
    path = found(folder, "new-hours-*.md")[0]
    assert path.relative_to(folder).parts[:-1] == ("guides", "A-B", "_", "aux_")
    assert content(record.value)["category"] == [*awkward]
    assert content((await store.fetch(record.ref)).value) == content(record.value)


async def test_what_is_written_is_what_people_would_write(store: FileStore, folder: Path) -> None:
    await copied(store, labels=frozenset({"b", "a b"}), alternatives=("When?",), category=())
    [path] = found(folder)
    id = path.stem.removeprefix("hours-")
    assert path.read_text() == (
        f'---\ntitle: Hours\nid: "{id}"\nlabels: [a b, b]\nalternatives: ["When?"]\n'
        'origin: "kb:a1"\n---\n9 to 5\n'
    ).replace(f'"{id}"', id if id[0].isalpha() else f'"{id}"')


async def test_an_edit_changes_only_what_was_edited(store: FileStore, folder: Path) -> None:
    text = "---\n# mine\nweight: 3\ntitle: T\n---\n* one\n* two\n\n\n__last__ line\n"
    path = write(folder / "a.md", text)
    now = await store.fetch(ref("a.md"))
    body = str(content(now.value)["body"]).replace("two", "three")
    unmarked = Attempt(ORIGIN, mark=False).write
    value = Document(title="T", body=body)
    await store.update(ref("a.md"), value, expected=now.version, write=unmarked)
    assert path.read_text() == text.replace("two", "three")


# -- identity


async def test_a_changed_title_never_moves_the_file(store: FileStore, folder: Path) -> None:
    record = await copied(store)
    [before] = found(folder)
    after = await updated(store, record.ref, title="Entirely different")
    assert found(folder) == [before]
    assert after.ref == record.ref


async def test_an_article_with_an_id_may_be_moved_and_renamed(
    store: FileStore, folder: Path
) -> None:
    record = await copied(store)
    before = (await complete(store))[record.ref]
    [path] = found(folder)
    (folder / "Moved").mkdir()
    path.rename(folder / "Moved" / "renamed.md")
    # A read notices it even before the next listing.
    assert content((await store.fetch(record.ref)).value)["category"] == ["Moved"]
    after = (await complete(store))[record.ref]
    assert after.version == before.version
    assert after.aux != before.aux
    assert list(await store.find(ORIGIN, None)) == [record.ref]


async def test_a_copied_file_does_not_take_the_identity_of_the_first(
    store: FileStore, folder: Path
) -> None:
    record = await copied(store)
    await complete(store)
    [path] = found(folder)
    shutil.copy(path, folder / "a-copy.md")
    heads = await complete(store)
    assert heads[record.ref].status is Status.LIVE
    assert heads[ref("a-copy.md")].status is Status.UNREADABLE
    assert (await store.fetch(ref("a-copy.md"))).status is Status.UNREADABLE
    assert content((await store.fetch(record.ref)).value) == content(record.value)
    path.unlink()
    assert (await complete(store))[record.ref].status is Status.LIVE


async def test_another_process_knows_the_ids_and_marks(
    store: FileStore, reopened: Callable[..., FileStore]
) -> None:
    record = await copied(store)
    for cache in (MemoryCache(), MemoryCache()):
        again = reopened(cache)
        assert await again.fetch(record.ref) == record
        assert list(await again.find(ORIGIN, None)) == [record.ref]
        assert (await copied(again)).ref == record.ref


async def test_a_deleted_article_lies_in_the_trash_and_its_id_is_not_used_again(
    store: FileStore, folder: Path
) -> None:
    first = await copied(store)
    await store.delete(first.ref, expected=first.version)
    assert (await store.fetch(first.ref)).status is Status.TRASHED
    second = await copied(store)
    assert second.ref != first.ref
    await store.delete(second.ref, expected=second.version)
    assert len([*(folder / ".trash").rglob("*.md")]) == 2
    assert await complete(store) == {}


async def test_what_is_removed_and_what_never_was_are_both_gone(
    store: FileStore, folder: Path
) -> None:
    path = write(folder / "a.md", "text")
    assert (await store.fetch(ref("a.md"))).status is Status.LIVE
    path.unlink()
    for id in ("a.md", "never.md", "0123456789ab", "no/such/folder.md", "../a.md"):
        assert (await store.fetch(ref(id))).status is Status.PURGED


async def test_an_id_that_was_added_later_is_another_identity(
    store: FileStore, folder: Path
) -> None:
    write(folder / "a.md", "---\nid: fresh\n---\ntext")
    with pytest.raises(NotFound, match="fresh"):
        await store.fetch(ref("a.md"))
    assert (await store.fetch(ref("fresh"))).status is Status.LIVE


async def test_an_original_that_was_made_again_is_found_without_a_mark(store: FileStore) -> None:
    value = Document(title="Hours", body="<p>9 to 5</p>")
    record = await store.create(value, write=Attempt(ORIGIN, mark=False).write)
    assert record.origin is None
    assert list(await store.find(ORIGIN, value)) == [record.ref]
    assert list(await store.find(ORIGIN, Document(title="Other", body=""))) == []


# -- what cannot be read


async def test_what_cannot_be_read_is_listed_with_its_reason(
    store: FileStore, folder: Path
) -> None:
    write(folder / "good.md", "text")
    (folder / "latin.md").write_bytes(b"caf\xe9")
    write(folder / "broken.md", "---\ntitle: [\n---\n")
    (folder / "link.md").symlink_to(folder / "good.md")
    os.mkfifo(folder / "pipe.md")
    with (folder / "large.md").open("wb") as file:
        file.truncate(6_000_000)
    (folder / os.fsdecode(b"n\xe4me.md")).write_text("text")
    heads = await complete(store)
    unreadable = {r.id for r, head in heads.items() if head.status is Status.UNREADABLE}
    names = {"latin.md", "broken.md", "link.md", "pipe.md", "large.md", "n\\xe4me.md"}
    assert unreadable == names
    assert heads[ref("good.md")].status is Status.LIVE
    for name in names - {"n\\xe4me.md"}:
        record = await store.fetch(ref(name))
        assert (record.status, record.version) == (Status.UNREADABLE, "")
        assert record.reason


async def test_what_is_listed_can_be_too_costly_to_read(store: FileStore, folder: Path) -> None:
    write(folder / "deep.md", ">" * 500 + "a")
    assert (await complete(store))[ref("deep.md")].status is Status.LIVE
    with pytest.raises(Rejected, match=r"notes:deep\.md"):
        await store.fetch(ref("deep.md"))


async def test_a_draft_is_not_an_article_yet(store: FileStore, folder: Path) -> None:
    path = write(folder / "a.md", "---\ndraft: true\n---\ntext")
    record = await store.fetch(ref("a.md"))
    assert (record.status, record.value) == (Status.DRAFT, None)
    assert (await complete(store))[ref("a.md")].status is Status.DRAFT
    with pytest.raises(VersionMismatch):
        await store.delete(ref("a.md"), expected=record.version)
    write(path, "---\ndraft: false\n---\ntext")
    assert (await store.fetch(ref("a.md"))).status is Status.LIVE


async def test_hidden_and_other_files_are_no_articles(store: FileStore, folder: Path) -> None:
    for name in (".hidden.md", ".git/a.md", "picture.png", "notes.txt", ".trash/b.md"):
        write(folder / name, "text")
    assert await complete(store) == {}


async def test_ignored_paths_are_outside_the_scope(
    folder: Path, reopened: Callable[..., FileStore]
) -> None:
    write(folder / "drafts/a.md", "text")
    write(folder / "b.md", "text")
    store = reopened(ignore=frozenset({"drafts/*"}))
    assert [*await complete(store)] == [ref("b.md")]
    assert not (await store.fetch(ref("drafts/a.md"))).in_scope
    assert (await store.fetch(ref("b.md"))).in_scope
    _, narrow = await listing(store)
    _, wide = await listing(reopened())
    assert isinstance(narrow, Complete)
    assert isinstance(wide, Complete)
    assert narrow.scope != wide.scope
    record = await copied(store, category=("drafts",))
    assert record.in_scope


# -- the folder itself


async def test_a_missing_folder_is_not_an_empty_one(store: FileStore, folder: Path) -> None:
    write(folder / "a.md", "text")
    await complete(store)
    unmount(folder, leave=False)
    _, end = await listing(store)
    assert isinstance(end, Incomplete)
    for action in (store.fetch(ref("a.md")), copied(store)):
        with pytest.raises(Unavailable, match="no such folder"):
            await action


async def test_an_empty_mount_point_is_not_the_folder(store: FileStore, folder: Path) -> None:
    record = await copied(store)
    assert (folder / ".syncline").is_file()
    await complete(store)
    unmount(folder, leave=True)
    _, end = await listing(store)
    assert isinstance(end, Incomplete)
    assert ".syncline" in end.reason
    with pytest.raises(Unavailable, match="mount"):
        await store.fetch(record.ref)
    with pytest.raises(Unavailable):
        await copied(store)
    assert names(folder) == []


async def test_a_folder_that_is_only_read_is_never_written_to(
    folder: Path, reopened: Callable[..., FileStore]
) -> None:
    path = write(folder / "a.md", "text")
    cache = MemoryCache()
    await complete(reopened(cache))
    assert names(folder) == ["a.md"]
    path.unlink()
    _, end = await listing(reopened(cache))
    assert isinstance(end, Incomplete)
    (folder / ".syncline").touch()
    assert await complete(reopened(cache)) == {}


async def test_a_folder_that_vanishes_during_a_listing_makes_it_incomplete(
    store: FileStore, folder: Path
) -> None:
    write(folder / "a.md", "text")
    write(folder / "below/b.md", "text")
    entries = store.heads()
    first = await anext(entries)
    assert isinstance(first, Head)
    shutil.rmtree(folder / "below")
    assert [type(entry) async for entry in entries] == [Incomplete]


async def test_a_folder_that_became_a_link_hides_nothing(
    store: FileStore, folder: Path, tmp_path: Path
) -> None:
    write(folder / "below/b.md", "text")
    (folder / "below").rename(tmp_path / "elsewhere")
    (folder / "below").symlink_to(tmp_path / "elsewhere")
    record = await store.fetch(ref("below/b.md"))
    assert record.status is Status.UNREADABLE


# -- links and files


async def test_links_between_articles_follow_their_identity(store: FileStore, folder: Path) -> None:
    record = await copied(store)
    [copy] = found(folder)
    write(folder / "sub/a.md", f"[b](../b.md#part) [c](../{copy.name}) [d](/b.md) [e](../../x.md)")
    write(folder / "b.md", "text")
    body = str(content((await store.fetch(ref("sub/a.md"))).value)["body"])
    assert 'href="syncline:doc/notes:b.md#part"' in body
    assert f'href="syncline:doc/notes:{record.ref.id}"' in body
    assert body.count("<a ") == 3
    target = f'<p><a href="syncline:doc/notes:{record.ref.id}">new</a></p>'
    await updated(store, ref("sub/a.md"), body=body + target)
    assert f"[new](../{copy.name})" in (folder / "sub/a.md").read_text()


async def test_an_image_beside_the_text_is_read_and_its_change_is_noticed(
    store: FileStore, folder: Path
) -> None:
    write(folder / "sub/a.md", "![plan](my%20plan.png) ![gone](missing.png) ![out](../../x.png)")
    (folder / "sub/my plan.png").write_bytes(PICTURE)
    before = await store.fetch(ref("sub/a.md"))
    assert before.value is not None
    [asset] = before.value.assets.values()
    assert (asset.name, asset.media_type, asset.size) == ("my plan.png", "image/png", len(PICTURE))
    assert before.value.body == (
        f'<p><img alt="plan" src="syncline:asset/{asset.sha256}"> gone out</p>'
    )
    assert await store.asset(before.ref, asset.sha256) == PICTURE
    (folder / "sub/my plan.png").write_bytes(b"another")
    after = await store.fetch(ref("sub/a.md"))
    assert after.version == before.version
    assert after.aux != before.aux
    assert (await complete(store))[ref("sub/a.md")].aux == after.aux
    with pytest.raises(NotFound):
        await store.asset(before.ref, asset.sha256)


async def test_a_file_that_is_shown_is_written_beside_the_text_once(
    store: FileStore, folder: Path
) -> None:
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    body = f'<p>look <img alt="x" src="syncline:asset/{sha256}"></p>'
    record = await copied(store, body=body)
    [path] = found(folder / "assets", "*")
    assert path.read_bytes() == PICTURE
    assert f"![x](assets/{path.name})" in found(folder)[0].read_text()
    await updated(store, record.ref, body=body + "<p>more</p>")
    assert found(folder / "assets", "*") == [path]


# -- cost


async def test_a_file_with_the_same_mark_is_not_read_again(
    folder: Path, reopened: Callable[..., FileStore]
) -> None:
    path = write(folder / "a.md", "one")
    os.utime(path, ns=(10**18, 10**18))
    cache = MemoryCache()
    before = await complete(reopened(cache))
    path.write_text("two")
    os.utime(path, ns=(10**18, 10**18))
    assert await complete(reopened(cache)) == before
    assert await complete(reopened(MemoryCache())) != before


async def test_a_file_that_was_saved_just_now_is_read_again(store: FileStore, folder: Path) -> None:
    path = write(folder / "a.md", "one")
    status = path.stat()
    before = await complete(store)
    path.write_text("two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert await complete(store) != before


@pytest.mark.parametrize(
    ("ignore", "folder", "left_out"),
    [
        (["in/*"], "in", True),
        (["in"], "in/deeper", True),
        (["*/in/*"], "a/in", True),
        (["in/*.md"], "in", False),
        (["in/a*"], "in", False),
        (["other/*"], "in", False),
        ([], "in/.hidden/deep", True),
    ],
)
def test_it_says_whether_it_leaves_a_whole_folder_out(
    ignore: list[str], folder: str, left_out: bool
) -> None:
    assert connector.leaves_out is not None
    settings = Settings(path="notes", ignore=frozenset(ignore))
    assert connector.leaves_out(settings, folder) is left_out
