"""Entry points of installed distributions, found without `importlib.metadata`.

That module costs more to import than the rest of `syncline --help` together (email, zipfile,
socket). What it would find is read here from the same files; where the interpreter is set up so
that there may be more to find (zip files, eggs, special finders), it is asked after all.
"""

# ruff: noqa: PTH113, PTH118, PTH123  (pathlib is another 10 ms of import)
from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple


class EntryPoint(NamedTuple):
    """One line of a distribution's `entry_points.txt`."""

    name: str
    value: str
    """`module`, or `module:attribute`."""
    distribution: str
    version: str

    @property
    def origin(self) -> str:
        """The distribution and its version, for messages."""
        return f"{self.distribution} {self.version}"

    def load(self) -> object:
        """Import what it names. Whatever that raises comes through."""
        module, _, attribute = self.value.partition(":")
        loaded: object = import_module(module.strip())
        for part in attribute.strip().split(".") if attribute else ():
            loaded = getattr(loaded, part)
        return loaded


def entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, by name; of two installs the first on the path."""
    found = _by_library(group) if _unusual() else list(_by_scan(group))
    return sorted(dict.fromkeys(found))


def _unusual() -> bool:
    files = (path for path in sys.path if path.endswith(".egg") or os.path.isfile(path))
    finders = (f for f in sys.meta_path if getattr(f, "__name__", "") != "PathFinder")
    return any(True for _ in files) or any(hasattr(f, "find_distributions") for f in finders)


def _by_library(group: str) -> list[EntryPoint]:
    from importlib.metadata import entry_points as ask

    return [
        EntryPoint(
            p.name, p.value, _dashed(p.dist.name if p.dist else "?"),
            p.dist.version if p.dist else "?",
        )
        for p in ask(group=group)
    ]  # fmt: skip


def _by_scan(group: str) -> Iterator[EntryPoint]:
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path):
        for name in sorted(_metadata_folders(folder or ".")):
            distribution, _, version = name.rpartition(".")[0].partition("-")
            distribution = _dashed(distribution)
            if distribution in seen:
                continue
            seen.add(distribution)
            text = _read(os.path.join(folder, name, "entry_points.txt"))
            for line in _section(text, group) if group in text else ():
                point, _, value = line.partition("=")
                yield EntryPoint(point.strip(), _bare(value), distribution, version)


def _metadata_folders(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (e.name for e in entries if e.name.endswith((".dist-info", ".egg-info")))
    except OSError:
        return


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _section(text: str, group: str) -> Iterator[str]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and line and line[0] not in "#;":
            yield line


def _bare(value: str) -> str:
    """Return the value without the extras that may stand behind it."""
    return value.partition("[")[0].strip()


def _dashed(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


__all__ = ["EntryPoint", "entry_points"]
