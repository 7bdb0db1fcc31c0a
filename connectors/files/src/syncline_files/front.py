"""Front matter: the YAML block at the top of an article, read without running it, edited in place.

Only the value that changes is replaced; every other line, key, comment and order stays as the
person wrote it. Nothing is constructed from YAML tags, and aliases are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs

Value: TypeAlias = "str | Sequence[str]"

_LONGEST = 64_000
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ _./-][A-Za-z0-9]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_OPENS = re.compile(r"---[ \t]*(?:\r?\n|\Z)")
_BLOCK = re.compile(
    r"\A---[ \t]*(?P<newline>\r\n|\n)(?P<text>(?:.*(?:\r\n|\n))*?)"
    r"(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\Z)"
)


class BrokenFrontMatter(ValueError):
    """The block cannot be read; the message says why and where."""


@attrs.frozen(kw_only=True)
class FrontMatter:
    """The block between the fences, as it is written. No text: there is no block."""

    text: str | None = None
    newline: str = "\n"
    values: Mapping[str, Value | None] = attrs.field(factory=dict)
    """Texts and lists of texts by key; None for an empty value. Other values are not shown."""
    _spans: Mapping[str, tuple[int, int]] = attrs.field(factory=dict, alias="spans")

    def text_of(self, key: str) -> str | None:
        """Return a single value; None when the key is absent, empty or a list."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def list_of(self, key: str) -> tuple[str, ...] | None:
        """Return a list; a single value is a list of one. None when the key is absent."""
        value = self.values.get(key, ())
        if key not in self.values:
            return None
        return (value,) if isinstance(value, str) else tuple(value or ())

    def with_(self, changes: Mapping[str, Value]) -> FrontMatter:
        """Return the block with these values, new keys at its end.

        Raises:
            BrokenFrontMatter: the block is too intricate to be edited (anchors and the like).
        """
        text, added = self.text or "", []
        for key in sorted(changes, key=lambda k: self._spans.get(k, (0, 0)), reverse=True):
            if key in self._spans:
                start, end = self._spans[key]
                text = text[:start] + " " + spelled(changes[key]) + text[end:]
        added = [
            f"{k}: {spelled(v)}{self.newline}" for k, v in changes.items() if k not in self._spans
        ]
        if text and added and not text.endswith("\n"):
            text += self.newline
        result = parse(text + "".join(added), self.newline)
        if any(result.values.get(key) != _bare(value) for key, value in changes.items()):
            raise BrokenFrontMatter("the front matter cannot be edited in place: simplify it")
        return result

    def __str__(self) -> str:
        if self.text is None:
            return ""
        return f"---{self.newline}{self.text}---{self.newline}"


def split(content: str) -> tuple[FrontMatter, str]:
    """Return the front matter and the rest of an article.

    Raises:
        BrokenFrontMatter: there is a block, and it is not a YAML mapping.
    """
    if not _OPENS.match(content):
        return FrontMatter(newline="\r\n" if "\r\n" in content else "\n"), content
    found = _BLOCK.match(content, 0, _LONGEST)
    if found is None:
        raise BrokenFrontMatter("the front matter has no closing line '---'")
    return parse(found["text"], found["newline"]), content[found.end() :]


def parse(text: str, newline: str = "\n") -> FrontMatter:
    """Return the front matter that `text` (without its fences) is.

    Raises:
        BrokenFrontMatter: it is not a YAML mapping, or names a key twice.
    """
    # YAML is loaded where there is a block: a listing that finds nothing new need not.
    from .block import read

    values, spans = read(text)
    return FrontMatter(text=text, newline=newline, values=values, spans=spans)


def spelled(value: Value) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, str):
        return _scalar(value)
    return "[" + ", ".join(_scalar(item) for item in value) + "]"


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else _escape(c) for c in escaped) + '"'


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _bare(value: Value) -> Value:
    return value if isinstance(value, str) else tuple(value)
