"""What the contract writes: articles that a store has to hold or to say how it holds them."""

from __future__ import annotations

from ...model import Document

BODY = (
    "<h2>Opening hours</h2>"
    "<p>We are open from <strong>9 to 5</strong>, see "
    '<a href="https://example.com/hours?a=1&amp;b=2">the list</a>.</p>'
    "<ul><li><p>Monday</p></li><li><p>Tuesday</p></li></ul>"
    '<pre><code data-lang="python">if a &lt; b:\n    print("x")\n</code></pre>'
    "<table><thead><tr><th><p>Day</p></th><th><p>Hour</p></th></tr></thead>"
    "<tbody><tr><td><p>Friday</p></td><td><p>10</p></td></tr></tbody></table>"
)
"""One of each common block, in the profile's normal form."""

TITLES = (
    "Straße, naïve, Ελλάδα, 漢字, עברית",
    "Emoji 👩‍👩‍👧‍👦 and 🇪🇺",
    "e\u0301 in two code points",
    'Slashes / \\ : * ? " < > | and a dot.',
    "../../etc/passwd",
    "CON",
    "- [ ] # * _ ` ~ & &amp; <b>",
    "a" * 200,
)
"""Titles that break careless adapters, each within what vendors usually allow."""

BODIES = (
    "",
    "<p>plain</p>",
    "<p>&lt;script&gt; &amp; \u00e9\u4e2d\U0001f600</p>",
    "<p>line<br>break <strong>and <em>both</em></strong> <code>x_y*z</code></p>",
    "<ol><li><p>one</p><ul><li><p>inner</p></li></ul></li><li><p>two</p></li></ol>",
    "<blockquote><p>first</p><p>second</p></blockquote>",
    '<section data-panel="warning"><p>Take care.</p></section>',
    "<details><summary>More</summary><p>hidden</p></details>",
    "<hr>",
    BODY,
)
"""Bodies in normal form, from nothing to everything."""


def article(title: str = "Opening hours", body: str = BODY) -> Document:
    """Return an article with every field present."""
    return Document(
        title=title,
        body=body,
        category=("Handbook",),
        labels=frozenset({"hours", "public"}),
        alternatives=("when are you open", "business hours"),
    )
