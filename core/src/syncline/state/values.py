"""Documents as bytes: the form in which they are kept by digest."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable

from ..config_items import ConfigItem, item_digest, item_from_text, item_text
from ..model import Asset, Document, Opaque

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def to_json(value: Document) -> str:
    """Return the whole document, facts included, with sorted keys."""
    return _encode(
        {
            "title": value.title,
            "body": value.body,
            "category": None if value.category is None else list(value.category),
            "labels": None if value.labels is None else sorted(value.labels),
            "alternatives": None if value.alternatives is None else list(value.alternatives),
            "container": value.container,
            "path": list(value.path),
            "language": value.language,
            "url": value.url,
            "opaques": {k: [o.raw, o.text] for k, o in value.opaques.items()},
            "assets": {k: [a.name, a.media_type, a.size] for k, a in value.assets.items()},
        }
    )


def from_json(text: str) -> Document:
    """Return the document that `to_json` gave."""
    raw = json.loads(text)
    return Document(
        title=raw["title"],
        body=raw["body"],
        category=None if raw["category"] is None else tuple(raw["category"]),
        labels=None if raw["labels"] is None else frozenset(raw["labels"]),
        alternatives=None if raw["alternatives"] is None else tuple(raw["alternatives"]),
        container=raw["container"],
        path=tuple(raw["path"]),
        language=raw["language"],
        url=raw["url"],
        opaques={k: Opaque(key=k, raw=r, text=t) for k, (r, t) in raw["opaques"].items()},
        assets={
            k: Asset(sha256=k, name=n, media_type=m, size=s)
            for k, (n, m, s) in raw["assets"].items()
        },
    )


def key_of(value: Document) -> str:
    """Return the key under which `value` is kept: a hash of all of it."""
    return value._key or _keyed(value, _bytes(value))


def pack(value: Document) -> tuple[str, Callable[[], bytes]]:
    """Return the key of `value`, and what compresses it: only a value that is new needs that."""
    if value._key is not None:
        return value._key, lambda: _compressed(_bytes(value))
    raw = _bytes(value)
    return _keyed(value, raw), lambda: _compressed(raw)


def _keyed(value: Document, raw: bytes) -> str:
    key = hashlib.sha256(raw).hexdigest()
    object.__setattr__(value, "_key", key)
    return key


def pack_item(item: ConfigItem) -> tuple[str, bytes]:
    """Return the key of `item`, which is its digest, and its compressed form."""
    return item_digest(item), _compressed(item_text(item).encode("utf-8", "surrogatepass"))


def unpack_item(blob: bytes) -> ConfigItem:
    """Return the item that `pack_item` compressed."""
    return item_from_text(zlib.decompress(blob).decode("utf-8", "surrogatepass"))


def _compressed(raw: bytes) -> bytes:
    # Level 6 takes twice as long, and makes an article of 5 KB three percent smaller.
    return zlib.compress(raw, 3)


def _bytes(value: Document) -> bytes:
    return to_json(value).encode("utf-8", "surrogatepass")


def unpack(blob: bytes) -> Document:
    """Return the document that `pack` compressed."""
    return from_json(zlib.decompress(blob).decode("utf-8", "surrogatepass"))
