"""The YAML of a front matter: its values, and where each stands. Nothing in it is constructed."""

from __future__ import annotations

import yaml

from .front import BrokenFrontMatter, Value

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Spans = dict[str, tuple[int, int]]


def read(text: str) -> tuple[dict[str, Value | None], Spans]:
    """Return the values of a block by key, and where they begin and end.

    Raises:
        BrokenFrontMatter: it is not a YAML mapping, or names a key twice.
    """
    root = _composed(text)
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise BrokenFrontMatter("the front matter is not a list of 'key: value' lines")
    values: dict[str, Value | None] = {}
    spans: Spans = {}
    for key, node in root.value if root is not None else ():
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in spans:
            raise BrokenFrontMatter(f"the front matter gives {key.value!r} twice")
        # A value's own start leaves out its tag and anchor: cut from the colon on.
        colon = text.find(":", key.end_mark.index) + 1
        spans[key.value] = (colon, max(colon, _end(node)))
        if (value := _value(node)) is not _OTHER:
            values[key.value] = value
    return values, spans


class _Other(tuple[str, ...]):
    """A value that is neither a text nor a list of texts."""


_OTHER = _Other()


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise BrokenFrontMatter(
            f"the front matter is no YAML: line {line}: {error.problem}"
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BrokenFrontMatter(f"the front matter is no YAML: {type(error).__name__}") from error


def _value(node: yaml.Node) -> Value | None:
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if not isinstance(node, yaml.SequenceNode):
        return _OTHER
    texts = [item.value for item in node.value if isinstance(item, yaml.ScalarNode)]
    return tuple(texts) if len(texts) == len(node.value) else _OTHER


def _end(node: yaml.Node) -> int:
    """Return where a value ends; a block list's own mark lies behind the comments after it."""
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)
