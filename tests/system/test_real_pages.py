"""Every page of the corpus goes to Genesys and back, and an edit there touches one paragraph."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from os.path import commonprefix
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("real pages"),
    pytest.mark.long(40),
]

NOT_WELL_FORMED = 4
BLOCK = re.compile(r"</?(?:p|h[1-6]|li|ul|ol|t[dhr]|table|ac:layout\S*|ac:rich-text-body)\b")
LEAKS = re.compile(r"\bac:|\bri:|<!\[CDATA")


def texts(blocks: Any) -> list[str]:
    """Return every text of an article, in order."""
    found: list[str] = []
    pending = [blocks]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("text"), str):
                found.append(node["text"])
            pending.extend(reversed([v for v in node.values() if isinstance(v, dict | list)]))
        elif isinstance(node, list):
            pending.extend(reversed(node))
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synced(
    shared: Path, systems: Callable[..., Any], worlds: Callable[..., Any]
) -> AsyncIterator[Any]:
    """Both systems after the first sync of the whole corpus."""
    with systems(shared / "corpus" / "confluence") as (wiki, kb):
        assert len(wiki.refused) == NOT_WELL_FORMED
        async with worlds(wiki, kb) as world:
            world.first = await world.sync()
            yield world


async def test_no_page_is_lost_and_nothing_of_the_markup_leaks(synced: Any) -> None:
    assert synced.first.failed == 0, [i for i in synced.first.items if i.event == "failed"]
    pages, articles = synced.pages(), synced.articles()
    assert set(pages) == set(articles)
    for title, article in articles.items():
        text = "".join(texts(article["body"]))
        # Pages about the storage format itself show its elements as text or code.
        if not LEAKS.search(re.sub(r"&lt;[^&]*|<!\[CDATA\[.*?\]\]>", "", pages[title]["body"])):
            assert not LEAKS.search(text), title


async def test_code_is_intact_to_the_character(synced: Any) -> None:
    pages, articles = synced.pages(), synced.articles()
    checked = 0
    for title, page in pages.items():
        plain = "".join(texts(articles[title]["body"]))
        for code in _codes(page["body"]):
            assert code.strip("\n") in plain, title
            checked += 1
    assert checked > 40


def _codes(storage: str) -> list[str]:
    """Return the bodies of code macros that are not inside other CDATA, as readers see them."""
    macro = re.compile(
        r'<ac:structured-macro[^>]*ac:name="code"(?:(?!</ac:structured-macro>).)*?'
        r"<ac:plain-text-body>((?:<!\[CDATA\[.*?\]\]>)+)</ac:plain-text-body>",
        re.DOTALL,
    )
    parts = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
    found = ("".join(parts.findall(match)) for match in macro.findall(storage))
    return [c.replace("\r\n", "\n") for c in found if c.strip()]


async def test_a_second_pass_writes_nothing_and_reads_no_body(synced: Any) -> None:
    synced.forget_calls()
    report = await synced.sync()
    assert report.written == 0
    assert synced.mutations() == []
    bodies = [c for c in synced.wiki.calls() if re.fullmatch(r"/wiki/api/v2/pages/\d+", c["path"])]
    assert bodies == []
    assert not [c for c in synced.kb.calls() if c["path"].endswith("/variations")]


async def test_every_loss_is_told(synced: Any) -> None:
    losses = [item async for item in synced.session.losses()]
    lossy = [item for item in losses if item.losses]
    assert len(losses) >= len(synced.pages())
    assert len(lossy) > 30
    assert all(isinstance(sentence, str) and sentence for i in lossy for sentence in i.losses)


async def test_an_edit_in_genesys_changes_only_its_paragraph_of_the_page(synced: Any) -> None:
    edited = 0
    for title, article in sorted(synced.articles().items()):
        before = synced.pages()[title]["body"]
        word = _unique_word(texts(article["body"]), before)
        if word is None:
            continue
        replace = {"old": word, "new": f"{word}Edited"}
        synced.kb.act({"do": "edit", "id": article["id"], "replace": replace})
        edited += 1
    assert edited > 60
    pages = synced.pages()
    report = await synced.sync()
    after = synced.pages()
    # An edit inside the stand-in of something that only Confluence can say waits for a person.
    conflicts = [i for i in report.items if i.event == "conflict"]
    assert all("cannot edit" in i.detail for i in conflicts), conflicts
    assert len(conflicts) <= 3
    changed = 0
    for title, page in after.items():
        before = pages[title]["body"]
        if page["body"] == before:
            continue
        changed += 1
        assert page["body"].count("Edited") - before.count("Edited") == 1, title
        for part in _replaced(before, page["body"]):
            assert not BLOCK.search(part), f"{title}: more than one paragraph: {part}"
    assert changed == edited - len(conflicts)
    assert (await synced.sync()).written == 0


def _replaced(before: str, after: str) -> tuple[str, str]:
    """Return what stands between the common beginning and the common end, on both sides."""
    start = len(commonprefix([before, after]))  # noqa: RUF071 -- characters are meant
    end = len(commonprefix([before[start:][::-1], after[start:][::-1]]))  # noqa: RUF071 -- as above
    return before[start : len(before) - end], after[start : len(after) - end]


def _unique_word(parts: list[str], storage: str) -> str | None:
    """Return a word that stands once in the article, and once, as plain text, in the page."""
    plain = re.sub(r"<!\[CDATA\[.*?\]\]>", " ", storage, flags=re.DOTALL)
    for part in parts:
        for word in re.findall(r"[A-Za-z]{5,}", part):
            once = sum(other.count(word) for other in parts) == 1
            if once and storage.count(word) == 1 and re.search(rf">[^<>]*\b{word}\b", plain):
                return str(word)
    return None


async def test_the_corpus_is_all_there(shared: Path) -> None:
    index = json.loads((shared / "corpus" / "confluence" / "index.json").read_text())
    assert index["count"] == 146
