"""A subset of CQL, the vendor's query language: parsed, then asked of each index entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from .refusal import invalid
from .search import Entry
from .storage import plain

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<op>!=|>=|<=|!~|[=<>~(),])
    |(?P<word>[^\s=<>~!(),"']+))""",
    re.VERBOSE,
)
_FORMATS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
_SPAN = re.compile(r"([-+]?)(\d+)([yMwdhm])")
_SPANS = {"y": 365 * 86400, "M": 30 * 86400, "w": 604800, "d": 86400, "h": 3600, "m": 60}
_DATES = ("lastmodified", "created")

Test = Callable[[Entry], bool]


@attrs.frozen(kw_only=True)
class View:
    """What a query needs to know besides the entries."""

    now: datetime
    zone: tzinfo
    """Dates in a query are in the time zone of the calling user."""
    space_key: Callable[[str], str]
    ancestors: Callable[[str], Sequence[str]]
    """Ids from the root to the parent."""


@attrs.frozen(kw_only=True)
class Query:
    """A parsed query."""

    matches: Test
    order: tuple[tuple[str, bool], ...]
    """Fields to sort by, each with whether it descends."""

    def sorted(self, entries: list[Entry]) -> list[Entry]:
        """The entries in the order that the query asks for; by id where it asks for none."""
        ordered = sorted(entries, key=lambda one: int(one.id))
        for name, descending in reversed(self.order):
            ordered.sort(key=lambda one: _sort_key(one, name), reverse=descending)
        return ordered


def zone(name: str) -> tzinfo:
    """The time zone of this name, or UTC where this machine does not know it."""
    try:
        return timezone.utc if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.utc


def parse(text: str, view: View) -> Query:
    """The query that this text is.

    Raises:
        Refusal: 400, with what could not be understood.
    """
    return _Parser(_tokens(text), view).query()


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unclear(f"unexpected character at position {place}")
        found.append(match["text"] or match["op"] or match["word"])
        place = match.end()
    return found


def _unclear(reason: str) -> Exception:
    return invalid(f"Could not parse cql : {reason}")


