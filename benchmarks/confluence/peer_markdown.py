"""Runs inside a peer's own environment: `python peer_markdown.py NAME PAGES.json REPEAT`.

Prints the CPU seconds of one conversion of all pages, as the best of three. The pages are
rendered HTML: both peers start from what Confluence shows, not from what it stores.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def converter(name: str):
    """Return the peer's conversion of one page."""
    if name == "markdownify":
        from markdownify import markdownify

        return markdownify
    from confluence_markdown_exporter.confluence import Page

    def convert(html: str) -> str:
        page = Page.model_construct(body=html, body_storage="", labels=[], attachments=[])
        return Page.Converter(page).convert(html)

    return convert


def main() -> None:
    name, path, repeat = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    pages = json.loads(path.read_text(encoding="utf-8"))
    convert = converter(name)
    for page in pages:
        convert(page)
    times = []
    for _ in range(3):
        start = time.process_time()
        for _ in range(repeat):
            for page in pages:
                convert(page)
        times.append((time.process_time() - start) / repeat)
    print(min(times))


if __name__ == "__main__":
    main()
