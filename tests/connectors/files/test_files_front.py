"""Front matter is read without running it and edited without touching anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_files.front import BrokenFrontMatter, FrontMatter, split
from syncline_files.names import clean

HANDWRITTEN = """\
---
# written by hand
weight: 10   # order in the menu
title: 'Opening hours: é😀'  # shown on top
labels:
  - hours
  - public
# between two keys
params: {author: "Ann", tags: [a, b]}
summary: |
  two
  lines
empty:
---
The text.
"""


def test_values_are_read_as_texts_and_lists() -> None:
    front, rest = split(HANDWRITTEN)
    assert front.text_of("title") == "Opening hours: é😀"
    assert front.list_of("labels") == ("hours", "public")
    assert front.text_of("weight") == "10"
    assert front.text_of("params") is None
    assert front.list_of("empty") == ()
    assert front.list_of("missing") is None
    assert rest == "The text.\n"
    assert f"{front}{rest}" == HANDWRITTEN


def test_an_edit_replaces_only_the_value() -> None:
    front, rest = split(HANDWRITTEN)
    edited = front.with_({"title": "Closing: hours", "labels": ["late"], "id": "abc"})
    expected = HANDWRITTEN.replace("'Opening hours: é😀'", '"Closing: hours"')
    expected = expected.replace("labels:\n  - hours\n  - public\n", "labels: [late]\n")
    assert f"{edited}{rest}" == expected.replace("empty:\n---", "empty:\nid: abc\n---")


def test_an_empty_value_is_filled_in() -> None:
    assert str(split(HANDWRITTEN)[0].with_({"empty": "x"})).endswith("\nempty: x\n---\n")


def test_a_text_without_front_matter_gets_one_only_when_it_has_to() -> None:
    front, rest = split("Just text.\n")
    assert f"{front}{rest}" == "Just text.\n"
    assert str(front.with_({"id": "a1"})) == "---\nid: a1\n---\n"


def test_windows_line_ends_stay() -> None:
    front, rest = split("---\r\ntitle: a\r\n---\r\nb\r\n")
    assert f"{front.with_({'title': 'c d', 'x': 'w'})}{rest}" == (
        "---\r\ntitle: c d\r\nx: w\r\n---\r\nb\r\n"
    )


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30).map(clean), st.lists(st.text(max_size=12).map(clean), max_size=4))
def test_any_clean_text_reads_back(title: str, labels: list[str]) -> None:
    front = FrontMatter(text="other: kept # so\n").with_({"title": title, "labels": labels})
    again, rest = split(str(front))
    assert (again.text_of("title"), again.list_of("labels"), rest) == (title, tuple(labels), "")
    assert "other: kept # so\n" in str(front)


@pytest.mark.parametrize("text", ["----\nrule\n", "--- a\n", "text\n---\n", "", "- - -\n"])
def test_a_rule_is_no_front_matter(text: str) -> None:
    front, rest = split(text)
    assert (front.text, rest) == (None, text)


@pytest.mark.parametrize(
    "text",
    [
        "---\njust text\n---\n",
        "---\ntitle: a\n",
        "---\ntitle: [\n---\n",
        "---\ntitle: 1\ntitle: 2\n---\n",
        "---\n- a\n- b\n---\n",
        "---\ntitle: " + "[" * 5000 + "\n---\n",
        '---\ntitle: "\\ud83d"\n---\n',
        "---\n\ttitle: a\n---\n",
        "---\n" + "a: b\n" * 20_000 + "---\n",
    ],
)
def test_a_broken_block_is_named_and_never_guessed_at(text: str) -> None:
    with pytest.raises(BrokenFrontMatter):
        split(text)


def test_yaml_constructs_nothing() -> None:
    front, _ = split("---\ntitle: !!python/object/apply:os.getcwd []\nx: &a [1]\ny: *a\n---\n")
    assert front.text_of("title") is None
    assert front.list_of("y") is None or front.list_of("y") == ("1",)


def test_a_block_that_cannot_be_edited_in_place_is_refused() -> None:
    front, _ = split("---\n{title: a, labels: [b]}\n---\n")
    with pytest.raises(BrokenFrontMatter):
        front.with_({"id": "x"})
