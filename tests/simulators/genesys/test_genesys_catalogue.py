"""The indexes behind the listings of the Genesys Cloud simulator, against plain filtering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_simulators.genesys.catalogue import Catalogue, View, content, merged, merged_before
from syncline_simulators.genesys.document import (
    Content,
    Document,
    Variation,
    drafted,
    published,
)
from syncline_simulators.genesys.order import Key

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
DEEDS = st.sampled_from(["create", "edit", "publish", "label", "delete"])
STEPS = st.lists(st.tuples(DEEDS, st.integers(0, 20)), max_size=40)


class Editor:
    """Does things to documents at one moment after the other; several may share a moment."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self.made = 0
        self.now = START

    def do(self, deed: str, which: int) -> None:
        self.now += timedelta(milliseconds=which % 3)
        documents = list(self.catalogue)
        if deed == "create" or not documents:
            self.create()
            return
        one = documents[which % len(documents)]
        if deed == "delete":
            self.catalogue.remove(one.id)
        elif deed == "publish" and one.open:
            self.catalogue.put(published(one, f"v{self.now}", self.now))
        elif deed == "label":
            self.catalogue.put(drafted(one, self.now, None, labels=(f"l{which % 3}",)))
        else:
            self.catalogue.put(drafted(one, self.now, None, title=f"T{which}"))

    def create(self) -> Document:
        self.made += 1
        text = Variation(id=f"t{self.made}", created=self.now, modified=self.now)
        draft = Content(title="T", modified=self.now, variations=(text,))
        number = self.catalogue.number()
        document = Document(id=f"d{self.made}", number=number, created=self.now, draft=draft)
        self.catalogue.put(document)
        return document


def listed(catalogue: Catalogue, view: View, name: str = "", value: str = "") -> list[str]:
    keys = catalogue.index(view, name, value).after(None)
    return [catalogue.keyed(key).id for key in keys]


@given(STEPS)
@settings(max_examples=100, deadline=None)
def test_an_index_holds_what_filtering_finds_by_date_of_the_last_change(
    steps: list[tuple[str, int]],
) -> None:
    editor = Editor()
    views: tuple[View, ...] = ("all", "live")
    for step in steps:
        editor.do(*step)
    for view in views:
        shown = [
            (c.modified, d.number, d.id, c) for d in editor.catalogue if (c := content(d, view))
        ]
        shown.sort(key=lambda one: one[:2])
        assert listed(editor.catalogue, view) == [one[2] for one in shown]
        for label in ("l0", "l1", "l2"):
            wanted = [one[2] for one in shown if label in one[3].labels]
            assert listed(editor.catalogue, view, "label", label) == wanted


@given(STEPS, STEPS, st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_whoever_was_there_all_the_time_is_listed_whatever_happens_between_pages(
    before: list[tuple[str, int]], during: list[tuple[str, int]], size: int
) -> None:
    editor = Editor()
    for step in before:
        editor.do(*step)
    there = {one.id for one in editor.catalogue}
    seen: list[str] = []
    for page in pages(editor.catalogue, size):
        seen += page
        if during:
            editor.do(*during.pop())
    stayed = there & {one.id for one in editor.catalogue}
    assert stayed <= set(seen)


def pages(catalogue: Catalogue, size: int) -> Iterator[list[str]]:
    key: Key | None = None
    while keys := list(islice(catalogue.index("all").after(key), size)):
        key = keys[-1]
        yield [catalogue.keyed(one).id for one in keys]


@given(STEPS)
@settings(max_examples=50, deadline=None)
def test_several_indexes_are_merged_in_both_directions(steps: list[tuple[str, int]]) -> None:
    editor = Editor()
    for step in steps:
        editor.do(*step)
    indexes = [editor.catalogue.index("all", "label", f"l{n}") for n in range(3)]
    every = sorted({key for index in indexes for key in index.after(None)})
    assert list(merged([*indexes, indexes[0]], None)) == every
    for at, key in enumerate(every):
        assert list(merged(indexes, key)) == every[at + 1 :]
        assert list(merged_before(indexes, key)) == every[:at][::-1]
