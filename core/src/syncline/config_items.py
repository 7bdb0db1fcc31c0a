"""Configuration objects: what a rule reads and writes, and how a store describes what it holds.

A configuration job never owns a whole object. A store shows all fields of one that it knows
(`ConfigRecord`); what the engine remembers, compares and writes is a `ConfigItem`: the owned fields
alone. Nothing here performs I/O.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from .model import JSON, Digest, Ref, Status, Version


class FieldType(Enum):
    """What a field holds, in the words of the expression language."""

    INT = "int"
    DOUBLE = "double"
    BOOL = "bool"
    STRING = "string"
    LIST = "list"
    MAP = "map"
    ANY = "dyn"
    """Known only where the object is (a column of a data table): a rule says what it expects."""


@frozen(kw_only=True)
class FieldSpec:
    """One field of a kind of object."""

    type: FieldType
    help: str = ""
    """One sentence for people, with the unit."""
    writable: bool = False
    minimum: float | None = None
    """What the vendor accepts at least; None where it has no bound."""
    maximum: float | None = None


@frozen(kw_only=True)
class Kind:
    """One kind of configuration object that a store holds, such as `queue` or `dynamodb-table`."""

    name: str
    """As in `cx:queue/Support`: lower case, words joined by hyphens."""
    summary: str
    fields: Mapping[str, FieldSpec]
    """By dotted path, such as `mediaSettings.call.alertingTimeoutSeconds`."""
    others: FieldSpec | None = None
    """What paths that are not in `fields` are; None where there are no others."""
    naming: str = "name"
    """How an object is named after the slash, for people: `name`, `table/key`, `function:alias`."""
    names: str = ""
    """A regular expression that such a name matches as a whole; empty where any name may be one."""

    @property
    def one(self) -> str:
        """The name with its article, for people."""
        return f"{'an' if self.name[:1] in 'aeio' else 'a'} {self.name}"

    def spec(self, path: str) -> FieldSpec | None:
        """Return what the field at `path` is; None when objects of this kind have none such."""
        return self.fields.get(path, self.others)


def item_ref(connection: str, kind: str, name: str) -> Ref:
    """Return the identity of an object: `<connection>:<kind>/<name>`."""
    return Ref(connection, f"{kind}/{name}")


def kind_and_name(ref: Ref) -> tuple[str, str]:
    """Return the two halves of an object's id; a name may itself hold slashes.

    Raises:
        ValueError: the id has no kind, or no name.
    """
    kind, slash, name = ref.id.partition("/")
    if not (kind and slash and name):
        raise ValueError(f"{ref} is not an object such as 'cx:queue/Support'")
    return kind, name


@frozen(kw_only=True)
class ConfigItem:
    """The owned fields of one configuration object; whatever else it holds is not ours."""

    kind: str
    name: str
    values: Mapping[str, JSON] = field(factory=dict)
    """By dotted path; a field that the object does not have is left out."""

    def canonical(self) -> dict[str, JSON]:
        """Return what counts as content."""
        return {"kind": self.kind, "name": self.name, "values": dict(self.values)}


def item_text(item: ConfigItem) -> str:
    """Return the item as canonical JSON: equal items, equal texts."""
    return _encoded(item.canonical())


# Made once: thousands of items are compared in one pass.
_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def item_from_text(text: str) -> ConfigItem:
    """Return the item that `item_text` gave."""
    raw = json.loads(text)
    return ConfigItem(kind=raw["kind"], name=raw["name"], values=raw["values"])


def item_digest(item: ConfigItem) -> Digest:
    """Return the content digest: equal content, equal digests."""
    text = item_text(item).encode("utf-8", "surrogatepass")
    return Digest("sha256:" + hashlib.sha256(text).hexdigest())


@frozen(kw_only=True)
class ConfigRecord:
    """A configuration object as its store holds it now."""

    ref: Ref
    version: Version
    """Equality only; a hash of what was read where the vendor has no version."""
    status: Status = Status.LIVE
    values: Mapping[str, JSON] = field(factory=dict)
    """Every field that the store knows, as nested JSON; empty unless `status` is live."""
    title: str = ""
    """What people call it, where that is not its name."""
    updated_at: datetime | None = None
    """The vendor's own time of this version, where it tells."""
    updated_by: str | None = None
    foreign: str = ""
    """Why this object is somebody else's (a tag, an auto-scaling target); empty when it is not."""
    reason: str = ""
    """Why the status is not live, for people."""


def at_path(values: Mapping[str, JSON], path: str) -> JSON:
    """Return the value at a dotted path.

    Raises:
        KeyError: there is none.
    """
    found: JSON = dict(values)
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            raise KeyError(path)
        found = found[name]
    return found


@frozen(kw_only=True)
class Objection:
    """Why a store would not take a write now; found without asking anybody."""

    why: str
    """What the vendor's rule is, and what to do."""
    until: datetime | None = None
    """When the write will be possible; None: never as things are (a person has to act)."""


@frozen(kw_only=True)
class Author:
    """Who changed an object, as the vendor's own audit tells."""

    name: str
    at: datetime
    ours: bool = False
    """True when it was a write of this credential."""
