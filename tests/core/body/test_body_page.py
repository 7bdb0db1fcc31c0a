"""The page about the body profile says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from syncline.body.profile import BLOCKS, DEPTH, INLINE, MARKS, NODES, SIZE, TAGS

PAGE = (Path(__file__).parents[3] / "docs" / "body-profile.md").read_text("utf-8")


def test_its_examples_run() -> None:
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) >= 4
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page


def test_it_names_every_element() -> None:
    named = set(re.findall(r"`([a-z0-9]+)[`\[]", PAGE)) | {f"h{n}" for n in range(1, 7)}
    assert named >= TAGS
    assert BLOCKS | INLINE <= TAGS


def test_it_gives_the_order_of_marks_and_the_limits() -> None:
    order = "`a[href,title]`, " + ", ".join(f"`{mark}`" for mark in MARKS[1:])
    assert order in PAGE
    for limit in (DEPTH, NODES, SIZE):
        assert f"{limit:,}" in PAGE
