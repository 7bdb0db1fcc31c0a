"""The collected Confluence pages, and a resolver for pages that belong to no site."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from syncline.body import Element, Node, element, finish
from syncline.model import Asset
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


SHA = "ab" * 32
"""The hash of a file that random bodies show."""


class Bodies:
    """Random bodies in normal form, and random edits of them."""

    words = ("reset", "the", "router", "then", "wait", "a&b", "x<y", "]]>", "é", "☐", "한국어")
    marks = ("strong", "em", "u", "s", "code", "sub", "sup")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def body(self, size: int = 4, depth: int = 2) -> str:
        return finish(self.blocks(size, depth))

    def blocks(self, size: int, depth: int) -> list[Node]:
        return [self.block(depth) for _ in range(self.random.randint(1, size))]

    def block(self, depth: int) -> Element:
        kinds = ["p", "p", "h2", "pre", "hr", "figure", "task", "video", "external"]
        if depth:
            kinds += ["ul", "ol", "table", "section", "details", "blockquote"]
        return getattr(self, f"_{self.random.choice(kinds)}")(depth - 1)  # type: ignore[no-any-return]  # each returns an element

    def text(self) -> str:
        return " ".join(self.random.choices(self.words, k=self.random.randint(1, 5)))

    def inline(self) -> list[Node]:
        return [self._inline_node() for _ in range(self.random.randint(1, 4))]

    def _inline_node(self) -> Node:
        match self.random.randint(0, 7):
            case 0:
                return Element(self.random.choice(self.marks), (), tuple(self.inline()))
            case 1:
                return Element("a", (("href", self._href()),), (self.text(),))
            case 2:
                return Element("br")
            case 3:
                return element(
                    "img", src=f"syncline:asset/{SHA}", alt=self.random.choice(["", "A b"])
                )
            case _:
                return f" {self.text()} "

    def _href(self) -> str:
        outside = ("https://example.com/a?b=c&d", "mailto:a@example.com", "#Some%20part")
        inside = ("syncline:doc/wiki:7", "syncline:doc/wiki:7#x", f"syncline:asset/{SHA}")
        return self.random.choice((*outside, *inside, "syncline:doc/kb:9"))

    def _p(self, depth: int) -> Element:
        return Element("p", (), tuple(self.inline()))

    def _h2(self, depth: int) -> Element:
        return Element("h2", (), tuple(self.inline()))

    def _pre(self, depth: int) -> Element:
        code = self.random.choice(["", "a ]]> b\n\tc &nbsp; ", "\n  x\n\n"])
        language = self.random.choice([None, "python", "c++"])
        return element("pre", element("code", code or "z", data_lang=language))

    def _hr(self, depth: int) -> Element:
        return Element("hr")

    def _video(self, depth: int) -> Element:
        return element("video", src="https://example.com/v.mp4")

    def _external(self, depth: int) -> Element:
        return element("p", element("img", src="https://example.com/i.png", alt="I"), self.text())

    def _figure(self, depth: int) -> Element:
        caption = element("figcaption", *self.inline())
        image = element("img", src=f"syncline:asset/{SHA}", alt="A")
        return element("figure", image, *([caption] if self.random.random() < 0.5 else []))

    def _task(self, depth: int) -> Element:
        items = [self._task_item(depth) for _ in range(self.random.randint(1, 3))]
        return element("ul", *items)

    def _task_item(self, depth: int) -> Element:
        box = self.random.choice(["☐ ", "☑ "])
        nested = [self._task(depth - 1)] if depth > 0 and self.random.random() < 0.3 else []
        return element("li", element("p", box, *self.inline()), *nested)

    def _ul(self, depth: int) -> Element:
        return element("ul", *(element("li", *self.blocks(2, depth)) for _ in range(2)))

    def _ol(self, depth: int) -> Element:
        items = (element("li", *self.blocks(2, depth)) for _ in range(2))
        return element("ol", *items, start=self.random.choice([None, "4"]))

    def _table(self, depth: int) -> Element:
        rows = [self._row(depth, "th" if n == 0 else "td") for n in range(3)]
        caption = [element("caption", self.text())] if self.random.random() < 0.3 else []
        return element("table", *caption, element("tbody", *rows))

    def _row(self, depth: int, tag: str) -> Element:
        return element("tr", *(element(tag, *self.blocks(1, depth)) for _ in range(2)))

    def _section(self, depth: int) -> Element:
        kind = self.random.choice(["info", "note", "tip", "warning", "error"])
        title = self.random.choice([None, "Mind <this>"])
        return element("section", *self.blocks(2, depth), data_panel=kind, title=title)

    def _details(self, depth: int) -> Element:
        return element("details", element("summary", *self.inline()), *self.blocks(2, depth))

    def _blockquote(self, depth: int) -> Element:
        return element("blockquote", *self.blocks(2, depth))


@pytest.fixture(scope="session")
def bodies() -> Callable[[int], Bodies]:
    """`bodies(seed)` makes random bodies."""
    return Bodies


@pytest.fixture(scope="session")
def linked(resolver: Resolver) -> Resolver:
    """A resolver that knows the page and the file that random bodies refer to."""
    asset = Asset(sha256=SHA, name="a b.png", media_type="image/png", size=3)
    return evolve(
        resolver,
        pages={("KB", title_key("Seven & more")): "7"},
        names={"7": PageName(space="KB", title="Seven & more")},
        files={("1", "a b.png"): asset},
        uploads={SHA: "a b.png"},
    )
