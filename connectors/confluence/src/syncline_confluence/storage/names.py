"""The vocabulary of the storage format: which element or macro is what. Data, no behaviour."""

from __future__ import annotations

MARKS = {
    "strong": "strong",
    "b": "strong",
    "em": "em",
    "i": "em",
    "cite": "em",
    "dfn": "em",
    "u": "u",
    "ins": "u",
    "s": "s",
    "del": "s",
    "strike": "s",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
    "sub": "sub",
    "sup": "sup",
}
"""Inline elements and the mark of the profile that each one is."""

LEAVES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
"""Elements that hold a line of text."""

CONTAINERS = frozenset(
    {
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "header",
        "html",
        "main",
        "nav",
        "section",
        "ac:layout",
        "ac:layout-section",
        "ac:layout-cell",
        "ac:rich-text-body",
    }
)
"""Block elements that say nothing of their own: their content stands in their place."""

INVISIBLE = frozenset(
    {
        "ac:adf-fallback",
        "ac:adf-fragment-mark",
        "ac:adf-fragment-mark-detail",
        "ac:adf-mark",
        "ac:parameter",
        "ac:default-parameter",
        "ac:placeholder",
        "ac:task-id",
        "ac:task-status",
        "ac:task-uuid",
        "annotation",
        "annotation-xml",
        "at:declarations",
        "at:var",
        "col",
        "colgroup",
        "head",
        "link",
        "meta",
        "noscript",
        "object",
        "embed",
        "param",
        "script",
        "style",
        "template",
        "title",
    }
)
"""Elements without content for a reader."""

VOLATILE = frozenset(
    {
        "ac:local-id",
        "ac:macro-id",
        "ac:original-height",
        "ac:original-width",
        "ac:schema-version",
        "ac:emoji-fallback",
        "data-colorid",
        "data-layout",
        "local-id",
        "ri:version-at-save",
    }
)
"""Attributes that the server sets or changes by itself; they never count as an edit."""

CODE_MACROS = {"code": "", "noformat": "", "plantuml": "plantuml", "mermaid-macro": "mermaid"}
"""Macros whose plain body is shown as code, and the language where they imply one."""

PANELS = {"info": "info", "note": "note", "tip": "tip", "warning": "warning", "panel": "info"}
"""Macros that are a panel of the profile."""

PANEL_MACROS = {
    "info": "info",
    "note": "note",
    "tip": "tip",
    "warning": "warning",
    "error": "warning",
}
"""The macro for each panel of the profile."""

ADF_PANELS = {
    "info": "info",
    "note": "note",
    "success": "tip",
    "warning": "note",
    "error": "warning",
    "custom": "info",
}
"""Panel types of the new editor: what it calls a warning is the old `note`, and so on
(seen on pairs of the same page: `note` is the new editor's `warning` in 9 of 9)."""

EXPANDS = frozenset({"expand", "ui-expand"})

DROPPED_MACROS = frozenset({"toc", "anchor"})
"""Macros that only point at the page itself; they stay where they are and are never shown."""

HIDING_MACROS = frozenset({"excerpt", "details", "multiexcerpt", "multiexcerpt-macro"})
"""Macros whose body readers do not see when `hidden` is true."""

TITLED_MACROS = {
    "tab-pane": "name",
    "tab": "name",
    "ui-tab": "title",
    "card": "label",
    "horizontal-nav-item": "name",
}
"""Containers of vendors whose title is content, and the parameter that holds it."""

LINK_MACROS = {"widget": "url", "iframe": "src", "youtube": "url"}
"""Macros that embed another site: a plain link, never a frame."""

FILE_MACROS = frozenset(
    {"view-file", "viewpdf", "viewdoc", "viewxls", "viewppt", "multimedia", "view-file-macro"}
)
INCLUDE_MACROS = frozenset({"include", "excerpt-include"})

TEXT_MACROS = {
    "status": "title",
    "jira": "key",
    "jiraissues": "key",
    "mathblock": "body",
    "mathinline": "body",
    "latex": "body",
    "eazy-math-inline": "body",
    "easy-math-block": "body",
    "eazymathinline": "body",
    "mathjax-inline-macro": "equation",
    "mathjax-block-macro": "equation",
}
"""Macros that stay opaque and of which one parameter is what other systems show."""

BODY_TEXT_MACROS = frozenset(
    {"latex", "mathblock", "mathinline", "mathjax-inline-macro", "mathjax-block-macro"}
)
"""Macros whose plain body is what other systems show, where they have one."""

INLINE_MACROS = frozenset(
    {
        "status",
        "jira",
        "anchor",
        "mathinline",
        "eazy-math-inline",
        "eazymathinline",
        "mathjax-inline-macro",
        "profile",
        "profile-picture",
    }
)
"""Macros that stand in a line of text, wherever they are written."""

DIAGRAM_MACROS = {
    "drawio": "diagramName",
    "inc-drawio": "diagramName",
    "drawio-sketch": "diagramName",
    "gliffy": "name",
    "lucidchart": "documentName",
    "balsamiq": "name",
    "mermaid-cloud": "filename",
    "miro": "title",
    "plantumlcloud": "filename",
}
"""Diagrams, and the parameter with their name: `<name>.png` is their preview attachment."""

UNSAFE_MACROS = frozenset({"html", "html-include", "style", "script", "html-bobswift"})
"""Macros that run or restyle: kept as they are, never shown, never generated."""

EMOTICONS = {
    "smile": "🙂",
    "sad": "🙁",
    "cheeky": "😛",
    "laugh": "😀",
    "wink": "😉",
    "thumbs-up": "👍",
    "thumbs-down": "👎",
    "information": "ℹ",
    "tick": "✅",
    "cross": "❌",
    "warning": "⚠",
    "plus": "➕",
    "minus": "➖",
    "question": "❓",
    "light-on": "💡",
    "light-off": "🚫",
    "yellow-star": "⭐",
    "red-star": "❤",
    "heart": "❤",
    "green-star": "💚",
    "blue-star": "💙",
    "broken-heart": "💔",
}
"""Characters for emoticons that carry neither an emoji id nor a usable fallback."""

BOXES = {"complete": "☑", "incomplete": "☐"}
"""What stands before a task, by its status."""
