"""What is wrong with a configuration, and where: one line each, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ..reprs import Shown
from ..suggestions import nearest
from .leaves import Path

if TYPE_CHECKING:
    from .positions import Positions


@frozen(kw_only=True, repr=False)
class Fault(Shown):
    """One thing that is wrong, at a path of the file."""

    path: Path
    message: str
    """What is wrong, and the nearest valid key or value where there is one."""
    at_key: bool = False
    """True when the key itself is wrong, not its value."""
    character: int | None = None
    """Of a text: the 1-based character of the value that is wrong."""

    def below(self, *parents: str | int) -> Fault:
        """Return the same fault seen from further up."""
        return evolve(self, path=(*parents, *self.path))

    def line(self, file: str, positions: Positions) -> str:
        """Return the line that people read: `file:line:column: path: message`."""
        line, column = self.place(positions)
        path = f"{dotted(self.path)}: " if self.path else ""
        return f"{file}:{line}:{column}: {path}{self.message}{self._inside(positions)}"

    def place(self, positions: Positions) -> tuple[int, int]:
        """Return line and column, the ones inside the text where they are known."""
        if self.character is not None:
            found = positions.character(self.path, self.character)
            return found or positions.value(self.path)
        return (positions.key if self.at_key else positions.value)(self.path)

    def _inside(self, positions: Positions) -> str:
        if self.character is None or positions.character(self.path, self.character):
            return ""
        return f" (at character {self.character})"


class Faults(ValueError):
    """Everything that is wrong with one value."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in self.faults))


def faults_of(error: Exception, *path: str | int) -> Iterator[Fault]:
    """Yield what `error` says, below `path`; whatever a validator raises is one fault."""
    if isinstance(error, Faults):
        yield from (fault.below(*path) for fault in error.faults)
        return
    # attrs' own validators put the sentence first and the attribute after it.
    said = error.args[0] if error.args else type(error).__name__
    yield Fault(path=path, message=str(said))


def dotted(path: Path) -> str:
    """Return a path as people write it: `jobs.a.rules[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
        text += ("." if text else "") + (part if plain else repr(part))
    return text


__all__ = ["Fault", "Faults", "dotted", "faults_of", "nearest"]
