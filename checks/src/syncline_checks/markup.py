"""`syncline-check markup`: what a real browser does with hostile markup once it is a body (R8).

Each string goes through `from_html` and is then opened in Chromium as a page of its own: no script
may run, no dialog open, no page load by itself, and nothing foreign be fetched except pictures and
videos. The same watch sees every string of a control set that was not cleaned, or it proves
nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from syncline.body import from_html
from syncline.errors import Rejected
from syncline.testing.bodies import soup

from .browser import Browser
from .mutation import mutated

CONTROL = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()></svg>",
    "<body onload=hit()>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<iframe src='https://foreign.example/'></iframe>",
    "<details open ontoggle=hit()>x</details>",
    "<input autofocus onfocus=hit()>",
    "<video><source onerror=hit()></video>",
    "<meta http-equiv=refresh content='0;url=https://foreign.example/'>",
    "<link rel=stylesheet href='https://foreign.example/x.css'>",
    "<style>@import 'https://foreign.example/y.css';</style>",
    "<object data='https://foreign.example/z'></object>",
    "<script src='https://foreign.example/s.js'></script>",
    "<form id=f action='https://foreign.example/f'></form><script>f.submit()</script>",
)
"""Each does one of the things that the watch must see."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check markup`."""
    parser.add_argument("--generated", type=int, default=1000, help="strings made from the others")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lists", type=Path, help="folder of payload lists (JSON: id, html)")


def run(args: argparse.Namespace) -> int:
    """Print what the browser did; 1 when a body was active or the watch is blind."""
    if shutil.which("chromium") is None:
        print("there is no chromium on the path; install it, then run this again", file=sys.stderr)
        return 2
    public = list(payloads(args.lists or _shared()))
    started = time.monotonic()
    with Browser() as browser:
        blind = [html for html in CONTROL if not browser.acts(html)]
        found = list(active(browser, [*CONTROL, *public]))
        made = [_generated(args.seed + n, public) for n in range(args.generated)]
        found += active(browser, made)
        version = browser.version
    for html, acts in found:
        print(f"ACTIVE {acts}: {html[:300]!r}", file=sys.stderr)
    print(f"Chromium {version}: {len(CONTROL) - len(blind)} of {len(CONTROL)} controls seen")
    print(
        f"{len(public)} public and {len(made)} generated strings (seeds from {args.seed}):"
        f" {len(found)} active, {time.monotonic() - started:.0f} s"
    )
    return 1 if blind or found else 0


def _shared() -> Path:
    return Path(os.environ.get("SYNCLINE_SHARED", Path.cwd().parent / "shared")) / "corpus" / "xss"


def payloads(folder: Path) -> Iterator[str]:
    """Yield every string of the lists in a folder; none where there is no such folder."""
    for path in sorted(folder.glob("*.json")):
        entries = json.loads(path.read_text("utf-8"))
        if isinstance(entries, list):
            yield from (entry["html"] for entry in entries)


def _generated(seed: int, public: Sequence[str]) -> str:
    rng = Random(seed)
    if rng.random() < 0.3:
        return soup(rng)
    return mutated(public or CONTROL, ("hit()", "<script>", "<svg>", "onerror=hit()"), rng)


def active(browser: Browser, strings: Sequence[str], batch: int = 40) -> Iterator[tuple[str, str]]:
    """Yield the strings whose bodies do anything in the browser, and what they do.

    Bodies are opened some at a time, and one by one where a batch does anything.
    """
    bodies = [(html, body) for html in strings if (body := _cleaned(html))]
    for start in range(0, len(bodies), batch):
        some = bodies[start : start + batch]
        if browser.acts("\n".join(body for _, body in some)):
            for html, body in some:
                if acts := browser.acts(body):
                    yield html, ", ".join(acts)


def _cleaned(html: str) -> str:
    try:
        return from_html(html)
    except Rejected:
        return ""
