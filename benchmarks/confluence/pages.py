"""Pages to convert: generated ones of a given size, and the collected corpus where it is there."""

from __future__ import annotations

import os
import random
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SHARED = Path(os.environ.get("SYNCLINE_SHARED", ROOT.parent / "shared"))

PLAIN = "press the green button then wait for router to restart and check whether it is on"
# The collected pages hold one entity in a kilobyte.
WORDS = (PLAIN + " ") * 12 + "caf&eacute; A&nbsp;B &ldquo;quoted&rdquo; &mdash; &lt;y&gt; &amp;"


def generated(size: int, seed: int = 1) -> str:
    """Return a page of about `size` bytes: text, lists, tables, macros, code, links, images."""
    rng = random.Random(seed)
    parts: list[str] = []
    length = 0
    while length < size:
        part = rng.choice(_PARTS)(rng)
        parts.append(part)
        length += len(part)
    return "".join(parts)


_CHOICE = WORDS.split()


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_CHOICE, k=count))


def _text(rng: random.Random) -> str:
    link = (
        '<ac:link><ri:page ri:content-title="Other page" ri:version-at-save="3" />'
        f"<ac:link-body>{_words(rng, 2)}</ac:link-body></ac:link>"
    )
    return (
        f'<p local-id="{rng.getrandbits(64):016x}">{_words(rng, 14)} <strong>{_words(rng, 2)}'
        f"</strong> {_words(rng, 9)} {link} {_words(rng, 8)} <code>{_words(rng, 1)}</code>.</p>"
    )


def _heading(rng: random.Random) -> str:
    return f'<h2 local-id="{rng.getrandbits(64):016x}">{_words(rng, 4)}</h2>'


def _list(rng: random.Random) -> str:
    items = "".join(f"<li><p>{_words(rng, 8)}</p></li>" for _ in range(4))
    return f"<ul>{items}</ul>"


def _table(rng: random.Random) -> str:
    head = "".join(f"<th><p>{_words(rng, 2)}</p></th>" for _ in range(3))
    rows = "".join(
        f"<tr>{''.join(f'<td><p>{_words(rng, 4)}</p></td>' for _ in range(3))}</tr>"
        for _ in range(4)
    )
    return f'<table data-layout="default"><tbody><tr>{head}</tr>{rows}</tbody></table>'


def _panel(rng: random.Random) -> str:
    return (
        f'<ac:structured-macro ac:name="info" ac:schema-version="1" ac:macro-id="{rng.random()}">'
        f"<ac:rich-text-body>{_text(rng)}</ac:rich-text-body></ac:structured-macro>"
    )


def _code(rng: random.Random) -> str:
    code = "\n".join(f"    step_{n}(a < b && c, '&nbsp;')" for n in range(6))
    return (
        '<ac:structured-macro ac:name="code" ac:schema-version="1">'
        '<ac:parameter ac:name="language">python</ac:parameter>'
        f"<ac:plain-text-body><![CDATA[{code}]]></ac:plain-text-body></ac:structured-macro>"
    )


def _image(rng: random.Random) -> str:
    return (
        '<ac:image ac:align="center" ac:width="760" ac:alt="screenshot.png">'
        '<ri:attachment ri:filename="screenshot.png" /></ac:image>'
    )


_PARTS = (_text, _text, _text, _heading, _list, _table, _panel, _code, _image)


def corpus() -> dict[str, str]:
    """Return the collected pages that are well-formed; none where the folder is absent."""
    folder = SHARED / "corpus" / "confluence"
    files = sorted(folder.glob("*.x*ml")) if folder.is_dir() else []
    return {path.name: path.read_bytes().decode("utf-8") for path in files}
