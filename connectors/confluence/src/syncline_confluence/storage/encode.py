"""Body profile to storage format: new pages, and the parts of a page that are new."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import unquote

from attrs import field, frozen

from syncline.body import Element, Node, parse
from syncline.errors import Rejected
from syncline.model import Opaque

from .names import BOXES, PANEL_MACROS
from .resolver import Resolver
from .source import printable

STATUSES = {box: status for status, box in BOXES.items()}
"""The status of a task by the character before it."""

_ASSET = "syncline:asset/"
_DOC = "syncline:doc/"


@frozen
class Markup:
    """Text that is storage format already."""

    text: str


Step: TypeAlias = "Node | Markup"


@frozen(kw_only=True)
class Encoder:
    """Writes nodes of the profile as storage format, by an explicit stack."""

    resolver: Resolver
    opaques: Mapping[str, Opaque] = field(factory=dict, repr=False)
    """Opaque nodes that may be put back, by key; any other key is no licence to write markup."""

    def encode(self, nodes: Sequence[Node]) -> str:
        """Return the storage format of `nodes`.

        Raises:
            Rejected: they show a file that was not uploaded, or an opaque node that is not known.
        """
        parts: list[str] = []
        stack: list[Step] = [*reversed(nodes)]
        while stack:
            step = stack.pop()
            if isinstance(step, str):
                parts.append(escape(step))
            elif isinstance(step, Markup):
                parts.append(step.text)
            else:
                stack.extend(reversed(self._steps(step)))
        return "".join(parts)

    def _steps(self, element: Element) -> Sequence[Step]:
        match element.tag:
            case "ul" if is_task_list(element):
                return self._tasks(element)
            case "ol":
                return _wrapped(element, "ol", start=element.get("start"))
            case "table":
                return (Markup("<table><tbody>"), *rows(element), Markup("</tbody></table>"))
            case "td" | "th":
                return _wrapped(element, element.tag, **dict(element.attrs))
            case "hr" | "br":
                return (Markup(f"<{element.tag} />"),)
            case "pre":
                return (Markup(_code(element)),)
            case "section":
                return _panel(element)
            case "details":
                return _expand(element)
            case "figure":
                return self._figure(element)
            case "img":
                return (Markup(self._image(element, inline=True)),)
            case "a":
                return self._link(element)
            case "div" | "span":
                return (Markup(self._opaque(element)),)
            case tag:
                return _wrapped(element, tag)

    def _tasks(self, element: Element) -> Sequence[Step]:
        steps: list[Step] = [Markup("<ac:task-list>")]
        for item in element.children:
            assert isinstance(item, Element), "a list holds items"  # noqa: S101
            line, *nested = item.children
            status, words = task_line(line)
            steps.append(Markup(task_opening(status)))
            steps += [*words, Markup("</ac:task-body></ac:task>"), *nested]
        return (*steps, Markup("</ac:task-list>"))

    def _figure(self, element: Element) -> Sequence[Step]:
        image, *rest = element.children
        assert isinstance(image, Element), "a figure starts with its image"  # noqa: S101
        words = rest[0].children if rest and isinstance(rest[0], Element) else ()
        if not words:
            return (Markup(self._image(image, inline=False)),)
        opening = self._image(image, inline=False).removesuffix("</ac:image>")
        return (
            Markup(f"{opening}<ac:caption><p>"),
            *words,
            Markup("</p></ac:caption></ac:image>"),
        )

    def _image(self, image: Element, *, inline: bool) -> str:
        attrs = attributes(**{"ac:inline": "true" if inline else "", "ac:alt": image.get("alt")})
        src = image.get("src")
        if src.startswith(_ASSET):
            target = f"<ri:attachment{attributes(**{'ri:filename': self._file(src)})} />"
        else:
            target = f"<ri:url{attributes(**{'ri:value': src})} />"
        return f"<ac:image{attrs}>{target}</ac:image>"

    def _file(self, reference: str) -> str:
        name = self.resolver.uploads.get(reference.removeprefix(_ASSET))
        if name is None:
            raise Rejected(f"the file {reference} is not attached to the page; upload it first")
        return name

    def _link(self, element: Element) -> Sequence[Step]:
        opening = self.link_opening(element)
        if opening is None:
            attrs = attributes(href=element.get("href"), title=element.get("title"))
            return (Markup(f"<a{attrs}>"), *element.children, Markup("</a>"))
        return (Markup(opening), *element.children, Markup("</ac:link-body></ac:link>"))

    def link_opening(self, element: Element) -> str | None:
        """Return how an `ac:link` to the target starts, None where `<a>` says it."""
        href = element.get("href")
        if href.startswith("#"):
            return f"<ac:link{attributes(**{'ac:anchor': unquote(href[1:])})}><ac:link-body>"
        if href.startswith(_ASSET):
            target = attributes(**{"ri:filename": self._file(href)})
            return f"<ac:link><ri:attachment{target} /><ac:link-body>"
        if href.startswith(_DOC):
            return self._page_link(href)
        return None

    def _page_link(self, href: str) -> str:
        connection, _, rest = href.removeprefix(_DOC).partition(":")
        quoted, _, anchor = rest.partition("#")
        name = self.resolver.names.get(unquote(quoted))
        if connection != self.resolver.connection or name is None:
            raise Rejected(f"the link to {connection}:{unquote(quoted)} has no page here")
        space = "" if name.space == self.resolver.space else name.space
        target = attributes(**{"ri:space-key": space, "ri:content-title": name.title})
        opening = f"<ac:link{attributes(**{'ac:anchor': unquote(anchor)})}>"
        return f"{opening}<ri:page{target} /><ac:link-body>"

    def _opaque(self, element: Element) -> str:
        key = element.get("data-opaque")
        opaque = self.opaques.get(key)
        if opaque is None:
            raise Rejected(f"the opaque node {key} is not known; restore the page's own text")
        return opaque.raw


def encode(body: str, resolver: Resolver, opaques: Mapping[str, Opaque] | None = None) -> str:
    """Return the page for a body that `project` has passed.

    Raises:
        Rejected: it shows a file that was not uploaded, or an opaque node that is not known.
    """
    return Encoder(resolver=resolver, opaques=opaques or {}).encode(parse(body))


def escape(text: str) -> str:
    """Return `text` as character data."""
    if not text.isprintable():
        text = printable(text)
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def attributes(**pairs: str) -> str:
    """Return attributes as written in a start tag; empty ones are left out."""
    return "".join(f' {name}="{quote(value)}"' for name, value in pairs.items() if value)


def quote(value: str) -> str:
    """Return `value` as written between double quotes."""
    text = escape(value)
    if '"' in text or "\n" in text:
        return text.replace('"', "&quot;").replace("\n", "&#10;")
    return text


def cdata(text: str) -> str:
    """Return `text` as CDATA, split where it holds the end of one."""
    return f"<![CDATA[{printable(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def rows(table: Element) -> list[Element]:
    """Return the rows of a table, its head first."""
    found: list[Element] = []
    for part in table.children:
        if isinstance(part, Element):
            inner = part.children if part.tag in ("thead", "tbody") else ()
            found += [row for row in inner if isinstance(row, Element)]
    return found


def _wrapped(element: Element, tag: str, **attrs: str) -> Sequence[Step]:
    return (Markup(f"<{tag}{attributes(**attrs)}>"), *element.children, Markup(f"</{tag}>"))


def _code(element: Element) -> str:
    code = element.children[0]
    assert isinstance(code, Element), "a code block holds its code"  # noqa: S101
    body = f"<ac:plain-text-body>{cdata(code_text(element))}</ac:plain-text-body>"
    return f"{macro_opening('code', language=code.get('data-lang'))}{body}</ac:structured-macro>"


def code_text(element: Element) -> str:
    """Return the text of a code block."""
    code = element.children[0]
    words = code.children if isinstance(code, Element) else ()
    return "".join(word for word in words if isinstance(word, str))


def macro_opening(name: str, **parameters: str) -> str:
    """Return how a macro starts, up to its body."""
    inner = "".join(parameter(key, value) for key, value in parameters.items() if value)
    return f"<ac:structured-macro{attributes(**{'ac:name': name})}>{inner}"


def parameter(name: str, value: str) -> str:
    """Return one parameter of a macro; its value is plain text: the server cuts elements off."""
    return f"<ac:parameter{attributes(**{'ac:name': name})}>{escape(value)}</ac:parameter>"


def _panel(element: Element) -> Sequence[Step]:
    opening = macro_opening(PANEL_MACROS[element.get("data-panel")], title=element.get("title"))
    return _macro(opening, element.children)


def _expand(element: Element) -> Sequence[Step]:
    summary, *blocks = element.children
    title = plain(summary) if isinstance(summary, Element) else ""
    return _macro(macro_opening("expand", title=title), blocks)


def _macro(opening: str, blocks: Sequence[Node]) -> Sequence[Step]:
    closing = "</ac:rich-text-body></ac:structured-macro>"
    return (Markup(f"{opening}<ac:rich-text-body>"), *blocks, Markup(closing))


def plain(element: Element) -> str:
    """Return the text of a leaf without its marks."""
    parts: list[str] = []
    stack: list[Node] = [element]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
        else:
            stack.extend(reversed(node.children))
    return "".join(parts)


_BOXED = re.compile("[☐☑] ")


def is_task_list(element: Element) -> bool:
    """Return whether every item of a list starts with a check box and holds a line at most.

    Below a task only further task lists may stand: storage format has no place for more.
    """
    return bool(element.children) and all(_is_task(item) for item in element.children)


def _is_task(item: Node) -> bool:
    if not (isinstance(item, Element) and item.children):
        return False
    line, *nested = item.children
    if task_line(line)[0] == "":
        return False
    return all(isinstance(n, Element) and n.tag == "ul" and is_task_list(n) for n in nested)


def task_line(line: Node) -> tuple[str, tuple[Node, ...]]:
    """Return the status and the words of a task; an empty status when it is none."""
    first = line.children[0] if isinstance(line, Element) and line.children else None
    if not (isinstance(line, Element) and line.tag == "p" and isinstance(first, str)):
        return "", ()
    if first in STATUSES and len(line.children) == 1:
        return STATUSES[first], ()
    if not _BOXED.match(first):
        return "", ()
    words = (first[2:], *line.children[1:]) if first[2:] else line.children[1:]
    return STATUSES[first[0]], words


def task_opening(status: str) -> str:
    """Return how a task starts, up to its text; the server gives it an id."""
    return f"<ac:task><ac:task-status>{status}</ac:task-status><ac:task-body>"


__all__ = [
    "STATUSES",
    "Encoder",
    "Markup",
    "attributes",
    "cdata",
    "code_text",
    "encode",
    "escape",
    "is_task_list",
    "macro_opening",
    "parameter",
    "plain",
    "quote",
    "rows",
    "task_line",
    "task_opening",
]