class _Parser:
    """Recursive descent over the tokens: or, and, not, parentheses, clauses."""

    def __init__(self, tokens: list[str], view: View) -> None:
        self._tokens = tokens
        self._view = view
        self._depth = 0

    def query(self) -> Query:
        if self._peek() == "not":
            raise _unclear("a query must not start with a negated term")
        test = self._any()
        order = self._order() if self._take("order") else ()
        if self._tokens:
            raise _unclear(f"unexpected '{self._tokens[0]}'")
        return Query(matches=test, order=order)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def _all(self) -> Test:
        tests = [self._term()]
        while self._take("and"):
            tests.append(self._term())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _term(self) -> Test:
        self._depth += 1
        if self._depth > 50:
            raise _unclear("too deeply nested")
        try:
            if self._take("not"):
                inner = self._term()
                return lambda one: not inner(one)
            if self._take("("):
                inner = self._any()
                self._need(")")
                return inner
            return self._clause()
        finally:
            self._depth -= 1

    def _clause(self) -> Test:
        field, operator = self._next().lower(), self._next().lower()
        if operator == "not":
            self._need("in")
            operator = "not in"
        if operator in ("in", "not in"):
            values = self._values()
            tests = [_test(field, "=", value, self._view) for value in values]
            return lambda one: any(test(one) for test in tests) is (operator == "in")
        return _test(field, operator, self._value(), self._view)

    def _values(self) -> list[str]:
        self._need("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return values

    def _value(self) -> str:
        token = self._next()
        if token.lower() == "now" and self._take("("):
            span = "" if self._peek() == ")" else _unquoted(self._next())
            self._need(")")
            return f"now({span})"
        if token in ("(", ")", ",", "=", ">", "<", "~"):
            raise _unclear(f"'{token}' where a value was expected")
        return _unquoted(token)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._need("by")
        found = []
        while True:
            name = self._next().lower()
            if name not in (*_DATES, "title", "id", "type", "space"):
                raise _unclear(f"cannot order by '{name}'")
            descending = self._take("desc")
            found.append((name, descending))
            if not descending:
                self._take("asc")
            if not self._take(","):
                return tuple(found)

    def _peek(self) -> str:
        return self._tokens[0].lower() if self._tokens else ""

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._tokens.pop(0)
        return True

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise _unclear(f"'{word}' expected")

    def _next(self) -> str:
        if not self._tokens:
            raise _unclear("it ends too early")
        return self._tokens.pop(0)


def _unquoted(token: str) -> str:
    if token[:1] in "\"'" and len(token) >= 2:
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token


def _test(field: str, operator: str, value: str, view: View) -> Test:
    if field in _DATES:
        return _date_test(field, operator, _moment(value, view))
    read = _READERS.get(field)
    if read is None:
        raise _unclear(f"there is no field '{field}'")
    wanted = value.casefold()
    match operator:
        case "=":
            return lambda one: wanted in read(one, view)
        case "!=":
            return lambda one: wanted not in read(one, view)
        case "~" if field in ("title", "text"):
            return lambda one: any(_contains(text, wanted) for text in read(one, view))
        case "!~" if field in ("title", "text"):
            return lambda one: not any(_contains(text, wanted) for text in read(one, view))
        case _:
            raise _unclear(f"the field '{field}' does not support the operator '{operator}'")


def _contains(text: str, wanted: str) -> bool:
    """Whether all words of a query stand in a text; a trailing star matches a word's rest."""
    words = re.findall(r"\w+", text)
    return all(
        any(word.startswith(term[:-1]) if term.endswith("*") else word == term for word in words)
        for term in wanted.split()
    )


_READERS: dict[str, Callable[[Entry, View], tuple[str, ...]]] = {
    "id": lambda one, view: (one.id,),
    "content": lambda one, view: (one.id,),
    "type": lambda one, view: (one.kind,),
    "space": lambda one, view: (view.space_key(one.space).casefold(),),
    "title": lambda one, view: (one.title.casefold(),),
    "label": lambda one, view: tuple(one.labels),
    "parent": lambda one, view: tuple(view.ancestors(one.id)[-1:]),
    "ancestor": lambda one, view: tuple(view.ancestors(one.id)),
    "creator": lambda one, view: (one.author.casefold(),),
    "text": lambda one, view: (one.title.casefold(), plain(one.body).casefold()),
}


def _date_test(field: str, operator: str, moment: datetime) -> Test:
    def read(one: Entry) -> datetime:
        return one.modified if field == "lastmodified" else one.created

    match operator:
        case ">=":
            return lambda one: read(one) >= moment
        case ">":
            return lambda one: read(one) > moment
        case "<=":
            return lambda one: read(one) <= moment
        case "<":
            return lambda one: read(one) < moment
        case "=":
            return lambda one: moment <= read(one) < moment + timedelta(minutes=1)
        case "!=":
            return lambda one: not moment <= read(one) < moment + timedelta(minutes=1)
        case _:
            raise _unclear(f"the field '{field}' does not support the operator '{operator}'")


def _moment(value: str, view: View) -> datetime:
    if value.startswith("now("):
        span = _SPAN.fullmatch(value[4:-1]) if value != "now()" else None
        if span is None and value != "now()":
            raise _unclear(f"'{value}' is no time")
        seconds = int(span[2]) * _SPANS[span[3]] if span else 0
        return view.now + timedelta(seconds=-seconds if span and span[1] == "-" else seconds)
    for form in _FORMATS:
        try:
            return datetime.strptime(value, form).replace(tzinfo=view.zone)
        except ValueError:
            continue
    raise _unclear(f"'{value}' is no date such as 2026/11/20 23:00")


def _sort_key(one: Entry, name: str) -> Any:
    return {
        "lastmodified": one.modified,
        "created": one.created,
        "title": one.title.casefold(),
        "id": int(one.id),
        "type": one.kind,
        "space": one.space,
    }[name]
