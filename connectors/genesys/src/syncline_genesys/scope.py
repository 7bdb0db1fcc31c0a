"""Which knowledge base and which categories a connection covers, found out when first needed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re

from syncline.errors import Forbidden, NotFound, Rejected

from .blocks.decode import text
from .catalog import Categories
from .client import Api
from .settings import Settings

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Scope:
    """The knowledge base's id and the ids of the categories in scope."""

    def __init__(self, api: Api, settings: Settings, connection: str, tree: Categories) -> None:
        self._api = api
        self._settings = settings
        self._connection = connection
        self._tree = tree
        self._lock = asyncio.Lock()
        self._base = ""

    @property
    def base(self) -> str:
        """The id of the knowledge base; empty before `find`."""
        return self._base

    async def find(self) -> str:
        """Return the id of the knowledge base.

        Raises:
            Rejected: there is none with the configured name, or several; the message lists what
                the OAuth client may see.
        """
        async with self._lock:
            if not self._base:
                named = self._settings.knowledge_base.strip()
                if not named:
                    raise Rejected(
                        f"{self._connection}: no knowledge_base is set; a job for documents "
                        "needs the id or the name of one"
                    )
                self._base = named if _ID.fullmatch(named) else await self._named(named)
            return self._base

    async def _named(self, name: str) -> str:
        bases = await self._api.knowledge_bases()
        same = [base for base in bases if text(base, "name").casefold() == name.casefold()]
        if len(same) == 1:
            return text(same[0], "id")
        there = ", ".join(sorted(f"{text(b, 'name')!r} ({text(b, 'id')})" for b in bases)) or "none"
        what = f"{len(same)} knowledge bases are" if same else "no knowledge base is"
        raise Rejected(
            f"{self._connection}: {what} called {name!r}; set knowledge_base to the id of one of "
            f"those that the OAuth client may see: {there}"
        )

    async def confirm(self) -> None:
        """Make sure that the credentials can read the knowledge base at all.

        Raises:
            NotFound, Forbidden: they cannot; then nothing in it is known to be gone.
        """
        base = await self.find()
        try:
            await self._api.knowledge_base(base)
        except (NotFound, Forbidden) as error:
            if error.status not in (403, 404):
                raise  # no token, or a refused one: that says nothing of the knowledge base
            raise self.hidden(error) from error

    def hidden(self, error: NotFound | Forbidden) -> NotFound | Forbidden:
        """Return the error that says what to do when the knowledge base cannot be read."""
        hidden = type(error)(
            f"{self._connection}: the knowledge base {self._base} cannot be read "
            f"({error.status}); check its id and the region, and give the OAuth client a role with "
            "knowledge permissions in the division of the knowledge base"
        )
        hidden.status, hidden.body, hidden.trace = error.status, error.body, error.trace
        return hidden

    def categories(self) -> list[str] | None:
        """Return the ids of the configured categories; None when all articles are in scope.

        Raises:
            Rejected: a configured category does not exist.
        """
        wanted = self._settings.categories
        return self._tree.within(wanted) if wanted else None

    def covered(self) -> frozenset[str] | None:
        """Return the ids of all categories in scope, those below the configured ones included."""
        roots = self.categories()
        return None if roots is None else frozenset(self._tree.below(roots))

    def fingerprint(self) -> str:
        """Return what absence depends on: the base, the categories, the principal."""
        facts = [self._base, sorted(self._settings.categories), self._settings.client_id]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
