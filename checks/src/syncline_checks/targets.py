"""The parsers of foreign content: what they are given, and which errors they document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import attrs

from syncline.body import finish, from_html, parse, render
from syncline.config import load
from syncline.errors import ConfigError, Rejected, Unavailable
from syncline.expressions import Expression, ExpressionError
from syncline.testing import bodies
from syncline_confluence.storage.decode import decode as decode_storage
from syncline_confluence.storage.resolver import Resolver
from syncline_files.decoding import body_of_markdown
from syncline_files.page import Page, Unreadable
from syncline_genesys.blocks import SYMBOLIC
from syncline_genesys.blocks import decode as decode_blocks
from syncline_genesys.blocks import encode as encode_blocks

from .deliveries import (
    DELIVERIES,
    KEY_SETS,
    TOKENS,
    read_delivery,
    read_key_set,
    read_query,
    read_token,
)
from .frames import FRAMES, LOOK_UPS, read_frame, read_look_up
from .frames import WORDS as FRAME_WORDS


class Unstable(AssertionError):
    """What a parser gave is not in normal form."""


@attrs.frozen(kw_only=True)
class Target:
    """A parser under test."""

    parse: Callable[[str], object]
    refusals: tuple[type[Exception], ...]
    """The errors that it documents; each must have a message."""
    examples: Sequence[str]
    words: Sequence[str] = ()


def _stable(body: str) -> str:
    if render(parse(body)) != body:
        raise Unstable(f"not a profile text: {body[:200]!r}")
    return body


def _storage(text: str) -> object:
    return _stable(decode_storage(text, Resolver(space="S", page="1")).body)


def _html(text: str) -> object:
    body = _stable(from_html(text))
    if from_html(body) != body:
        raise Unstable(f"reading it again changes it: {body[:200]!r}")
    return body


class NotJson(ValueError):
    """The client's own refusal: it never reaches the decoder."""


def _blocks(text: str) -> object:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"not JSON: {error}") from error
    return _stable(finish(decode_blocks(raw, SYMBOLIC).nodes))


def _config(text: str) -> object:
    return load(text.encode("utf-8", "surrogatepass"), folder=Path("/nowhere"))


INPUTS: Mapping[str, str | list[str]] = {
    "title": "Refunds",
    "labels": ["a", "b"],
    "path": ["FAQ", "Orders"],
    "body": "text",
}


def _expression(text: str) -> object:
    return Expression.compile(text, INPUTS).evaluate(**INPUTS)


def _markdown(text: str) -> object:
    return _stable(body_of_markdown(text))


def _page(text: str) -> object:
    page = Page.parse(text.encode("utf-8", "surrogatepass"), "folder/page.md")
    return page.title, page.id, page.origin, page.is_draft


