"""The person at the far end, whom a connector's own test plays."""

from __future__ import annotations

from typing import NoReturn

import pytest

from ...model import Ref


class Person:
    """Acts on the vendor's side without the adapter: by its web interface, its files, its SDK.

    Override what people can do there. Tests that need an act which is not overridden are skipped
    and say so; `write` and `edit` are the least that a useful test run needs.
    """

    unknown_id = "no-such-item"
    """An id in the vendor's own form that no item has."""

    async def write(self, title: str, body: str) -> Ref:
        """Write and publish an article; `body` is a paragraph or two of plain HTML."""
        _cannot("write")

    async def edit(self, ref: Ref, body: str) -> None:
        """Replace the body of an article and publish it."""
        _cannot("edit")

    async def touch(self, ref: Ref) -> None:
        """Save an article without changing it."""
        _cannot("touch")

    async def trash(self, ref: Ref) -> None:
        """Remove an article in the way that the vendor's users do."""
        _cannot("trash")

    async def restore(self, ref: Ref) -> None:
        """Take a removed article back."""
        _cannot("restore")

    async def restrict(self, ref: Ref) -> None:
        """Show an article to a few people only."""
        _cannot("restrict")

    async def open_(self, ref: Ref) -> None:
        """Show a restricted article to everybody again."""
        _cannot("lift a restriction")

    async def start_draft(self, ref: Ref, body: str) -> None:
        """Edit an article and leave the edit unpublished."""
        _cannot("leave a draft open")

    async def spoil(self, ref: Ref) -> None:
        """Make an article unreadable: bad bytes, bad markup, 403."""
        _cannot("spoil an item")

    async def write_hostile(self, title: str) -> Ref:
        """Store an article whose raw body holds `<script>alert(1)</script>`, an `onerror` and a
        `javascript:` link beside the word `harmless`, in the vendor's own markup."""
        _cannot("store hostile markup")

    async def break_listing(self) -> None:
        """Let the next listing fail after its first entry or page, and only that one."""
        _cannot("break a listing")


def _cannot(act: str) -> NoReturn:
    pytest.skip(f"the person of this test cannot {act}")
