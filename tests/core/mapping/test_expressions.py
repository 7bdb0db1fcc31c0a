"""The expression language: what it accepts, refuses, and never does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.expressions import Expression, ExpressionError

INPUTS: dict[str, str | list[str]] = {"title": "Refunds", "labels": ["billing", "faq"]}


def compiled(text: str) -> Expression:
    return Expression.compile(text, INPUTS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("title + ' (Support)'", "Refunds (Support)"),
        ("'faq' in labels && !title.startsWith('X')", True),
        ("labels.exists(label, label.matches('^bill'))", True),
        ("size(labels) > 2 ? 'many' : 'few'", "few"),
        ('title == "a" // a comment', False),
    ],
)
def test_an_expression_is_evaluated_over_its_inputs(text: str, value: object) -> None:
    assert compiled(text).evaluate(**INPUTS) == value


@pytest.mark.parametrize(
    ("text", "part", "position"),
    [
        ("", "empty", None),
        ("title +", "it ends too early", 8),
        ("'a' +\n  titel", "did you mean 'title'", 9),
        ("labels.exist(x, true)", "did you mean 'exists'", 8),
        ("title.__class__", "must not begin with '_'", 7),
        ("title.format", "a text has no field 'format'", 7),
        ("_x", "must not begin with '_'", 1),
        ("eval('1')", "there is no function 'eval'", 1),
        ("title + 1", "Unsupported operation: string + int", None),
        ("title.matches('(')", "not a valid regex", None),
        ("'a\0'", "is not a character", 3),
        ("'\ud800'", "is not a character", 2),
        ("(" * 40 + "1" + ")" * 40, "nested brackets", 33),
        ("+".join(["title"] * 60), "additions", None),
        ("x" * 1001, "more than 1000", None),
    ],
)
def test_a_faulty_expression_says_what_and_where(
    text: str, part: str, position: int | None
) -> None:
    with pytest.raises(ExpressionError, match=re.escape(part)) as caught:
        compiled(text)
    assert position is None or caught.value.position == position


def test_macros_cannot_be_nested_without_bound() -> None:
    with pytest.raises(ExpressionError, match="macros inside each other"):
        compiled("labels.map(a, labels.map(b, labels.map(c, c)))")


def test_growth_is_bounded_before_it_runs() -> None:
    with pytest.raises(ExpressionError, match="macros such as map"):
        compiled("labels" + ".map(x, x + x)" * 6)


def test_a_hostile_regular_expression_runs_in_linear_time() -> None:
    expression = compiled("title.matches('(a+)+b')")
    assert expression.test(title="a" * 15_000, labels=[]) is False


def test_inputs_that_are_too_large_are_refused() -> None:
    with pytest.raises(ExpressionError, match="the inputs have 30000 characters"):
        compiled("title").evaluate(title="a" * 30_000, labels=[])


def test_a_missing_element_is_a_fault_of_the_document_and_not_of_the_expression() -> None:
    expression = compiled("labels[7] == 'x'")
    with pytest.raises(ExpressionError, match="index out of bounds"):
        expression.test(**INPUTS)


def test_a_filter_must_be_true_or_false_and_a_template_a_text() -> None:
    with pytest.raises(ExpressionError, match="gives a text, not true or false"):
        compiled("title").test(**INPUTS)
    with pytest.raises(ExpressionError, match="gives a list, not a text"):
        compiled("labels").text_of(**INPUTS)


WORDS = (
    *("title", "labels", "x", "map", "exists", "size", "matches", "in", "true", "null", "_a"),
    *(".", "(", ")", "[", "]", "{", "}", ",", "+", "-", "!", "?", ":", "&&", "||", "=="),
    *(
        "'a'",
        '"b"',
        "r'\\d'",
        "1",
        "1.5",
        "2u",
        "'",
        '"',
        "'''",
        "\\",
        "//",
        "\n",
        "`",
        "\ud83d",
        "é",
    ),
)


@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=14).map("".join))
@settings(deadline=None, max_examples=500)
def test_any_text_compiles_or_is_refused_with_a_reason(text: str) -> None:
    assert reason_of(lambda: compiled(text).evaluate(**INPUTS)) != ""


def reason_of(function: Callable[[], object]) -> str | None:
    """The message of the refusal; None when there was none. Nothing else may be raised."""
    try:
        function()
    except ExpressionError as error:
        return str(error)
    return None


def test_compiling_does_not_load_a_terminal_library() -> None:
    program = (
        "import sys; from syncline.expressions import Expression; Expression.compile('1 == 1');"
        "print(sorted({'rich', 'httpx', 'lxml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("order", ["cel first", "ours first"])
def test_a_program_that_embeds_us_may_use_the_expression_library_itself(order: str) -> None:
    ours = "from syncline.expressions import Expression; Expression.compile('1 < 2')"
    theirs = "import cel; assert cel.evaluate('1 + 1') == 2"
    lines = [theirs, ours] if order == "cel first" else [ours, theirs]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, *reversed(lines)])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
