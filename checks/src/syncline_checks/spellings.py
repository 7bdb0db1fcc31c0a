"""How a secret may be written, and where any of that occurs in a folder.

Kept apart from the product's own list in `syncline.redaction` on purpose: a form that is missing
there must not be missing here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import attrs


@attrs.frozen(kw_only=True)
class Hit:
    """A secret that was found."""

    secret: str
    """Its name; never itself."""
    form: str
    file: str
    offset: int


def spellings(secret: str) -> Mapping[str, bytes]:
    """Return the forms of a secret by what they are called."""
    raw = secret.encode()
    forms = {
        "plain": secret,
        "URL-encoded": quote(secret, safe=""),
        "URL-encoded path": quote(secret),
        "form-encoded": quote_plus(secret),
        "JSON": json.dumps(secret)[1:-1],
        "JSON in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "repr": repr(secret)[1:-1],
        "repr of bytes": repr(raw)[2:-1],
        "hexadecimal": raw.hex(),
        "UTF-16": "",
    }
    found = {name: text.encode() for name, text in forms.items() if text}
    return {**found, "UTF-16": secret.encode("utf-16-le"), **_base64(raw)}


def _base64(raw: bytes) -> dict[str, bytes]:
    forms = {}
    for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for shift in range(3):
            # What is the same whatever stands before and after it in the encoded text.
            whole = encode(b"\0" * shift + raw)
            forms[f"{name}, shifted by {shift}"] = whole[4 : 4 + (len(raw) - 3) // 3 * 4]
    return forms


def hits(folder: Path, secrets: Mapping[str, str]) -> Iterator[Hit]:
    """Yield where a form of a secret occurs in any byte of any file, file names included."""
    forms = [(name, form, text) for name, s in secrets.items() for form, text in _forms(s)]
    for path in sorted(folder.rglob("*")):
        named = str(path.relative_to(folder))
        content = path.read_bytes() if path.is_file() else b""
        for name, form, text in forms:
            for file, where in ((f"name of {named}", named.encode()), (named, content)):
                if (offset := where.find(text)) >= 0:
                    yield Hit(secret=name, form=form, file=file, offset=offset)


def _forms(secret: str) -> Iterable[tuple[str, bytes]]:
    return spellings(secret).items()


def found_when_planted(folder: Path, secret: str) -> list[str]:
    """Return the forms that the search misses when they are planted: it has to be none.

    Each is planted in the middle of binary data, as in a page of a database.
    """
    return [form for form, text in _forms(secret) if not _found(folder, secret, form, text)]


def _found(folder: Path, secret: str, form: str, text: bytes) -> bool:
    file = folder / "planted.bin"
    file.write_bytes(bytes(range(256)) * 40 + text + b"\xff\0" * 100)
    seen = [hit.form for hit in hits(folder, {"planted": secret})]
    file.unlink()
    return form in seen