_BODIES = [bodies.soup(Random(seed)) for seed in range(12)]
_HTML = (
    *_BODIES,
    "<h1>Refunds</h1><p>In <b>14 <i>days</i></b>, see <a href='https://example.org/?a=b&c'>x</a></p>",
    "<table><tr><th colspan=2>a</th></tr><tr><td>b<td><ul><li>c<ol><li>d</ol></ul></table>",
    "<div><pre><code class=language-x>a\n b</code></pre><hr><img src=https://e.org/a.png alt=x>",
    "<details><summary>s</summary><p>x</p></details><svg><style><p></style></svg><math><mi>x</math>",
    "<blockquote><p>x<br>y</p></blockquote><figure><img src=x><figcaption>y</figcaption></figure>",
)
_STORAGE = (
    '<h1>T</h1><p>a <strong>b <em>c</em></strong> &nbsp;&eacute; <a href="https://e.org">d</a></p>',
    '<ac:structured-macro ac:name="code" ac:macro-id="1"><ac:parameter ac:name="language">py'
    "</ac:parameter><ac:plain-text-body><![CDATA[x = 1]]></ac:plain-text-body>"
    "</ac:structured-macro>",
    '<ac:structured-macro ac:name="panel"><ac:parameter ac:name="title">t</ac:parameter>'
    "<ac:rich-text-body><p>x</p></ac:rich-text-body></ac:structured-macro>",
    '<p><ac:link ac:anchor="a"><ri:page ri:space-key="S" ri:content-title="T"/>'
    "<ac:plain-text-link-body><![CDATA[x]]></ac:plain-text-link-body></ac:link></p>",
    '<ac:image ac:width="10" ac:alt="x"><ri:attachment ri:filename="a.png"/></ac:image>',
    "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
    "<ac:task-body><span>x</span></ac:task-body></ac:task></ac:task-list>",
    '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>a</p></ac:layout-cell>'
    "<ac:layout-cell><p>b</p></ac:layout-cell></ac:layout-section></ac:layout>",
    '<table class="x"><colgroup><col style="width: 1px;"/></colgroup><tbody><tr><th>a</th>'
    '<td colspan="2"><p>b</p></td></tr></tbody></table><p><ac:emoticon ac:name="smile"/></p>',
)
_CONFIG = (
    'state = "s.db"\n[connections.a]\nconnector = "files"\npath = "x"\n[connections.b]\n'
    'connector = "files"\npath = "y"\n[jobs.j]\nkind = "documents"\nleft = "a"\nright = "b"\n'
    'poll = "5m"\nschedule = "0 2 * * *"\nmax_deletes = { percent = 10, count = 25 }\n',
    '[connections.kb]\nconnector = "genesys"\nregion = "eu-central-1"\nclient_id = "x"\n'
    'client_secret = { env = "X" }\nknowledge_base = "S"\n[jobs.j.mapping]\nrules = [\n'
    '{ label = "a", category = "B/C" },\n{ ancestor = "F", category = "Q", one_way = true } ]\n',
    '[connections.w]\nconnector = "confluence"\nsite = "https://e.org"\nuser = "a"\nspace = "S"\n'
    'token = { env = "T" }\n[jobs.j]\nkind = "documents"\nleft = "w"\nright = "w"\n'
    'exclude = { labels = ["i"] }\n[[jobs.j.mapping.rules]]\nlabel = "x"\nto_label = "y"\n',
)
_EXPRESSIONS = (
    'title.startsWith("Re") && "a" in labels',
    'path.size() > 1 ? path[0] + "/" + path[1] : title',
    'labels.exists(l, l.matches("^[a-z]+$")) || body.contains("x")',
    'labels.map(l, l + "-x").filter(l, l != title)[0]',
    "1 + 2 * 3 % 4 - -5 > 6.5 && !(true == false)",
    '{"a": 1, "b": [1, 2u]}["b"][1] == 2u && timestamp("2026-01-01T00:00:00Z") != null',
)
_BLOCKS_TEXTS = tuple(
    json.dumps(encode_blocks(parse(bodies.body(Random(seed))), {})) for seed in range(12)
)
_BLOCKS = (
    *_BLOCKS_TEXTS,
    '[{"type": "Paragraph", "paragraph": {"fontType": "Heading1", "blocks": [{"type": "Text",'
    ' "text": {"text": "x", "marks": ["Bold"], "hyperlink": "https://e.org"}}]}}]',
    '[{"type": "OrderedList", "list": {"blocks": [{"type": "ListItem", "blocks": [{"type":'
    ' "Text", "text": {"text": "x"}}]}]}}, {"type": "Image", "image": {"url": "https://e.org/a"}}]',
    '[{"type": "Table", "table": {"rows": [{"cells": [{"blocks": [{"type": "Text", "text":'
    ' {"text": "x"}}], "properties": {"colSpan": 2}}]}]}}, {"type": "Video", "video": {}}]',
)
_MARKDOWN = (
    '# T\n\nA *b* **c** `d` [e](https://e.org "t") ![f](a.png)\n\n- a\n  1. b\n- c\n\n> q\n> > r\n',
    "| a | b |\n|--|:-:|\n| c | ~~d~~ |\n\n```py\nx\n```\n\n***\n\n<b>x</b> &amp; \\*\n",
    "[a]: https://e.org\n\n[a] [b][a]\n\nSetext\n===\n\n<div>\n\n*x*\n\n</div>\n",
)
_PAGES = (
    '---\ntitle: "T"\nid: x-1\nlabels: [a, b]\ndraft: yes\n---\n\n# T\n\ntext\n',
    "+++\ntitle = 'T'\nlabels = ['a']\n+++\ntext\n",
    "---\ntitle: >\n  T\n  U\ncategory:\n  - a\n  - b\n...\ntext",
)

