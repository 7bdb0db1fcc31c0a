"""Restrictions: who may view and who may edit a content, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from .accounts import Account, Group
from .content import Content, Members
from .refusal import forbidden, invalid, missing
from .wiki import Wiki, lets_through

Operation = Literal["read", "update"]
OPERATIONS: tuple[Operation, ...] = ("read", "update")


def members(content: Content, operation: str) -> Members:
    """Who this operation is restricted to; empty means everybody."""
    return content.readers if operation == "read" else content.editors


def replace(wiki: Wiki, who: Account, content: Content, operation: str, gate: Members) -> None:
    """Restrict an operation to these. The page's version stays as it is."""
    wiki.lift(content)
    if operation == "read":
        content.readers = gate
    else:
        content.editors = gate
    wiki.place(content)
    wiki.tell("content_permissions_updated", content, who)


def united(first: Members, second: Members) -> Members:
    """Everybody listed in either, each once."""
    return Members(
        users=list(dict.fromkeys([*first.users, *second.users])),
        groups=list(dict.fromkeys([*first.groups, *second.groups])),
    )


def named(wiki: Wiki, names: Iterable[str]) -> Members:
    """The members that these ids, e-mail addresses or group names stand for.

    Raises:
        Refusal: 400, one of them is unknown.
    """
    gate = Members()
    for name in names:
        match wiki.directory.by_name(name):
            case Account(id=found):
                gate.users.append(found)
            case Group(id=found):
                gate.groups.append(found)
            case None:
                raise invalid(f"There is no user or group '{name}'")
    return gate


def permitted(
    wiki: Wiki, asking: Account, content: Content, subject: Mapping[str, Any], operation: str
) -> bool:
    """Whether a user or group may do this: space, restrictions, and those that are inherited.

    Raises:
        Refusal: 403, only administrators may ask about others; 404, an unknown subject.
    """
    found = wiki.directory.by_name(str(subject.get("identifier")))
    if isinstance(found, Account) and found is not asking and not asking.admin:
        raise forbidden("Only a Confluence administrator may check the permissions of others")
    match subject.get("type"), found:
        case "user", Account() as account:
            reads = wiki.can_read(account, content)
            return reads and (operation == "read" or _may_edit(account, content))
        case "group", Group() as group:
            if not asking.admin and group.id not in asking.groups:
                raise forbidden(
                    "Only a Confluence administrator may check the permissions of others"
                )
            reads = wiki.group_can_read(group, content)
            edits = not content.editors or group.id in content.editors.groups
            return reads and (operation == "read" or edits)
        case _:
            raise missing("There is no such user or group")


def _may_edit(who: Account, content: Content) -> bool:
    return not content.editors or lets_through(content.editors, who)
