"""Which field of an object an expression reads: `asg.media['call'].limit`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from attrs import frozen

from ..config_items import FieldType, Kind
from ..expressions import ExpressionError
from ..expressions.syntax import Index, Literal, Name, Node, Select
from ..suggestions import nearest

Step: TypeAlias = Select | Index
"""`.name` or `[index]`."""


@frozen
class Read:
    """A field that is read, and what is taken of its value then."""

    path: str
    type: FieldType
    rest: Sequence[Step]


def chain(node: Node) -> tuple[Node, Sequence[Step]]:
    """Return what a chain of fields and indices begins with, and its steps from there."""
    steps: list[Step] = []
    while isinstance(node, Select | Index):
        steps.append(node)
        node = node.of
    return node, steps[::-1]


def read_of(root: Name, kind: Kind, steps: Sequence[Step]) -> Read:
    """Return the field that a chain of steps reads of an object, named by `root`.

    Raises:
        ExpressionError: objects of this kind have no such field, or its type is not known.
    """
    path = ""
    for count, step in enumerate(steps, 1):
        part = _part_of_path(step)
        if part is None:
            raise ExpressionError(f"say which field of {path or root.name!r}", step.at)
        path = f"{path}.{part}" if path else part
        if path in kind.fields:
            return _read(kind, path, steps[count:], step)
        if not any(known.startswith(f"{path}.") for known in kind.fields):
            return _other(kind, path, steps[count:], step)
    inside = [known for known in sorted(kind.fields) if known.startswith(f"{path}.")]
    raise ExpressionError(
        f"{path!r} is no field by itself; there are {', '.join(inside)}", steps[-1].at
    )


def _other(kind: Kind, path: str, rest: Sequence[Step], at: Step) -> Read:
    """Go on where the kind does not know the field by name."""
    if kind.others is None:
        raise unknown("field", path, kind.fields, at.at, f" in {kind.one}")
    # Of a field that nobody knows by name, the path goes as far as it is written.
    for count, step in enumerate(rest):
        part = _part_of_path(step)
        if part is None:
            return _read(kind, path, rest[count:], step)
        path, at = f"{path}.{part}", step
    return _read(kind, path, (), at)


def _read(kind: Kind, path: str, rest: Sequence[Step], at: Step) -> Read:
    spec = kind.spec(path)
    if spec is None or spec.type is FieldType.ANY:
        raise ExpressionError(
            f"what {path!r} of {kind.one} holds is known only to the object; name the field"
            f" itself as an input: {{ item = …, field = {path!r}, type = … }}",
            at.at,
        )
    return Read(path, spec.type, rest)


def _part_of_path(step: Step) -> str | None:
    """Return the part of a dotted path that a step is; None where only the run tells."""
    match step:
        case Select(name=name):
            return name
        case Index(index=Literal(kind="string", text=text)) if _is_plain(text):
            return text[1:-1]
        case _:
            return None


def _is_plain(text: str) -> bool:
    """Tell whether a text as written is one part of a path: no escapes, no dots."""
    return text[0] in "'\"" and text[:3] not in ('"""', "'''") and not {"\\", "."} & {*text}


def unknown(
    noun: str, name: str, known: Iterable[str], at: int, where: str = ""
) -> ExpressionError:
    """Return the error for a name that nothing defines, with the nearest that exists."""
    return ExpressionError(
        f"there is no {noun} {name!r}{where}; {nearest(name, known, f'{noun}s')}", at
    )


__all__ = ["Read", "Step", "chain", "read_of", "unknown"]
