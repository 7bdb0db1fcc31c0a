"""The words of the Genesys block model that have a counterpart in the body profile.

Source: DocumentBody and its members in the vendor's SDK, `PureCloudPlatformClientV2`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from syncline.body.profile import DEPTH

Json: TypeAlias = dict[str, Any]
"""One object of the vendor's JSON: open, because a reader must survive members it does not know."""

MARKS: dict[str, str] = {
    "strong": "Bold",
    "em": "Italic",
    "u": "Underline",
    "s": "Strikethrough",
    "sub": "Subscript",
    "sup": "Superscript",
}
"""Profile mark to Genesys mark, in the order in which marks are written."""

TAGS: dict[str, str] = {mark: tag for tag, mark in MARKS.items()}

FONT_TYPES: dict[str, str] = {
    "p": "Paragraph",
    "h1": "Heading1",
    "h2": "Heading2",
    "h3": "Heading3",
    "h4": "Heading4",
    "h5": "Heading5",
    "h6": "Heading6",
    "pre": "Preformatted",
}
"""Profile leaf to `fontType` of a paragraph or of a list item."""

LEAVES: dict[str, str] = {font: tag for tag, font in FONT_TYPES.items()}

SCOPES: dict[str, str] = {
    "row": "Row",
    "col": "Column",
    "rowgroup": "RowGroup",
    "colgroup": "ColumnGroup",
}
"""`scope` of a header cell."""

SCOPE_NAMES: dict[str, str] = {name: scope for scope, name in SCOPES.items()}

ALT_LIMIT = 200
"""Characters of an image's alternative text (knowledge-html-converter 0.9.0)."""

INDENT = 2.5
"""Em by which a quotation is set in, for each level."""

NBSP = "\u00a0"
"""The vendor's own converter writes this where a paragraph, an item or a cell is empty."""

DEEPEST = DEPTH - 8
"""Profile elements that lists and tables may be nested in; what is deeper stays opaque."""


def blank(text: str) -> bool:
    """True where a reader would see nothing."""
    return not text.strip(" \t\r\n" + NBSP)
