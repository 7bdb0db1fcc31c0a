"""Classification levels: a Premium feature that this site has not switched on."""

from __future__ import annotations

from typing import Any

from ..refusal import missing
from .ask import Ask
from .endpoint import Endpoint, get

READ = "read:page:confluence read:content.metadata:confluence"


def _levels(ask: Ask) -> list[Any]:
    return []


def _of_page(ask: Ask) -> Any:
    ask.content()
    raise missing("The page has no classification level")


ENDPOINTS: tuple[Endpoint, ...] = (
    get("/api/v2/classification-levels", _levels, READ),
    get("/api/v2/pages/{id}/classification-level", _of_page, READ, "status"),
)
