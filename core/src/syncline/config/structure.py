"""TOML tables to typed values: strict leaves, reporting every fault at once.

Each class says what it takes by its attrs fields; unknown keys, missing keys, wrong types and
refused values are all collected, and a class's own validators run for the fields that are right
even when others are not. cattrs reads the types not known here, such as `tuple[int, str]`; it is
imported for them alone, since it would be a quarter of the time of a check.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import attrs

from ..connector import LocalPath
from ..secret import Secret
from .faults import Fault, Faults, faults_of, nearest
from .leaf_readers import LEAVES, chosen, local
from .scalars import shown

if TYPE_CHECKING:
    from cattrs import Converter

Hook = Callable[[Any, Any], Any]

_readers: dict[Any, Callable[[object], object]] = {**LEAVES, LocalPath: local}


@cache
def hook_of(type_: Any) -> Hook:
    """Return what reads a value of a type, by `hook(value, type_)`."""
    if type_ in _readers:
        return _ignoring_type(_readers[type_])
    factory = next((make for matches, make in _FACTORIES if matches(type_)), None)
    hook: Hook = factory(type_) if factory else _converter().get_structure_hook(type_)
    return hook


@cache
def _converter() -> Converter:
    from cattrs import Converter

    made = Converter(detailed_validation=False)
    # By class, so that a class of texts is read like a text.
    for leaf, read in LEAVES.items():
        made.register_structure_hook(leaf, _ignoring_type(read))
    made.register_structure_hook_factory(_is_known, hook_of)
    return made


def _is_known(type_: Any) -> bool:
    return type_ in _readers or any(matches(type_) for matches, _ in _FACTORIES)


def structured(value: object, type_: Any) -> Any:
    """Return `value` as `type_`.

    Raises:
        Faults: it does not fit; with every reason, at paths relative to `value`.
    """
    try:
        return hook_of(type_)(value, type_)
    except Faults:
        raise
    # Hooks of third parties may raise anything: it is a fault of the value they refused.
    except Exception as error:
        raise Faults(faults_of(error)) from error


def typable(type_: Any) -> None:
    """Prepare for values of a plugin's class.

    Raises:
        TypeError: its annotations name something that is not there, or no type of a file.
    """
    try:
        hook_of(type_)
    except Exception as error:  # whatever a plugin's annotations can cause
        said = f"{type_.__module__}.{type_.__qualname__} cannot be read from a file: {error}"
        raise TypeError(f"{said}; upgrade the connector or report it") from error


def _ignoring_type(read: Callable[[object], object]) -> Hook:
    return lambda value, _: read(value)


def _enum_hook(type_: type[enum.Enum]) -> Hook:
    choices = {str(member.value): member for member in type_}
    return lambda value, __: chosen(value, choices)


def _literal_hook(type_: Any) -> Hook:
    choices = {str(choice): choice for choice in get_args(type_)}
    return lambda value, __: chosen(value, choices)


def _optional_hook(type_: Any) -> Hook:
    (inner,) = (part for part in get_args(type_) if part is not type(None))
    hook = hook_of(inner)
    return lambda value, _: hook(value, inner)


def _list_hook(type_: Any) -> Hook:
    origin = get_origin(type_)
    build = frozenset if issubclass(origin, AbstractSet) else list if origin is list else tuple
    inner = get_args(type_)[0]
    hook = hook_of(inner)

    def read(value: object, _: Any) -> object:
        if not isinstance(value, list):
            raise ValueError(f"{shown(value)} is not a list; write it in [ ]")
        good, bad = _gathered((index, hook, inner, child) for index, child in enumerate(value))
        if bad:
            raise Faults(bad)
        return build(good)

    return read


def _table_hook(type_: Any) -> Hook:
    key_type, inner = get_args(type_)
    key_hook, hook = hook_of(key_type), hook_of(inner)

    def read(value: object, _: Any) -> object:
        table = as_table(value)
        keys, bad_keys = _gathered((key, key_hook, key_type, key) for key in table)
        values, bad = _gathered((key, hook, inner, child) for key, child in table.items())
        if bad_keys or bad:
            raise Faults([*(attrs.evolve(fault, at_key=True) for fault in bad_keys), *bad])
        return dict(zip(keys, values, strict=True))

    return read


def _gathered(
    parts: Iterable[tuple[str | int, Hook, Any, object]],
) -> tuple[list[Any], list[Fault]]:
    good: list[Any] = []
    bad: list[Fault] = []
    for part, hook, type_, child in parts:
        try:
            good.append(hook(child, type_))
        except Exception as error:  # one fault does not hide the others
            bad += faults_of(error, part)
    return good, bad


def as_table(value: object) -> dict[str, Any]:
    """Return a TOML table.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{shown(value)} is not a table; write it as [section] or {{ key = … }}")
    return value


