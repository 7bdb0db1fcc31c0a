"""`[jobs.<name>.mapping]`, `include` and `exclude`: as the file writes them, and compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NewType

from attrs import Attribute, frozen

from ..connector import setting
from ..reprs import Shown
from .faults import Fault, Faults
from .scalars import TitlePath, shown
from .structure import register, structured

if TYPE_CHECKING:
    from ..expressions import Expression, Value
    from ..mapping import Filter, Mapping, Rule, Source, Titles

# Both are imported where they are used: a file without rules and filters need not pay for them.

Condition = NewType("Condition", "Expression")
"""A CEL expression that is true or false."""

Template = NewType("Template", "Expression")
"""A CEL expression that gives a text."""


def _expression(value: object) -> Expression:
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not an expression; write it as a text")
    from ..mapping import compiled

    return compiled(value)


def _example() -> dict[str, Value]:
    from ..mapping.inputs import EXAMPLE

    return dict(EXAMPLE)


def condition(value: object) -> Condition:
    """Return the compiled filter.

    Raises:
        ValueError: it does not compile, or is not true or false.
    """
    expression = _expression(value)
    _tried(lambda: expression.test(**_example()))
    return Condition(expression)


def template(value: object) -> Template:
    """Return the compiled template.

    Raises:
        ValueError: it does not compile, or gives no text.
    """
    expression = _expression(value)
    _tried(lambda: expression.text_of(**_example()))
    return Template(expression)


def _tried(function: Callable[[], object]) -> None:
    """Run on the example, whose lists may be shorter than a document's."""
    from ..expressions import ExpressionError

    try:
        function()
    except ExpressionError as error:
        if not isinstance(error.__cause__, LookupError | ArithmeticError):
            raise


@frozen(kw_only=True, repr=False)
class FilterSettings(Shown):
    """Which of the left's documents: a table of criteria, or one condition as a text."""

    labels: frozenset[str] = setting("Carries one of these labels.", default=frozenset())
    paths: tuple[TitlePath, ...] = setting("Lies below one of these paths of titles.", default=())
    containers: frozenset[str] = setting(
        "Is kept in one of these spaces, folders or bases.", default=frozenset()
    )
    categories: tuple[TitlePath, ...] = setting("Is in one of these categories.", default=())
    when: Condition | None = setting("A CEL condition over the document.", default=None)

    def filter(self) -> Filter:
        """Return the filter of the mapping."""
        from ..mapping import Filter

        return Filter(
            labels=self.labels,
            paths=tuple(self.paths),
            containers=self.containers,
            categories=tuple(self.categories),
            when=self.when,
        )


@frozen(kw_only=True, repr=False)
class FilterTable(FilterSettings):
    """The table form; the file writes either this or a text."""


def filter_settings(value: object) -> FilterSettings:
    """Return the filter that a table or a single condition writes.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        return FilterSettings(when=condition(value))
    table: FilterTable = structured(value, FilterTable)
    return table


@frozen(kw_only=True, repr=False)
class RuleSettings(Shown):
    """One mapping rule: exactly one of label, ancestor, space; one of category, to_label."""

    label: str | None = setting("Documents that carry this label.", default=None)
    ancestor: TitlePath | None = setting("Documents below this title or path.", default=None)
    space: str | None = setting("Documents of this space or container.", default=None)
    category: TitlePath | None = setting("The category on the right.", default=None)
    to_label: str | None = setting("The label's name on the right.", default=None)
    one_way: bool = setting("Only left to right: the way back is not used.", default=False)

    def __attrs_post_init__(self) -> None:
        sources = [n for n in ("label", "ancestor", "space") if getattr(self, n) is not None]
        targets = [n for n in ("category", "to_label") if getattr(self, n) is not None]
        if len(sources) != 1:
            raise ValueError("a rule needs exactly one of label, ancestor and space")
        if len(targets) != 1:
            raise ValueError("a rule needs exactly one of category and to_label")
        if targets == ["to_label"] and sources != ["label"]:
            raise ValueError("to_label renames a label: say which one with label")
        if targets == ["category"] and sources != ["label"] and not self.one_way:
            raise ValueError(
                f"nothing moves a document on the left, so {sources[0]} has no way back;"
                " say one_way = true"
            )
        if "" in (self.label, self.space, self.to_label):
            raise ValueError("a label or space must not be empty")

    def rule(self) -> Rule:
        """Return the rule of the mapping."""
        from ..mapping import ToCategory, ToLabel

        if self.to_label is not None:
            return ToLabel(label=self.label or "", to_label=self.to_label, one_way=self.one_way)
        category = tuple(self.category or ())
        return ToCategory(source=self._source(), category=category, one_way=self.one_way)

    def _source(self) -> Source:
        from ..mapping import InSpace, Labelled, Under

        if self.ancestor is not None:
            return Under(tuple(self.ancestor))
        return Labelled(self.label) if self.label is not None else InSpace(self.space or "")


@frozen(kw_only=True, repr=False)
class TitleSettings(Shown):
    """How the right's titles are made, and how they are read back."""

    prefix: str = setting("Stands before the title on the right.", default="")
    suffix: str = setting("Stands behind the title on the right.", default="")
    template: Template | None = setting("A CEL template for the right's title.", default=None)
    one_way: bool = setting("Titles flow only left to right.", default=False)

    def __attrs_post_init__(self) -> None:
        if self.template is not None and (fault := self.titles().fault()):
            raise Faults([Fault(path=("template",), message=fault)])

    def titles(self) -> Titles:
        """Return the titles of the mapping."""
        from ..mapping import Titles

        return Titles(
            prefix=self.prefix, suffix=self.suffix, template=self.template, one_way=self.one_way
        )


def refuse_clashes(rules: Sequence[RuleSettings], reserved: frozenset[str]) -> None:
    """Refuse rules that cannot stand beside each other.

    Raises:
        Faults: at the index of each.
    """
    if not rules:
        return
    from ..mapping import faults

    found = faults([rule.rule() for rule in rules], reserved)
    if bad := [Fault(path=(index,), message=said) for index, said in found]:
        raise Faults(bad)


def _rules_fit(_: object, __: Attribute[Sequence[RuleSettings]], rules: object) -> None:
    refuse_clashes(rules, frozenset())  # type: ignore[arg-type]  # attrs validates untyped


@frozen(kw_only=True, repr=False)
class MappingSettings(Shown):
    """What differs between the two sides' vocabularies."""

    rules: tuple[RuleSettings, ...] = setting(
        "Ordered rules for categories and labels.", default=(), validator=_rules_fit
    )
    titles: TitleSettings = setting("Titles on the right.", default=TitleSettings())

    def mapping(self, include: Filter, exclude: Filter, reserved: frozenset[str]) -> Mapping:
        """Return the mapping, ready to use."""
        from ..mapping import Mapping

        return Mapping(
            rules=tuple(rule.rule() for rule in self.rules),
            include=include,
            exclude=exclude,
            titles=self.titles.titles(),
            reserved=reserved,
        )


register(Condition, condition)
register(Template, template)
register(FilterSettings, filter_settings)

__all__ = [
    "Condition",
    "FilterSettings",
    "FilterTable",
    "MappingSettings",
    "RuleSettings",
    "Template",
    "TitleSettings",
    "refuse_clashes",
]
