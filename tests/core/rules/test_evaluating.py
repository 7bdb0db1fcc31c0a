"""What a rule computes: exact numbers, and a clear error where there is no value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncline.config_items import ConfigRecord, FieldType
from syncline.errors import Rejected
from syncline.model import JSON, Ref, Status, Version
from syncline.rules import (
    Input,
    Rule,
    RuleError,
    Target,
    evaluate,
    field_ref,
    inputs_of,
    inverse,
    object_and_path,
)

Made = Callable[..., Rule]


def single(text: str, type_: FieldType, gives: FieldType, **more: Any) -> Rule:
    """A rule over one field."""
    return Rule(
        name="single",
        inputs=(Input(name="x", ref=Ref("cloud", "group/a"), path="desired", type=type_),),
        target=Target(ref=Ref("cx", "limits/a"), path="call.maximum", type=gives),
        expression=text,
        **more,
    )


def record(ref: Ref, values: Mapping[str, JSON], status: Status = Status.LIVE) -> ConfigRecord:
    return ConfigRecord(ref=ref, version=Version("1"), values=values, status=status)


INT, DOUBLE = FieldType.INT, FieldType.DOUBLE


@pytest.mark.parametrize(
    ("text", "type_", "value", "gives", "result"),
    [
        ("x * 100", INT, 7, INT, 700),
        ("min(4000, max(5, x * 10))", INT, 0, INT, 5),
        ("min(4000, max(5, x * 10))", INT, 77, INT, 770),
        ("min(4000, max(5, x * 10))", INT, 1_000, INT, 4_000),
        ("max(x, 2.5)", INT, 2, DOUBLE, 2.5),
        ("max(x, 1.5)", INT, 2, DOUBLE, 2.0),
        ("min([x, 3])", INT, 9, INT, 3),
        ("x * 1.5", DOUBLE, 2, DOUBLE, 3.0),
        ("x / 100", INT, 550, INT, 5),
        ("double(x) / 100.0", INT, 550, DOUBLE, 5.5),
        ("double(x) * 100.0", INT, 5, INT, 500),
        ("x", DOUBLE, 500, INT, 500),
        ("x", INT, 500.0, INT, 500),
        ("x ? 50 : 5", FieldType.BOOL, True, INT, 50),
        ("x ? 50 : 5", FieldType.BOOL, False, INT, 5),
        ("x + 'b'", FieldType.STRING, "a", FieldType.STRING, "ab"),
        ("size(x)", FieldType.LIST, [1, "a"], INT, 2),
        ("x.limits.calls", FieldType.MAP, {"limits": {"calls": 4}}, INT, 4),
        ("x.map(n, n * 2)", FieldType.LIST, [1, 2], FieldType.LIST, [2, 4]),
        ("x", INT, 9_007_199_254_740_993, INT, 9_007_199_254_740_993),
        ("x == null ? 1 : 2", FieldType.ANY, None, INT, 1),
    ],
)
def test_an_expression_gives_a_value_of_the_targets_type(
    text: str, type_: FieldType, value: JSON, gives: FieldType, result: JSON
) -> None:
    found = evaluate(single(text, type_, gives), {"x": value})
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("text", "type_", "value", "gives", "why"),
    [
        ("100 / x", INT, 0, INT, "it divides by zero"),
        ("100 % x", INT, 0, INT, "it divides by zero"),
        ("1.0 / x", DOUBLE, 0.0, DOUBLE, "the value is infinite"),
        ("x / x", DOUBLE, 0.0, DOUBLE, "the value is not a number (NaN)"),
        ("x * x", INT, 2**62, INT, "overflow"),
        ("x + 1", INT, 2**63 - 1, INT, "overflow"),
        ("x", INT, 2**63, INT, "beyond whole numbers of 64 bits"),
        ("x", INT, 10**400, INT, "beyond whole numbers of 64 bits"),
        ("x", DOUBLE, 2**53 + 1, DOUBLE, "which a double cannot hold exactly"),
        ("x * 1.1", DOUBLE, 5, INT, "the value is 5.5, which is no whole number"),
        ("x", INT, 2.5, INT, "x is 2.5, which is no whole number"),
        ("x", INT, None, INT, "x is null, not a whole number"),
        ("x", INT, True, INT, "x is true, not a whole number"),
        ("x", INT, "5", INT, "x is the text '5', not a whole number"),
        ("x", DOUBLE, float("nan"), DOUBLE, "x is not a number (NaN)"),
        ("x", FieldType.BOOL, 1, FieldType.BOOL, "x is the number 1, not true or false"),
        ("x", FieldType.STRING, 5, FieldType.STRING, "not a text"),
        ("x[0]", FieldType.LIST, [], INT, ""),
        ("x.calls", FieldType.MAP, {}, INT, "there is no field 'calls' now"),
        (
            "x.calls + 1",
            FieldType.MAP,
            {"calls": "many"},
            INT,
            "Unsupported operation: string + int",
        ),
        ("max(x[0], 1)", FieldType.LIST, ["a"], INT, "max takes numbers alone"),
        ("min(x)", FieldType.LIST, [], INT, "min takes numbers alone"),
        ("x", FieldType.ANY, None, FieldType.ANY, "null, and a field gets a value"),
        ("timestamp(x)", FieldType.STRING, "2026-01-01T00:00:00Z", FieldType.ANY, "no field can"),
        ("int(x)", FieldType.STRING, "soon", INT, ""),
        ("x", FieldType.STRING, "a" * 30_000, FieldType.STRING, "the inputs have 30000 characters"),
    ],
)
def test_where_there_is_no_value_the_rule_its_expression_and_its_inputs_are_named(
    text: str, type_: FieldType, value: JSON, gives: FieldType, why: str
) -> None:
    with pytest.raises(RuleError) as error:
        evaluate(single(text, type_, gives), {"x": value})
    message = str(error.value)
    assert message.startswith(f"rule single ({text}, x = ")
    assert why in message
    assert len(message) < 600
    assert isinstance(error.value, Rejected)
    assert error.value.ref == Ref("cx", "limits/a#call.maximum")


def test_what_an_evaluator_logs_by_itself_stays_silent(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RuleError):
        evaluate(single("max(x[0], 1)", FieldType.LIST, INT), {"x": ["s3cret"]})
    assert "s3cret" not in "".join(capfd.readouterr()) + caplog.text


def test_an_object_gives_the_fields_that_are_read_and_no_more(rule: Made) -> None:
    group = Ref("cloud", "group/ivr")
    held: dict[str, JSON] = {"in_service": 3, "launch": "x" * 100_000, "tags": {"owner": "us"}}
    values = inputs_of(rule(), {group: record(group, held)})
    assert values == {"asg": {"in_service": 3}}
    assert evaluate(rule(), values) == 300


def test_a_field_that_is_not_there_can_be_asked_for() -> None:
    ref = Ref("cx", "row/a/b")
    asking = Rule(
        name="asking",
        inputs=(Input(name="row", ref=ref, fields={"limit.calls": INT, "open": FieldType.BOOL}),),
        target=Target(ref=Ref("cx", "limits/a"), path="call.maximum", type=INT),
        expression="row.open && has(row.limit.calls) ? row.limit.calls : 5",
    )
    for held, result in (
        ({"open": True, "limit": {"calls": 9}}, 9),
        ({"open": True, "limit": {}}, 5),
        ({"open": True, "limit": {"calls": None}}, 5),
        ({"open": True, "limit": None}, 5),
        ({"open": True}, 5),
        ({"open": False}, 5),
    ):
        values = inputs_of(asking, {ref: record(ref, held)})  # type: ignore[arg-type]  # plain JSON
        assert evaluate(asking, values) == result
    with pytest.raises(RuleError, match="there is no field 'open' now"):
        evaluate(asking, inputs_of(asking, {ref: record(ref, {"limit": {"calls": 9}})}))


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ({}, "cloud:group/a was not read"),
        (
            {Ref("cloud", "group/a"): record(Ref("cloud", "group/a"), {}, Status.PURGED)},
            "cloud:group/a is purged",
        ),
        (
            {Ref("cloud", "group/a"): record(Ref("cloud", "group/a"), {"other": 1})},
            "cloud:group/a has no field 'desired' now",
        ),
    ],
)
def test_an_input_that_is_not_there_is_told(records: Mapping[Ref, ConfigRecord], why: str) -> None:
    with pytest.raises(RuleError, match=why):
        inputs_of(single("x", INT, INT), records)


def test_an_inverse_leads_back_to_the_input() -> None:
    both = single("x * 100", INT, INT, inverse="to / 100")
    assert inverse(both, 500) == 5
    assert inverse(both, 500.0) == 5
    with pytest.raises(RuleError, match="x = 5 would make it 500 again"):
        inverse(both, 550)
    assert both.two_way
    assert both.source.name == "x"
    with pytest.raises(RuleError, match=r"rule single \(to / 100, to = 2.5\): to is 2.5"):
        inverse(both, 2.5)


def test_an_inverse_that_gives_no_value_of_the_input_is_refused() -> None:
    odd = single("int(double(x) * 2.0)", INT, INT, inverse="double(to) / 2.0")
    assert inverse(odd, 4) == 2
    with pytest.raises(RuleError, match=r"the value is 2\.5, which is no whole number"):
        inverse(odd, 5)


def test_a_way_back_is_exact_but_for_the_step_of_the_rule() -> None:
    tenths = single("x / 10.0", DOUBLE, DOUBLE, inverse="to * 10.0")
    assert inverse(tenths, 0.5) == 5.0
    with pytest.raises(RuleError, match="again"):
        inverse(single("x * 0.3", DOUBLE, DOUBLE, inverse="to / 0.3"), 0.7)
    stepped = single("x * 0.3", DOUBLE, DOUBLE, inverse="to / 0.3", step=0.1)
    assert inverse(stepped, 0.7) == 0.7 / 0.3
    bounded = single("x * 100", INT, INT, inverse="to / 100", maximum=400)
    assert inverse(bounded, 500) == 5, "whoever writes asks the bounds"


def test_a_one_way_rule_has_no_way_back(rule: Made) -> None:
    assert not rule().two_way
    with pytest.raises(ValueError, match="one-way"):
        inverse(rule(), 5)


def test_a_field_has_an_identity_of_its_own() -> None:
    field = field_ref(Ref("cx", "queue/A#1"), "media.call")
    assert object_and_path(field) == (Ref("cx", "queue/A#1"), "media.call")
    with pytest.raises(ValueError, match="names no field"):
        object_and_path(Ref("cx", "queue/A"))
