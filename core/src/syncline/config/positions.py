"""Where each key and value of a TOML text stands: one linear pass over a text that parses.

tomllib gives values without positions, and no maintained parser keeps them, so this pass is made
only when there is something to report. It trusts that tomllib has accepted the text; if it loses
its way all the same, the positions found so far are kept and the rest fall back to their parents.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator

from .leaves import Path

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)


class _Lost(Exception):
    """The text is not what this pass expects."""


class Positions:
    """Line and column (both from 1, columns in characters) of keys and values by path.

    A path is the keys from the root, with the indices of arrays: `("jobs", "a", "rules", 0)`.
    """

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._keys: dict[Path, int] = {(): 0}
        self._values: dict[Path, int] = {(): 0}
        self._counts: dict[Path, int] = {}
        self._lines = [0, *(match.end() for match in re.finditer("\n", self._text))]
        try:
            self._document()
        except (_Lost, IndexError, RecursionError, tomllib.TOMLDecodeError):
            # Best effort by design: a report without a column is better than none.
            return

    def key(self, path: Path) -> tuple[int, int]:
        """Return where the last key of `path` stands; that of its nearest parent if unknown."""
        return self._found(self._keys, path)

    def value(self, path: Path) -> tuple[int, int]:
        """Return where the value at `path` begins; that of its nearest parent if unknown."""
        return self._found(self._values, path)

    def character(self, path: Path, number: int) -> tuple[int, int] | None:
        """Return where a character (from 1; one past the last is the end) of a text stands.

        None when the value at `path` is not known to be a text with so many characters.
        """
        start = self._values.get(path)
        quoted = None if start is None else _STRING.match(self._text, start)
        if quoted is None:
            return None
        offsets = [*_characters(quoted), quoted.end() - len(_quotes(quoted.group()))]
        return self._line_and_column(offsets[number - 1]) if 0 < number <= len(offsets) else None

    def paths(self) -> Iterator[Path]:
        """Yield every path that has a value of its own, as written."""
        return iter(self._values)

    def _found(self, offsets: dict[Path, int], path: Path) -> tuple[int, int]:
        while path not in offsets:
            path = path[:-1]
        return self._line_and_column(offsets[path])

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    # -- the grammar, as far as it takes to know where things are ------------------------------

    def _document(self) -> None:
        table: Path = ()
        position = self._after(_GAP, 0)
        while position < len(self._text):
            if self._text[position] == "[":
                position, table = self._header(position)
            else:
                position = self._pair(position, table)
            position = self._after(_GAP, position)

    def _header(self, start: int) -> tuple[int, Path]:
        array = self._text.startswith("[[", start)
        end, keys = self._key(self._after(_SPACE, start + (2 if array else 1)))
        path: Path = ()
        for part, offset in keys:
            path = (*path, part)
            self._keys.setdefault(path, offset)
            self._values.setdefault(path, start)
            if (path in self._counts) and (part, offset) != keys[-1]:
                path = (*path, self._counts[path] - 1)
        if array:
            count = self._counts[path] = self._counts.get(path, 0) + 1
            path = (*path, count - 1)
        self._keys[path] = keys[-1][1]
        self._values[path] = start
        return self._after(_SPACE, end) + (2 if array else 1), path

    def _pair(self, position: int, table: Path) -> int:
        position, keys = self._key(position)
        position = self._after(_EQUALS, position)
        path = table
        for part, offset in keys:
            path = (*path, part)
            self._keys.setdefault(path, offset)
            self._values.setdefault(path, position)
        return self._value(position, path)

    def _key(self, position: int) -> tuple[int, list[tuple[str, int]]]:
        keys: list[tuple[str, int]] = []
        while True:
            end, part = self._simple_key(position)
            keys.append((part, position))
            after = _DOT.match(self._text, end)
            if after is None:
                return end, keys
            position = after.end()

    def _simple_key(self, position: int) -> tuple[int, str]:
        if self._text[position] in "\"'":
            end = self._after(_STRING, position)
            quoted = self._text[position:end]
            return end, str(tomllib.loads(f"key = {quoted}")["key"])
        end = self._after(_BARE, position)
        return end, self._text[position:end]

    def _value(self, position: int, path: Path) -> int:
        self._values[path] = position
        match self._text[position]:
            case '"' | "'":
                return self._after(_STRING, position)
            case "[":
                return self._array(position + 1, path)
            case "{":
                return self._inline_table(position + 1, path)
            case _:
                return self._after(_SCALAR, position)

    def _array(self, position: int, path: Path) -> int:
        index = 0
        while self._text[position := self._after(_GAP, position)] != "]":
            self._keys[(*path, index)] = position
            position = self._after(_GAP, self._value(position, (*path, index)))
            position += self._text[position] == ","
            index += 1
        return position + 1

    def _inline_table(self, position: int, path: Path) -> int:
        while self._text[position := self._after(_GAP, position)] != "}":
            position = self._after(_GAP, self._pair(position, path))
            position += self._text[position] == ","
        return position + 1

    def _after(self, pattern: re.Pattern[str], position: int) -> int:
        found = pattern.match(self._text, position)
        if found is None:
            raise _Lost
        return found.end()


_ESCAPE = re.compile(r"(?P<fold>\\[ \t]*\n[ \t\n]*)|\\x..|\\u.{4}|\\U.{8}|\\.|.", re.DOTALL)


def _quotes(quoted: str) -> str:
    """Return the quotation marks that a text begins with."""
    return quoted[:3] if quoted[:3] in ('"""', "'''") else quoted[0]


def _characters(quoted: re.Match[str]) -> Iterator[int]:
    """Yield where each character of a text begins, as the file writes it."""
    text, marks = quoted.group(), _quotes(quoted.group())
    # A line that ends right behind the three marks is no part of the text.
    start = len(marks) + (len(marks) == 3 and text[3:4] == "\n")
    end = len(text) - len(marks)
    if marks[0] == "'":
        yield from range(quoted.start() + start, quoted.start() + end)
        return
    for found in _ESCAPE.finditer(text, start, end):
        if found["fold"] is None:
            yield quoted.start() + found.start()


__all__ = ["Positions"]
