"""Pair files: CSV with two columns, the left's and the right's item of one article each."""

from __future__ import annotations

import csv
from pathlib import Path

from ..errors import ConfigError
from ..model import Ref
from .jobs import DocumentsJob

MAX_ROWS = 1_000_000


def read_pairs(path: Path, job: DocumentsJob) -> tuple[tuple[Ref, Ref], ...]:
    """Return the pairs of a file: ids, or `connection:id`; a header that names them is skipped.

    Raises:
        ConfigError: it cannot be read, or has faults: one line each, all of them.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(zip(range(1, MAX_ROWS + 1), csv.reader(file), strict=False))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError([f"{path}: cannot be read: {why}"]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from None
    return _pairs(path, [(n, row) for n, row in rows if any(cell.strip() for cell in row)], job)


def _pairs(
    path: Path, rows: list[tuple[int, list[str]]], job: DocumentsJob
) -> tuple[tuple[Ref, Ref], ...]:
    pairs: list[tuple[Ref, Ref]] = []
    problems: list[str] = []
    seen: dict[Ref, int] = {}
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        if number == rows[0][0] and _is_header(cells):
            continue
        try:
            pair = _pair(cells, job)
            for ref in pair:
                if (earlier := seen.setdefault(ref, number)) != number:
                    raise ValueError(f"{ref} stands in line {earlier} already")
            pairs.append(pair)
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        raise ConfigError(problems)
    return tuple(pairs)


def _is_header(cells: list[str]) -> bool:
    """Tell whether a first line only names the columns: `left,right` or `Left ID,Right id`."""
    return [cell.lower().removesuffix("id").rstrip(" _-") for cell in cells] == ["left", "right"]


def _pair(cells: list[str], job: DocumentsJob) -> tuple[Ref, Ref]:
    if len(cells) != 2 or not all(cells):
        raise ValueError("a line has two columns: the left's id, the right's id")
    left, right = cells
    return _ref(left, job.left, job.right), _ref(right, job.right, job.left)


def _ref(cell: str, connection: str, other: str) -> Ref:
    prefix, colon, rest = cell.partition(":")
    if colon and prefix == other:
        raise ValueError(f"{cell} belongs to the other column: the left's id comes first")
    return Ref(connection, rest if colon and prefix == connection else cell)


__all__ = ["read_pairs"]
