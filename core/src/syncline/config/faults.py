"""What is wrong with a configuration, and where: one line each, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ..shown import Shown
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

    def below(self, *parents: str | int) -> Fault:
        """Return the same fault seen from further up."""
        return evolve(self, path=(*parents, *self.path))

    def line(self, file: str, positions: Positions) -> str:
        """Return the line that people read: `file:line:column: path: message`."""
        find = positions.key if self.at_key else positions.value
        line, column = find(self.path)
        where = f"{file}:{line}:{column}"
        return (
            f"{where}: {dotted(self.path)}: {self.message}"
            if self.path
            else (f"{where}: {self.message}")
        )


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


def nearest(word: str, known: Iterable[str], noun: str) -> str:
    """Return the hint behind an unknown word: the nearest one, or what there is."""
    # Only a fault pays for these imports: see the budget of `syncline check`.
    import difflib

    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"{noun}: {', '.join(known)}" if known else f"there are no {noun}"


__all__ = ["Fault", "Faults", "dotted", "faults_of", "nearest"]
