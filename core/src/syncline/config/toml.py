"""Reads TOML text: a table, or one fault with its line and column."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from ..errors import ConfigError

MAX_SIZE = 8 * 1024 * 1024
"""Bytes of a configuration file."""
MAX_DEPTH = 64
"""Tables and arrays inside each other."""

_AT = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"


def parse(raw: bytes, file: str) -> tuple[dict[str, Any], str]:
    """Return the table and its text.

    Raises:
        ConfigError: it is no TOML; the line says where and why.
    """
    if len(raw) > MAX_SIZE:
        raise ConfigError([f"{file}: {len(raw)} bytes; a configuration has {MAX_SIZE} at most"])
    text = _decoded(raw, file)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_located(str(error), text, file)]) from None
    except RecursionError:
        raise ConfigError([f"{file}: arrays or tables are nested too deep"]) from None
    except ValueError as error:  # numbers of thousands of digits
        raise ConfigError([f"{file}: not valid TOML: {error}"]) from None
    if not _shallow(table):
        raise ConfigError([f"{file}: more than {MAX_DEPTH} arrays or tables inside each other"])
    return table, text


def _decoded(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        raise ConfigError([f"{file}:{line}:{column}: the file is not UTF-8"]) from None


def _located(message: str, text: str, file: str) -> str:
    found = re.search(_AT, message)
    if found is None:
        return f"{file}: not valid TOML: {message}"
    what = message[: found.start()]
    lines = text.replace("\r\n", "\n").split("\n")
    line, column = (found[1], found[2]) if found[1] else (len(lines), len(lines[-1]) + 1)
    return f"{file}:{line}:{column}: not valid TOML: {what[:1].lower()}{what[1:]}"


def _shallow(value: dict[str, Any]) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for parent in level:
            children = parent.values() if type(parent) is dict else parent
            deeper += [child for child in children if type(child) in (dict, list)]
        if not deeper:
            return True
        level = deeper
    return False


__all__ = ["parse"]
