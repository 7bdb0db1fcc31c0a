"""The site that a simulator starts with: its people, groups and space."""

from __future__ import annotations

import attrs

from .accounts import Account
from .content import Members, Space
from .pages import create
from .rules import moment
from .wiki import Wiki

EVERYBODY = "confluence-users"
EDITORS = "editors"
AGENTS = "agents"
LEGAL = "legal"


@attrs.frozen(kw_only=True)
class Credentials:
    """The secrets of the site, made from the seed."""

    token: str
    scoped_token: str
    client_id: str
    client_secret: str
    refresh_token: str
    editor_token: str
    agent_token: str


@attrs.frozen(kw_only=True)
class People:
    """Who is there at the start."""

    sync: Account
    """The technical user that connectors use: a member of everybody and editors, administrator."""
    editor: Account
    """The person who acts, unless an act says `by`."""
    agent: Account
    """A reader in the contact centre."""
    lawyer: Account
    """Somebody whose pages the technical user does not see."""


def settle(wiki: Wiki) -> tuple[People, Credentials, Space]:
    """Fill an empty wiki with its people and its first space, `KB`."""
    directory = wiki.directory
    add = directory.add_account
    people = People(
        sync=add("Syncline", "sync@example.com", [EVERYBODY, EDITORS], admin=True),
        editor=add("Ada Editor", "editor@example.com", [EVERYBODY, EDITORS]),
        agent=add("Ben Agent", "agent@example.com", [EVERYBODY, AGENTS]),
        lawyer=add("Cleo Lawyer", "lawyer@example.com", [EVERYBODY, LEGAL]),
    )
    client_id, client_secret, refresh_token = directory.add_client(people.sync)
    credentials = Credentials(
        token=directory.add_token(people.sync),
        scoped_token=directory.add_token(people.sync, scoped=True),
        client_id=client_id,
        client_secret=client_secret,
        refresh_token=refresh_token,
        editor_token=directory.add_token(people.editor),
        agent_token=directory.add_token(people.agent),
    )
    space = add_space(wiki, people.editor, "KB", "Knowledge Base", kind="knowledge_base")
    return people, credentials, space


def add_space(
    wiki: Wiki,
    who: Account,
    key: str,
    name: str,
    *,
    kind: str = "global",
    readers: Members | None = None,
) -> Space:
    """A new space with its homepage; everybody may see it unless readers are given."""
    if readers is None:
        everybody = {group.name: group.id for group in wiki.directory.groups.values()}
        readers = Members(groups=[everybody[EVERYBODY]])
    space = Space(
        id=wiki.ids.number(),
        key=key,
        name=name,
        type=kind,
        author=who.id,
        created=moment(wiki),
        readers=Members(users=[*readers.users, who.id], groups=readers.groups),
    )
    wiki.spaces[space.id] = space
    home = create(wiki, who, space, title=name, body=f"<p>Welcome to the space {key}.</p>")
    space.homepage = home.id
    return space
