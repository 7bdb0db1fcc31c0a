"""From Markdown or HTML to a body. Both go through HTML, and everything through the sanitiser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from syncline.body import from_html

Resolve: TypeAlias = Callable[[str], str]
"""Returns what a link or source in the file stands for: itself, or a `syncline:` address."""

Env: TypeAlias = MutableMapping[str, Any]

_TARGET = re.compile(
    r"(?P<before><(?:a|img|video)\s(?:[^<>]{0,4000}?\s)?(?:href|src)\s*=\s*)"
    r"""(?:"(?P<double>[^"<>]*)"|'(?P<single>[^'<>]*)')""",
    re.IGNORECASE,
)
PAGE = re.compile(r"<body\b[^>]*>(?P<body>.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
"""What of a whole HTML page is the article."""


class Markdown(MarkdownIt):
    """CommonMark with tables and strikethrough; what a link may be is the sanitiser's decision."""

    def __init__(self) -> None:
        super().__init__("commonmark", renderer_cls=_Renderer)
        self.enable(["table", "strikethrough"])

    def validateLink(self, url: str) -> bool:
        return True

    def normalizeLink(self, url: str) -> str:
        return url


class _Renderer(RendererHTML):
    """Writes code as the body profile wants it: its language, and no newline that nobody typed."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        language = tokens[idx].info.split(maxsplit=1)[:1]
        return _code(tokens[idx].content, *language)

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        return _code(tokens[idx].content)


def _code(content: str, language: str = "") -> str:
    attribute = f' data-lang="{html.escape(language)}"' if language else ""
    return f"<pre><code{attribute}>{html.escape(content.removesuffix(chr(10)))}</code></pre>\n"


markdown = Markdown()


def body_of_markdown(text: str, resolve: Resolve = str) -> str:
    """Return the body that a Markdown text says.

    Raises:
        Rejected: too long, too deep, or too costly to parse.
    """
    return body_of_html(markdown.render(text), resolve)


def body_of_html(text: str, resolve: Resolve = str) -> str:
    """Return the body that an HTML page or fragment says.

    Raises:
        Rejected: too long, too deep, or too costly to parse.
    """
    page = PAGE.search(text)
    return from_html(_TARGET.sub(lambda m: _resolved(m, resolve), page["body"] if page else text))


def _resolved(found: re.Match[str], resolve: Resolve) -> str:
    written = html.unescape(found["double"] or found["single"] or "")
    return f'{found["before"]}"{html.escape(resolve(written))}"'
