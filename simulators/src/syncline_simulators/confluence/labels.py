"""Labels: lower-cased, without blanks, no part of a page's version."""

from __future__ import annotations

from collections.abc import Iterable

from .accounts import Account
from .content import Content
from .refusal import invalid
from .registers import changed
from .wiki import Wiki

_FORBIDDEN = frozenset(' \t\r\n!#&()*,.:;<>?@[]^"')
MAX_LABEL = 255


def checked(name: str) -> str:
    """A label's name as it is kept.

    Raises:
        Refusal: 400, it is empty, too long, or has a blank or another forbidden character.
    """
    name = name.strip().lower()
    wrong = sorted(set(name) & _FORBIDDEN)
    if not name or len(name) > MAX_LABEL:
        raise invalid("Could not parse Labels")
    if wrong:
        raise invalid(f"Label '{name}' contains the forbidden character {wrong[0]!r}")
    return name


def add(wiki: Wiki, who: Account, content: Content, names: Iterable[str]) -> None:
    """Put labels on a content; those that it has are left as they are.

    Raises:
        Refusal: as `checked`; then none is added.
    """
    for name in [checked(name) for name in names]:
        label = wiki.label_ids.setdefault(name, wiki.ids.number())
        wiki.labelled.setdefault(name, set()).add(content.id)
        if name not in content.labels:
            content.labels[name] = label
            wiki.tell("label_added", content, who)
    changed(wiki, content)


def remove(wiki: Wiki, who: Account, content: Content, names: Iterable[str]) -> None:
    """Take labels off; those that it does not have make no difference."""
    for name in names:
        wiki.labelled.get(name, set()).discard(content.id)
        if content.labels.pop(name, None) is not None:
            wiki.tell("label_removed", content, who)
    changed(wiki, content)
