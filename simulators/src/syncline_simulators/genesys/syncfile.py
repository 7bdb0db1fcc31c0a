"""The file of synchronisation jobs, version 3: what may stand in it.

References to categories and labels are by name. A document is known by its external id. Links
between documents may be given by external id instead of `hyperlink`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .blocks import body as body_shape
from .document import Alternative
from .documents import WORDS
from .errors import bad_request, invalid_value
from .serving import read_json
from .shapes import (
    boolean,
    colour,
    ignored,
    integer,
    listing,
    members,
    needed,
    read_only,
    text,
)
from .variations import CONTEXTS

_REFERENCE = members(id=text(), externalId=text(), name=text())

CATEGORY = members(
    id=text(),
    externalId=text(most=255),
    name=needed(text(most=255, blank=False)),
    description=text(most=1000),
    parentCategory=_REFERENCE,
)
LABEL = members(
    id=text(),
    externalId=text(most=255),
    name=needed(text(most=255, blank=False)),
    color=colour,
)


def _anything(value: Any, path: str) -> Any:
    """Looked at later, when links by external id can be resolved."""
    return value


VARIATION = members(
    id=text(),
    name=text(most=256),
    priority=integer(),
    contexts=CONTEXTS,
    body=_anything,
    **read_only("dateCreated", "dateModified"),
)


def _alternative(value: Any, path: str) -> Alternative:
    found = members(phrase=needed(text(words=WORDS, blank=False)), autocomplete=needed(boolean))(
        value, path
    )
    return Alternative(**found)


CONTENT = members(
    title=needed(text(words=WORDS, blank=False)),
    visible=boolean,
    alternatives=listing(_alternative),
    category=_REFERENCE,
    labels=listing(_REFERENCE),
    variations=listing(VARIATION),
    **read_only("dateModified", "datePublished"),
)
DOCUMENT = members(
    id=text(),
    externalId=text(most=255),
    externalUrl=text(most=2048),
    externalVersionId=text(most=255),
    published=CONTENT,
    draft=CONTENT,
    readonly=ignored,
)
FILE = members(
    version=needed(integer(3, 3)),
    importAction=needed(
        members(
            knowledgeBase=members(id=text(), name=text(), coreLanguage=text()),
            categories=listing(_anything),
            labels=listing(_anything),
            documents=listing(_anything),
        )
    ),
    deleteAction=members(
        documents=listing(text()), categories=listing(text()), labels=listing(text())
    ),
)
"""The frame; every entity in it is checked on its own, so that one fault does not stop the rest."""


def read_file(raw: bytes | None) -> dict[str, Any]:
    """The frame of a file.

    Raises:
        Refusal: 400; nothing was uploaded, or the frame is not that of version 3.
    """
    if raw is None:
        raise bad_request("No file was uploaded under the upload key.")
    value = read_json(raw)
    found: dict[str, Any] = FILE(value, "")
    return found


def resolved(value: Any, target: Callable[[str], str | None]) -> Any:
    """A body with its links by external id replaced by `hyperlink`; `target` names the document.

    A link to a document that is not there is taken away, its text stays.
    """
    if isinstance(value, list):
        return [resolved(one, target) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: resolved(one, target) for name, one in value.items() if name not in _LINKS}
    if value.get("externalDocumentId") is not None:
        link = _first(value, target)
        found |= {"hyperlink": link} if link else {}
    return found


_LINKS = {"externalDocumentId", "externalVariationName", "externalDocumentIdAlternatives"}


def _first(value: dict[str, Any], target: Callable[[str], str | None]) -> str | None:
    others = value.get("externalDocumentIdAlternatives") or []
    if not isinstance(others, list):
        raise invalid_value("externalDocumentIdAlternatives", "a list is expected")
    links = (target(str(one)) for one in [value["externalDocumentId"], *others])
    return next((link for link in links if link), None)


def checked_body(value: Any, target: Callable[[str], str | None]) -> dict[str, Any]:
    """The body of a variation in the file, as it will be kept.

    Raises:
        Refusal: 400.
    """
    return body_shape(resolved(value, target))
