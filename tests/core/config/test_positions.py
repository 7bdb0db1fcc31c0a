"""Positions are right when the text found there is the key or value that tomllib read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.config.leaves import Path
from syncline.config.positions import Positions

FILE = '''\
# a comment with = and [brackets]
state = "a.db"  # "quoted" ] comment

[connections.wiki]
connector = "files"
"quoted key" = 1
dotted . inner.'last' = [1, [2, 3], { x = "]" }, # } comment
  "multi # not a comment",
]
text = """
[not.a.table]
key = "not a pair" """
literal = \'\'\'it's [[x]]\'\'\'
when = 1979-05-27 07:32:00
token = { env = "X", deep = { er = [ { k = 'v' } ] } }

[[jobs.a.rules]]
label = "x"

  [jobs.a.rules.sub]
  y = 1

[[jobs.a.rules]]
label = """"two"" quotes"""
'''


def at(text: str, place: tuple[int, int]) -> str:
    """The text from a line and column on."""
    lines = text.replace("\r\n", "\n").split("\n")[place[0] - 1 :]
    return "\n".join([lines[0][place[1] - 1 :], *lines[1:]])


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("state",), "state =", '"a.db"'),
        (("connections", "wiki"), "wiki]", "[connections.wiki]"),
        (("connections", "wiki", "quoted key"), '"quoted key"', "1\n"),
        (("connections", "wiki", "dotted"), "dotted .", "[1, [2"),
        (("connections", "wiki", "dotted", "inner", "last"), "'last'", "[1, [2"),
        (("connections", "wiki", "dotted", "inner", "last", 1, 1), "3]", "3]"),
        (("connections", "wiki", "dotted", "inner", "last", 2, "x"), "x =", '"]"'),
        (("connections", "wiki", "dotted", "inner", "last", 3), '"multi', '"multi'),
        (("connections", "wiki", "literal"), "literal", "'''it's"),
        (("connections", "wiki", "when"), "when", "1979-05-27 07:32:00"),
        (("connections", "wiki", "token", "deep", "er", 0, "k"), "k =", "'v'"),
        (("jobs", "a", "rules", 0, "label"), 'label = "x"', '"x"'),
        (("jobs", "a", "rules", 0, "sub", "y"), "y = 1", "1"),
        (("jobs", "a", "rules", 1), "rules]]", '[[jobs.a.rules]]\nlabel = """'),
        (("jobs", "a", "rules", 1, "label"), 'label = """', '""""two'),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_keys_and_values_are_found_where_they_stand(
    path: Path, key: str, value: str, newline: str
) -> None:
    text = FILE.replace("\n", newline)
    tomllib.loads(text)
    positions = Positions(text)
    assert at(text, positions.key(path)).startswith(key)
    assert at(text, positions.value(path)).startswith(value)


def test_what_is_not_there_is_found_at_its_parent() -> None:
    positions = Positions(FILE)
    assert positions.value(("connections", "wiki", "missing", 3)) == (4, 1)
    assert positions.value(("nothing",)) == (1, 1)


words = st.text("abc-_ .\"'#é=[]", min_size=1, max_size=6)
scalars = st.sampled_from(
    ("1", "1.5", "true", '"a"', "'b'", '"""c\n"q" ] # d"""', "'''e\n'f'''", "1979-05-27 07:32:00Z")
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda v: "[\n" + ",# c ]\n ".join(v) + " ]")
        | st.dictionaries(words, inner, max_size=2).map(
            lambda t: "{ " + ", ".join(f"{quoted(k)} = {v}" for k, v in t.items()) + " }"
        )
    ),
    max_leaves=6,
)


def quoted(key: str) -> str:
    return (
        '"' + key.replace('"', '\\"') + '"'
        if '"' in key
        else f"'{key}'"
        if "'" not in key
        else f'"{key}"'
    )


@st.composite
def files(draw: st.DrawFn) -> str:
    lines: list[str] = []
    for name in draw(st.lists(words, max_size=3, unique=True)):
        form = draw(st.sampled_from(("[{}]", "[[{}]]", "[ x . {} ]", "[[x.{}]]")))
        repeat = draw(st.integers(1, 3)) if form.startswith("[[") else 1
        for _ in range(repeat):
            lines.append(form.format(quoted(name)) + draw(st.sampled_from(("", " # [c]"))))
            pairs = draw(st.dictionaries(words, values, max_size=3))
            lines += [f"  {quoted(key)}.k = {value} # c" for key, value in pairs.items()]
    return "\n".join(lines)


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    yield path, value
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for part, child in children:
        yield from leaves(child, (*path, part))


@given(files())
@settings(deadline=None, max_examples=250)
def test_the_text_at_each_position_is_the_value(text: str) -> None:
    table = tomllib.loads(text)
    positions = Positions(text)
    for path, value in leaves(table):
        if isinstance(value, dict | list):
            continue
        found = at(text, positions.value(path))
        assert value in list(prefixes(found)), (path, found)
        assert path in set(positions.paths())


def prefixes(text: str) -> Iterator[object]:
    """Whatever a prefix of the text reads as, when it is one scalar."""
    for end in range(1, min(len(text), 60) + 1):
        try:
            yield tomllib.loads(f"v = {text[:end]}")["v"]
        except tomllib.TOMLDecodeError:
            continue


@given(st.text())
@settings(deadline=None, max_examples=200)
def test_any_text_at_all_is_survived(text: str) -> None:
    Positions(text).value(("a", 0, "b"))


def test_a_megabyte_is_passed_once() -> None:
    text = "".join(
        f'[[jobs.a.rules]]\nlabel = "l{i}"\ncategory = ["C", "{i}"]\n' for i in range(25_000)
    )
    positions = Positions(text)
    assert positions.value(("jobs", "a", "rules", 24_999, "label")) == (74_999, 9)


TEXTS = (
    '"plain"',
    '"a\\tb\\u00e9\\U0001F600c"',
    "'C:\\temp'",
    '"""\nfirst\nsecond"""',
    '"""no \\\n      fold"""',
    "'''\nit's\nraw\\n'''",
    "'''at once'''",
    '""""quoted""""',
    '""',
)


@pytest.mark.parametrize("written", TEXTS)
def test_every_character_of_a_text_is_found_where_it_is_written(written: str) -> None:
    """Each is found at itself, or at the escape that writes it."""
    text = f"key = {written}\n"
    value = tomllib.loads(text)["key"]
    positions, lines = Positions(text), text.split("\n")
    for number, char in enumerate(value, 1):
        found = positions.character(("key",), number)
        assert found is not None
        line, column = found
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert rest.startswith((char, "\\"))
    end = positions.character(("key",), len(value) + 1)
    assert end is not None
    assert lines[end[0] - 1][end[1] - 1 :] in ('"', "'", '"""', "'''")
    assert positions.character(("key",), len(value) + 2) is None


def test_what_is_no_text_has_no_characters() -> None:
    positions = Positions("key = 3\n")
    assert positions.character(("key",), 1) is None
    assert positions.character(("other",), 1) is None