def key_of(field: attrs.Attribute[Any]) -> str:
    """Return the key of a field in the file: `from` for `from_`, which Python keeps to itself."""
    return field.name.removesuffix("_")


def _class_hook(type_: type[Any]) -> Hook:
    fields = {
        key_of(field): field for field in attrs.fields(attrs.resolve_types(type_)) if field.init
    }
    hooks = {name: hook_of(field.type) for name, field in fields.items()}
    required = frozenset(n for n, field in fields.items() if field.default is attrs.NOTHING)

    def read(value: object, _: Any) -> object:
        table = as_table(value)
        values: dict[str, Any] = {}
        bad: list[Fault] = []
        if not required <= table.keys() <= fields.keys():
            bad += [*_unknown(table, fields), *_missing(table, required)]
        for name, raw in table.items():
            if name not in fields:
                continue
            try:
                values[fields[name].alias] = _checked(hooks[name], fields[name], type_, raw)
            except Exception as error:  # one fault does not hide the others
                bad += faults_of(error, name)
        if bad:
            raise Faults(bad)
        return type_(**values)

    return read


def _checked(hook: Hook, field: attrs.Attribute[Any], type_: type[Any], raw: object) -> Any:
    value = hook(raw, field.type)
    if field.validator is not None:
        # Validators may look at nothing but the value: the instance does not exist yet.
        field.validator(object.__new__(type_), field, value)
    return value


def _unknown(table: Mapping[str, object], fields: Mapping[str, object]) -> Iterator[Fault]:
    for key in table.keys() - fields.keys():
        left = fields.keys() - table.keys()
        hint = nearest(key, left or fields.keys(), "keys")
        yield Fault(path=(key,), message=f"unknown key; {hint}", at_key=True)


def _missing(table: Mapping[str, object], required: frozenset[str]) -> Iterator[Fault]:
    for name in sorted(required):
        if name not in table:
            yield Fault(path=(), message=f"the key {name!r} is missing", at_key=True)


def _is(origin: type) -> Callable[[Any], bool]:
    def matches(type_: Any) -> bool:
        found = get_origin(type_)
        return isinstance(found, type) and issubclass(found, origin) and bool(get_args(type_))

    return matches


def _is_optional(type_: Any) -> bool:
    if get_origin(type_) not in (Union, types.UnionType):
        return False
    return len([part for part in get_args(type_) if part is not type(None)]) == 1


def _is_list(type_: Any) -> bool:
    many = _is(tuple)(type_) and get_args(type_)[1:] == (...,)
    return many or _is(list)(type_) or _is(AbstractSet)(type_) or get_origin(type_) is Sequence


def _is_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, enum.Enum)


def _is_settings(type_: Any) -> bool:
    return isinstance(type_, type) and attrs.has(type_) and not issubclass(type_, Secret)


# An enumeration of texts is a text to cattrs' dispatch by class: enumerations come first.
_FACTORIES: Sequence[tuple[Callable[[Any], bool], Callable[[Any], Hook]]] = (
    (_is_enum, _enum_hook),
    (lambda type_: get_origin(type_) is Literal, _literal_hook),
    (_is_optional, _optional_hook),
    (_is_list, _list_hook),
    (_is(Mapping), _table_hook),
    (_is_settings, _class_hook),
)


def register(type_: Any, read: Callable[[object], object]) -> None:
    """Teach the file a class of its own: `read` returns it or raises ValueError.

    It has to be taught before anything is read.
    """
    _readers[type_] = read


__all__ = ["as_table", "hook_of", "key_of", "register", "structured", "typable"]
