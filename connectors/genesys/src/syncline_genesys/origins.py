"""The mark on a copy: where Syncline copied it from, in `externalId`. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations
from typing import Self
from urllib.parse import quote, unquote

from attrs import frozen

from syncline.model import Ref

PREFIX = "syncline:"

LONGEST = 255
"""Characters of an external id that are surely held."""

_EXAMPLES = ("98312", "guides/a b,c.md", "x")


@frozen(kw_only=True)
class Template:
    """External ids of the originals of one connection: `prefix`, the original's id, `suffix`.

    A mark is how a copy is found again, so each has to say whose copy it is: a template that the
    id cannot be read back from is refused.
    """

    connection: str
    prefix: str
    suffix: str

    @classmethod
    def compile(cls, connection: str, expression: str) -> Self:
        """Return the template that a CEL expression over `id` gives, such as `'KB-' + id`.

        Raises:
            ValueError: it does not compile, gives no text, or has no inverse.
        """
        # Nearly nobody has one, and the library costs every command its start.
        from syncline.expressions import Expression

        compiled = Expression.compile(expression, {"id": _EXAMPLES[0]})
        given = [compiled.text_of(id=one) for one in _EXAMPLES]
        prefix, found, suffix = given[0].partition(_EXAMPLES[0])
        if not found or given != [f"{prefix}{one}{suffix}" for one in _EXAMPLES]:
            raise ValueError(
                "the original's id cannot be read back from it; "
                "write a text, the id, and perhaps another text: 'KB-' + id"
            )
        if fault := _fault(prefix, suffix):
            raise ValueError(fault)
        return cls(connection=connection, prefix=prefix, suffix=suffix)

    def mark(self, origin: Ref) -> str:
        """Return the external id for copies of `origin`."""
        return f"{self.prefix}{quote(origin.id, safe='')}{self.suffix}"

    def origin(self, external_id: str) -> Ref | None:
        """Return the original that an external id names; None when the template never gives it."""
        middle = external_id.removeprefix(self.prefix).removesuffix(self.suffix)
        origin = Ref(self.connection, unquote(middle))
        return origin if middle and self.mark(origin) == external_id else None

    def meets(self, other: Self) -> bool:
        """True when there are external ids that both could give."""
        heads, tails = (self.prefix, other.prefix), (self.suffix, other.suffix)
        return _one_begins(heads) and _one_begins((tails[0][::-1], tails[1][::-1]))


@frozen(kw_only=True)
class Marks:
    """How one connection marks copies: `syncline:<connection>:<id>`, or as a template says."""

    templates: Mapping[str, Template] = {}
    """By the connection of the original."""

    @classmethod
    def compile(cls, expressions: Mapping[str, str]) -> Self:
        """Return the marks for CEL templates, by the connection of the original.

        Raises:
            ValueError: some have no inverse, or two could give the same external id; with all
                of these faults.
        """
        templates, faults = {}, []
        for name, expression in expressions.items():
            try:
                templates[name] = Template.compile(name, expression)
            except ValueError as error:
                faults.append(f"the template of {name}: {error}")
        faults += [
            f"the templates of {one.connection} and {other.connection}: both could give the same "
            "external id; begin them with different texts"
            for one, other in combinations(templates.values(), 2)
            if one.meets(other)
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return cls(templates=templates)

    def mark(self, origin: Ref) -> str:
        """Return the external id for copies of `origin`: never with a comma, which separates ids.

        An id that is too long is hashed: the mark then finds the copy, and cannot be read back.
        """
        template = self.templates.get(origin.connection)
        text = standard(origin) if template is None else template.mark(origin)
        return text if len(text) <= LONGEST else standard(origin)

    def every(self, origin: Ref) -> tuple[str, ...]:
        """Return all marks that copies of `origin` may carry: some are older than the template."""
        return tuple(dict.fromkeys((self.mark(origin), standard(origin))))

    def origin(self, external_id: object) -> Ref | None:
        """Return the origin that an external id names; None when it is no mark of ours."""
        if not isinstance(external_id, str):
            return None
        named = (one.origin(external_id) for one in self.templates.values())
        return next(filter(None, named), None) or _standard_origin(external_id)

    def ours(self, external_id: str) -> bool:
        """True for a mark, also for one that cannot be read back."""
        return external_id.startswith(PREFIX) or self.origin(external_id) is not None


def standard(origin: Ref) -> str:
    """Return the mark of copies for whose originals no template is set."""
    text = f"{PREFIX}{quote(origin.connection, safe='')}:{quote(origin.id, safe='')}"
    if len(text) <= LONGEST:
        return text
    return f"{PREFIX}:{hashlib.sha256(text.encode()).hexdigest()}"


def _standard_origin(external_id: str) -> Ref | None:
    if not external_id.startswith(PREFIX):
        return None
    connection, _, id_ = external_id.removeprefix(PREFIX).partition(":")
    return Ref(unquote(connection), unquote(id_)) if connection and id_ else None


def _fault(prefix: str, suffix: str) -> str | None:
    if not prefix:
        return "it has to begin with a text that no other program's ids begin with: 'KB-' + id"
    if _one_begins((prefix, PREFIX)):
        return f"{PREFIX!r} is what other marks begin with"
    if not f"{prefix}{suffix}".isprintable() or "," in prefix + suffix:
        return "Genesys separates external ids by commas; use letters, digits and dashes"
    if f"{prefix}{suffix}" != f"{prefix}{suffix}".strip():
        return "an external id neither begins nor ends with a space"
    return None


def _one_begins(texts: tuple[str, str]) -> bool:
    return texts[0].startswith(texts[1]) or texts[1].startswith(texts[0])