TARGETS: Mapping[str, Target] = {
    "storage": Target(
        parse=_storage,
        refusals=(Rejected,),
        examples=_STORAGE,
        words=(
            "<p>",
            "</p>",
            "<ac:link>",
            "<ri:user/>",
            "<![CDATA[",
            "<?x?>",
            "<!DOCTYPE a>",
            "&x;",
        ),
    ),
    "html": Target(
        parse=_html,
        refusals=(Rejected,),
        examples=_HTML,
        words=("<script>", "<svg>", "<p>", "</p>", "<td>", "<!--", "<a href=javascript:x>", "<b>"),
    ),
    "config": Target(
        parse=_config,
        refusals=(ConfigError,),
        examples=_CONFIG,
        words=('"""', "[", "[[", "=", "1979-05-27", "nan", "inf", "{}", "'", '"5m"', "\n"),
    ),
    "expressions": Target(
        parse=_expression,
        refusals=(ExpressionError,),
        examples=_EXPRESSIONS,
        words=("labels", "path", "[0]", ".size()", "?", ":", "in", "-", "b'x'", "r'", "dyn(", "&&"),
    ),
    "blocks": Target(
        parse=_blocks,
        refusals=(Rejected, NotJson),
        examples=_BLOCKS,
        words=(
            '"type"',
            '"Text"',
            "[]",
            "{}",
            "null",
            "1",
            '"blocks"',
            '"Table"',
            '"ListItem"',
            ",",
        ),
    ),
    "markdown": Target(
        parse=_markdown,
        refusals=(Rejected,),
        examples=_MARKDOWN,
        words=("*", "_", "`", "[", "](", "|", "\n", "> ", "- ", "<", "    ", "```", "#", "&#1;"),
    ),
    "webhooks": Target(
        parse=read_delivery,
        refusals=(Rejected,),
        examples=DELIVERIES,
        words=('"id"', '"page"', '"detail"', "null", "1e999", "[]", "{}", '"', "\\ud800", "-1"),
    ),
    "tokens": Target(
        parse=read_token,
        refusals=(),
        examples=TOKENS,
        words=("JWT ", "Bearer ", ".", "=", "e30", "v1,", " ", "\n", "sha256="),
    ),
    "queries": Target(
        parse=read_query,
        refusals=(),
        examples=("a=1&b=2", "b=%20x&a=y+z&jwt=1&a=%C3%A9", "event=page_trashed", ""),
        words=("&", "=", "%", "%ff", "+", ",", "jwt=", "%26", "é"),
    ),
    "key-sets": Target(
        parse=read_key_set,
        refusals=(Unavailable,),
        examples=KEY_SETS,
        words=('"kty"', '"RSA"', '"n"', '"e"', "AQAB", "[]", "{}", "null", '"kid"'),
    ),
    "notifications": Target(
        parse=read_frame, refusals=(Rejected,), examples=FRAMES, words=FRAME_WORDS
    ),
    "conversations": Target(
        parse=read_look_up, refusals=(Rejected,), examples=LOOK_UPS, words=FRAME_WORDS
    ),
    "pages": Target(
        parse=_page,
        refusals=(Unreadable, Rejected),
        examples=_PAGES,
        words=("---\n", ": ", "[", "]", "- ", "|", ">", "\n", "\t", "#", "'", '"'),
    ),
}
