"""From Markdown or HTML to a body. Both go through HTML, and everything through the sanitiser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from syncline.body import from_html
from syncline.errors import Rejected

Resolve: TypeAlias = Callable[[str], str]
"""Returns what a link or source in the file stands for: itself, or a `syncline:` address."""

Env: TypeAlias = MutableMapping[str, Any]

LONGEST = 250_000
"""The longest Markdown text, in characters; parsing it takes a second or two."""

SMALL = 32_768
"""Characters up to which the latest texts are remembered with what they say: 256 of them."""

_DEEPEST = 220
"""Levels of nesting; a body has at most 100 blocks in each other, a list is two levels."""

_TARGET = re.compile(
    r"(?P<before><(?:a|img|video)\s(?:[^<>]{0,4000}?\s)?(?:href|src)\s*=\s*)"
    r"""(?:"(?P<double>[^"<>]*)"|'(?P<single>[^'<>]*)')""",
    re.IGNORECASE,
)
PAGE = re.compile(r"<body\b[^>]*>(?P<body>.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
"""What of a whole HTML page is the article."""


class _Markdown(MarkdownIt):
    """CommonMark with tables and strikethrough; what a link may be is the sanitiser's decision."""

    def __init__(self, deepest: int, *steps: str) -> None:
        super().__init__("commonmark", {"maxNesting": deepest}, renderer_cls=_Renderer)
        self.enable(["table", "strikethrough"])
        self.core.ruler.enableOnly(steps)

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


# Two parsers, for one limit would not do: lists may be nested deep, and looking for the end of
# nested brackets takes time for every level.
_BLOCKS = _Markdown(_DEEPEST, "normalize", "block")
_SPANS = _Markdown(20, "inline", "text_join")


def body_of_markdown(text: str, resolve: Resolve = str) -> str:
    """Return the body that a Markdown text says.

    Raises:
        Rejected: too long, too deep, or too costly to parse.
    """
    page = _html(text) if len(text) <= SMALL else _html.__wrapped__(text)
    return body_of_html(page, resolve)


@lru_cache(maxsize=256)
def _html(text: str) -> str:
    # One write asks several times what the same text says: as read, as projected, as written.
    env: Env = {}
    return html_of(tokens_of(text, env), env)


def tokens_of(text: str, env: Env) -> list[Token]:
    """Return the tokens of a Markdown text.

    Raises:
        Rejected: it is too long, or nested too deep.
    """
    if len(text) > LONGEST:
        raise Rejected(f"the Markdown is longer than {LONGEST} characters: split the article")
    try:
        tokens = _BLOCKS.parse(text, env)
    except RecursionError as error:
        raise Rejected("the Markdown is nested too deep: flatten the article") from error
    # Beyond its limit the parser leaves text out in silence.
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise Rejected("the Markdown is nested too deep: flatten the article")
    _SPANS.core.process(StateCore("", _SPANS, env, tokens))
    return tokens


def html_of(tokens: Sequence[Token], env: Env) -> str:
    """Return the HTML of some tokens; it is not safe yet."""
    return str(_SPANS.renderer.render(tokens, _SPANS.options, env))


def body_of_html(text: str, resolve: Resolve = str) -> str:
    """Return the body that an HTML page or fragment says.

    Raises:
        Rejected: too long, too deep, or too costly to parse.
    """
    page = PAGE.search(text)
    body = _TARGET.sub(lambda m: _resolved(m, resolve), page["body"] if page else text)
    return _clean(body) if len(body) <= SMALL else from_html(body)


@lru_cache(maxsize=256)
def _clean(text: str) -> str:
    return from_html(text)


def _resolved(found: re.Match[str], resolve: Resolve) -> str:
    written = html.unescape(found["double"] or found["single"] or "")
    return f'{found["before"]}"{html.escape(resolve(written))}"'
