"""One request to the API, read the way the vendor reads it: strictly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request

from ...kernel import side_url
from ..accounts import Account, Session
from ..content import Content
from ..refusal import invalid
from ..wiki import Wiki


@attrs.frozen(kw_only=True)
class Ask:
    """A request by a known caller. Its accessors raise `Refusal` 400 for what is malformed."""

    wiki: Wiki
    session: Session
    request: Request
    json: Any = None
    form: FormData | None = None

    @property
    def who(self) -> Account:
        """The account that calls."""
        return self.session.account

    @property
    def base(self) -> str:
        """The address that `_links` are relative to."""
        return f"{self.site}/wiki"

    @property
    def site(self) -> str:
        """The address of the site, without a slash at the end."""
        return f"http://{self.request.headers.get('host', '127.0.0.1')}"

    @property
    def side(self) -> str:
        """The address of the host that serves files."""
        return side_url(self.request)

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def content_id(self, name: str = "id") -> str:
        """A part of the path that is the id of a content."""
        value = self.path(name)
        if not (value.isascii() and value.isdecimal()):
            raise invalid(
                f"Provided value {{{value}}} for 'id' is not the correct type. "
                "Expected type is ContentId"
            )
        return value

    def content(self, name: str = "id") -> Content:
        """The content that the path names.

        Raises:
            Refusal: 400 or 404.
        """
        return self.wiki.readable(self.who, self.content_id(name))

    def one(self, name: str, choices: Collection[str] | None = None) -> str | None:
        """A query parameter, or `None`."""
        value = self.request.query_params.get(name)
        if value is not None and choices is not None and value not in choices:
            raise _wrong(name, value, f"one of {', '.join(sorted(choices))}")
        return value

    def many(self, name: str, choices: Collection[str] | None = None) -> list[str]:
        """A query parameter that may be repeated or hold a list with commas."""
        given = self.request.query_params.getlist(name)
        values = [part for text in given for part in text.split(",") if part]
        for value in values:
            if choices is not None and value not in choices:
                raise _wrong(name, value, f"one of {', '.join(sorted(choices))}")
        return values

    def ids(self, name: str, most: int) -> list[str]:
        """A query parameter that lists ids."""
        values = self.many(name)
        if len(values) > most:
            raise invalid(f"'{name}' takes at most {most} ids, not {len(values)}")
        for value in values:
            if not (value.isascii() and value.isdecimal()):
                raise _wrong(name, value, "a number")
        return values

    def flag(self, name: str, default: bool = False) -> bool:
        """A query parameter that is `true` or `false`."""
        value = self.one(name, ("true", "false"))
        return default if value is None else value == "true"

    def number(self, name: str, default: int, low: int = 0, high: int | None = None) -> int:
        """A query parameter that is a whole number within these bounds."""
        value = self.request.query_params.get(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdecimal()):
            raise _wrong(name, value, "a number")
        found = int(value)
        if found < low or (high is not None and found > high):
            raise _wrong(name, value, f"a number from {low} to {high}")
        return found

    def limit(self, default: int = 25) -> int:
        """The length of a page of a v2 listing."""
        return self.number("limit", default, 1, 250)


def _wrong(name: str, value: str, expected: str) -> Exception:
    return invalid(f"Provided value {{{value}}} for '{name}' is not {expected}")


Kinds = Mapping[str, type | tuple[type, ...]]


def fields(raw: object, required: Kinds, optional: Kinds, where: str = "body") -> dict[str, Any]:
    """A JSON object with just these fields of these types.

    Raises:
        Refusal: 400, which names the field that is missing, unknown or of another type.
    """
    if not isinstance(raw, dict):
        raise invalid(f"The {where} must be a JSON object")
    known = {**required, **optional}
    for name in required:
        if raw.get(name) is None:
            raise invalid(f"The {where} lacks the field '{name}'")
    for name, value in raw.items():
        if name not in known:
            raise invalid(f"The {where} has the unknown field '{name}'")
        expected = known[name]
        wrong_bool = isinstance(value, bool) and expected is int
        if value is not None and (wrong_bool or not isinstance(value, expected)):
            raise invalid(f"The field '{name}' of the {where} has a wrong type")
    return raw
