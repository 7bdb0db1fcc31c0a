"""The organisation's limits, read at run time and checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.errors import Forbidden, NotFound, Rejected
from syncline.model import Document, Ref

from .client import Api

WORDS = 500
"""Most words of a title or an alternative phrase (KnowledgeDocumentResponse.title)."""


def checked(value: Document, ref: Ref) -> None:
    """Refuse what Genesys will never hold.

    Raises:
        Rejected: a title or a phrase is empty or too long.
    """
    if not value.title.strip():
        raise Rejected(f"{ref}: the article has no title; give it one", ref=ref)
    for what, text in (("title", value.title), *(("phrase", p) for p in value.alternatives or ())):
        if (words := len(text.split())) > WORDS:
            raise Rejected(
                f"{ref}: its {what} has {words} words, Genesys holds {WORDS}; shorten it", ref=ref
            )


class Room:
    """How many more articles the knowledge base can hold."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._left: float | None = None
        self._limit: int | None = None

    async def take(self, base: str, ref: Ref, count: int = 1) -> None:
        """Reserve room for new articles.

        Raises:
            Rejected: the knowledge base is full.
        """
        if self._left is None or self._left < count:
            await self._read(base)
        assert self._left is not None  # noqa: S101 - read just now
        if self._left < count:
            raise Rejected(
                f"{ref}: the knowledge base holds {self._limit} articles at most and is full; "
                "delete some, or ask Genesys for a higher limit",
                ref=ref,
            )
        self._left -= count

    async def _read(self, base: str) -> None:
        if self._limit is None:
            self._limit = article_limit(await self._limits())
        if not self._limit:
            self._left = float("inf")
            return
        count = (await self._api.knowledge_base(base)).get("articleCount")
        self._left = self._limit - count if isinstance(count, int) else float("inf")

    async def _limits(self) -> Mapping[str, int]:
        try:
            found = await self._api.limits("knowledge")
        except (Forbidden, NotFound):
            # Reading limits takes no part in what we promise; without it the server's own
            # refusal of the one article too many says the same, later.
            return {}
        return {
            str(one.get("key")): one["value"] for one in found if isinstance(one.get("value"), int)
        }


def article_limit(limits: Mapping[str, int]) -> int:
    """Return how many articles a knowledge base may hold; 0 when the limits do not say.

    The vendor publishes no list of keys, so the one that speaks of documents (or articles) in a
    knowledge base is taken.
    """
    for key, value in limits.items():
        words = key.lower().replace(".", " ").replace("_", " ").replace("-", " ")
        about = "document" in words or "article" in words
        if about and "knowledgebase" in words.replace("knowledge base", "knowledgebase"):
            return value
    return 0
