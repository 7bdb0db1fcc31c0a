"""How an edited line is spelled: as it was, wherever it says what it said.

Entities, references by number and runs of white space have many spellings of one meaning. What an
edit leaves alone keeps its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint

from syncline.body.sequence import matches

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[^\"'>]*(?:(?:\"[^\"]*\"|'[^']*')[^\"'>]*)*>"
    r"|[ \t\r\n]+|&\#?\w+;|\w+|.",
    re.DOTALL,
)


def respelled(old: str, new: str) -> str:
    """Return `new` with the spelling that its unchanged parts have in `old`, the line as stored."""
    before, after = list(_words(old)), list(_words(new))
    spelled = [spelling for _, spelling in after]
    for i, j in matches([key for key, _ in before], [key for key, _ in after]):
        spelled[j] = before[i][1]
    return "".join(spelled)


def _words(markup: str) -> Iterator[tuple[str, str]]:
    """Yield words, characters, blanks and tags: what each means, and how it is spelled."""
    key = spelling = ""
    for token in _TOKEN.findall(markup):
        meaning = _meaning(token)
        if meaning.isalnum() and (not key or key.isalnum()):
            key, spelling = key + meaning, spelling + token
            continue
        if key:
            yield key, spelling
        key, spelling = meaning, token
    if key:
        yield key, spelling


def _meaning(token: str) -> str:
    if token.isspace() and token.isascii():
        return " "
    if not token.startswith("&") or len(token) == 1:
        return token
    name = token[1:-1]
    code = ord("'") if name == "apos" else name2codepoint.get(name)  # XML's own, unknown to HTML 4
    if name.startswith("#"):
        code = _number(name[1:])
    return token if code is None else chr(code)


def _number(digits: str) -> int | None:
    try:
        code = int(digits[1:], 16) if digits[:1] == "x" else int(digits)
    except ValueError:
        return None
    return code if 0 < code < 0x110000 else None


__all__ = ["respelled"]
