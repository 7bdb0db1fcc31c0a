"""What happened and what was heard, on disk, in parts that each have whole conversations."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self

import msgspec
from attrs import define, field

MOST = 64
"""Files that are open at a time."""
EACH = 20_000
"""Changes that one part has, more or less: so many are in memory at a time."""


class _Keyed(msgspec.Struct, gc=False):
    conversation_id: str


def parts(changes: int) -> int:
    """Return into how many parts a stream of so many changes is divided."""
    return max(1, min(MOST, changes // EACH))


@define
class Shards:
    """Lines of JSON in so many files, each conversation in one of them, in the order they came.

    Used as a context while lines are added; they are read afterwards.
    """

    folder: Path
    count: int
    lines: int = 0
    _files: list[IO[bytes]] = field(factory=list, init=False)
    _stack: ExitStack = field(factory=ExitStack, init=False)
    _decoder: msgspec.json.Decoder[Any] = field(factory=msgspec.json.Decoder, init=False)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = map(self._path, range(self.count))
        self._files = [self._stack.enter_context(path.open("wb")) for path in paths]
        return self

    def __exit__(self, *_: object) -> None:
        self._files = []
        self._stack.close()

    def add(self, conversation: bytes, line: bytes) -> None:
        """Add a line, without its end, of a conversation."""
        self.lines += 1
        self._files[zlib.crc32(conversation) % self.count].write(line + b"\n")

    def part(self, number: int) -> list[dict[str, Any]]:
        """Return the lines of one part."""
        return [*self._decoder.decode_lines(self._path(number).read_bytes())]

    def having(self, number: int, word: bytes) -> Iterator[dict[str, Any]]:
        """Yield the lines of one part that have a word; the others are not understood."""
        with self._path(number).open("rb") as file:
            for line in file:
                if word in line:
                    yield self._decoder.decode(line)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.jsonl"


def lines_of(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield the lines of the simulator's truth, each with its conversation."""
    decode = msgspec.json.Decoder(_Keyed).decode
    with path.open("rb") as file:
        for line in file:
            yield decode(line).conversation_id.encode(), line.rstrip(b"\n")


def sharded(lines: Iterable[tuple[bytes, bytes]], folder: Path, count: int) -> Shards:
    """Return conversations with their lines, divided."""
    shards = Shards(folder, count)
    with shards:
        for conversation, line in lines:
            shards.add(conversation, line)
    return shards


__all__ = ["EACH", "MOST", "Shards", "lines_of", "parts", "sharded"]
