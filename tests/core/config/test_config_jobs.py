"""Jobs of kind `config`: their rules as the file writes them, and every fault at its place."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import timedelta

import jsonschema
import pytest

from syncline.config import Config, ConfigJob
from syncline.config.schema import schema
from syncline.config_items import FieldType
from syncline.connector import Connector
from syncline.errors import ConfigError
from syncline.model import Ref
from syncline.policy import Limits
from syncline.rules import Drift, Input, Rule, Target, Wins
from syncline.side import Side

Loaded = Callable[[str], Config]
Faults = Callable[[str], list[str]]

JOB = '[jobs.j]\nkind = "config"\n'
CAPACITY = """
[[jobs.j.rules]]
from = { asg = "cloud:group/ivr" }
to = "cx:limits/team#call.maximum"
expression = "min(4000, max(5, asg.in_service * 100))"
"""


def rule_of(text: str, **keys: str) -> str:
    """A rule as a table, with some of its keys exchanged or added."""
    for key, value in keys.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
        text = "\n".join([*lines, f"{key} = {value}", ""])
    return text


def test_a_rule_has_the_types_of_its_fields_and_the_bounds_of_its_target(
    loaded: Loaded, boards: str
) -> None:
    config = loaded(boards + JOB + CAPACITY)
    assert config.rules["j"] == (
        Rule(
            name="cx:limits/team#call.maximum",
            inputs=(
                Input(
                    name="asg", ref=Ref("cloud", "group/ivr"), fields={"in_service": FieldType.INT}
                ),
            ),
            target=Target(ref=Ref("cx", "limits/team"), path="call.maximum", type=FieldType.INT),
            expression="min(4000, max(5, asg.in_service * 100))",
            minimum=1,
            maximum=25_000,
            debounce=timedelta(seconds=2),
        ),
    )


def test_every_setting_of_a_rule_reaches_it(loaded: Loaded, boards: str) -> None:
    rule = rule_of(
        CAPACITY, name='"agents"', minimum="5", maximum="4000", clamp="true", step="5",
        hysteresis="2.5", cooldown='"5m"', debounce='"1s"', unit='"calls"', drift='"report"',
    )  # fmt: skip
    (found,) = loaded(boards + JOB + rule).rules["j"]
    assert (found.name, found.minimum, found.maximum, found.clamp) == ("agents", 5, 4000, True)
    assert (found.step, found.hysteresis, found.unit) == (5, 2.5, "calls")
    assert (found.cooldown, found.debounce) == (timedelta(minutes=5), timedelta(seconds=1))
    assert found.drift is Drift.REPORT


def test_what_a_job_says_holds_for_its_rules(loaded: Loaded, boards: str) -> None:
    said = 'drift = "adopt"\non_conflict = "to-wins"\ndebounce = "3s"\ncooldown = "1m"\n'
    config = loaded(boards + JOB + said + CAPACITY)
    (found,) = config.rules["j"]
    assert (found.drift, found.on_conflict) == (Drift.ADOPT, Wins.TO)
    assert (found.debounce, found.cooldown) == (timedelta(seconds=3), timedelta(minutes=1))


def test_a_job_knows_its_connections_and_limits(loaded: Loaded, boards: str) -> None:
    config = loaded(boards + JOB + "workers = 3\nmax_writes_per_hour = 9\n" + CAPACITY)
    job = config.config_job("j")
    assert isinstance(job, ConfigJob)
    assert config.connections_of("j") == ("cloud", "cx")
    assert job.limits() == Limits(workers=3, writes_per_hour=9)
    assert (job.side_of("cx"), job.side_of("wiki")) == (Side.LEFT, None)


def test_a_job_is_asked_for_by_its_kind(loaded: Loaded, boards: str, whole: str) -> None:
    config = loaded(boards + JOB.replace("jobs.j", "jobs.c") + CAPACITY.replace("s.j", "s.c")
                    + whole)  # fmt: skip
    assert set(config.documents_jobs) == {"j"}
    assert config.documents_job("j") is config.jobs["j"]
    with pytest.raises(ConfigError, match="job 'c' is of kind 'config': it has no documents"):
        config.documents_job("c")
    with pytest.raises(ConfigError, match="job 'j' is of kind 'documents': it has no rules"):
        config.config_job("j")


def test_one_field_alone_is_its_own_expression(loaded: Loaded, boards: str) -> None:
    rule = '[[jobs.j.rules]]\nfrom = { n = "cloud:group/ivr#desired" }\nto = "cx:group/a#desired"\n'
    (found,) = loaded(boards + JOB + rule + 'inverse = "to"\n').rules["j"]
    assert (found.expression, found.inverse, found.two_way) == ("n", "to", True)
    assert found.source == Input(
        name="n", ref=Ref("cloud", "group/ivr"), path="desired", type=FieldType.INT,
        fields={"desired": FieldType.INT},
    )  # fmt: skip


def test_a_field_that_only_the_object_knows_has_the_type_that_the_rule_says(
    loaded: Loaded, boards: str
) -> None:
    rule = """
[[jobs.j.rules]]
from = { row = { item = "cx:row/Limits/a#1", field = "maximum", type = "int" } }
to = { item = "cx:row/Limits/b", field = "maximum", type = "double" }
minimum = 5
"""
    (found,) = loaded(boards + JOB + rule).rules["j"]
    assert found.inputs[0].ref == Ref("cx", "row/Limits/a#1")
    assert found.inputs[0].type is FieldType.INT
    assert found.target.type is FieldType.DOUBLE
    assert (found.minimum, type(found.minimum)) == (5.0, float)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/call/maximum", "call.maximum"),
        ("call.maximum", "call.maximum"),
        ("/note", "note"),
    ],
)
def test_a_field_is_a_dotted_path_or_a_json_pointer(
    loaded: Loaded, boards: str, written: str, path: str
) -> None:
    expression = {"note": "'a'"}.get(path, "5")
    table = f'{{ item = "cx:limits/team", field = "{written}" }}'
    for to in (table, f'"cx:limits/team#{written}"'):
        rule = rule_of(CAPACITY, to=to, expression=f'"{expression}"')
        (found,) = loaded(boards + JOB + rule).rules["j"]
        assert (found.target.path, found.name) == (path, f"cx:limits/team#{path}")


def test_a_json_pointer_has_its_two_escapes(loaded: Loaded, boards: str) -> None:
    to = '{ item = "cx:row/Limits/b", field = "/per~1hour~01", type = "int" }'
    (found,) = loaded(boards + JOB + rule_of(CAPACITY, to=to)).rules["j"]
    assert found.target.path == "per/hour~1"


def test_two_spellings_of_one_field_are_one_field(faults: Faults, boards: str) -> None:
    again = rule_of(CAPACITY, to='"cx:limits/team#/call/maximum"')
    (found,) = faults(boards + JOB + CAPACITY + again)
    assert "cx:limits/team#call.maximum" in found


BAD = [
    # addresses
    ({"to": '"cx:limits/team#/call"'}, "a limits has no field 'call'"),
    ({"to": '"cx:limits/team#/call//maximum"'}, "after '#' stands a field"),
    ({"to": '"cx:limits/team#/"'}, "after '#' stands a field"),
    ({"to": '"cx:limits/team#/call/max~2"'}, "'~' stands in a JSON pointer only as '~0' or '~1'"),
    ({"to": '{ item = "cx:limits/team", field = "/a.b" }'}, ":14:41: jobs.j.rules[0].to.field: "),
    ({"to": '"cx"'}, ":14:6: jobs.j.rules[0].to: 'cx' is not an object or field such as"),
    ({"to": '"cx:limits/team"'}, "say which field of cx:limits/team: 'cx:limits/team#<field>'"),
    ({"to": '"cx:limits/team#a..b"'}, "after '#' stands a field"),
    ({"to": '{ item = "cx" }'}, ":14:15: jobs.j.rules[0].to.item: 'cx' is not an object"),
    ({"to": '{ item = "cx:limits/a", feld = "x" }'}, "feld: unknown key; did you mean 'field'?"),
    ({"to": '"cy:limits/team#call.maximum"'}, "there is no connection 'cy'; connections: cloud"),
    ({"to": '"wiki:limits/team#call.maximum"'}, "'shelf' holds no configuration objects; it offe"),
    ({"to": '"cx:limit/team#call.maximum"'}, "'cx' holds no 'limit'; did you mean 'limits'?"),
    ({"to": '"cx:limits/team#call.maximun"'}, "a limits has no field 'call.maximun'; did you mea"),
    ({"to": '"cx:group/a#in_service"'}, "in_service of a group is read-only; writable are: desi"),
    ({"to": '{ item = "cx:row/a/b", field = "x" }'}, "'x' holds is known only to the object; say"),
    ({"to": '{ item = "cx:row/a", field = "x", type = "int" }'}, ":14:6: jobs.j.rules[0].to: no "),
    ({"to": '{ item = "cx:limits/a", field = "note", type = "int" }'}, "to.type: note of a limits"),
    ({"from": "{}"}, ":14:8: jobs.j.rules[0].from: a rule has inputs"),
    ({"from": '{ asg = "cloud:group/ivr", in = "cloud:group/b" }'}, ":14:35: jobs.j.rules[0].fr"),
    ({"from": '{ asg = "cloud:group/ivr", to = "cloud:group/b" }'}, "'to' means something else"),
    ({"from": '{ asg = "cloud:group/ivr", a-b = "cloud:group/b" }'}, "cannot stand in an expressi"),
    # expressions
    ({"expression": '"asg.in_servic"'}, ":14:19: jobs.j.rules[0].expression: there is no field"),
    ({"expression": "'''\nasg.in_servic'''"}, ":15:5: jobs.j.rules[0].expression: there is no fi"),
    ({"expression": '"\\u0061sg.in_servic"'}, ":14:24: jobs.j.rules[0].expression: there is no f"),
    ({"expression": '"asg.in_service +"'}, ":14:31: jobs.j.rules[0].expression: it ends too e"),
    ({"expression": '"asg.in_service > 1"'}, "it gives a bool, and the field holds an int"),
    ({"expression": "3"}, ":14:14: jobs.j.rules[0].expression: 3 is not a text"),
    ({"inverse": '"to / 100"'}, "a two-way rule has exactly one input, and that is a field"),
    # numbers
    ({"minimum": "'many'"}, "'many' is not a number"),
    ({"minimum": "nan"}, "nan is not a number"),
    ({"minimum": "0.5"}, "0.5: the target holds a whole number"),
    ({"minimum": "0"}, "0 is below what the field takes: 1 at least"),
    ({"maximum": "30000"}, "30000 is above what the field takes: 25000 at most"),
    ({"minimum": "9", "maximum": "8"}, ":15:11: jobs.j.rules[0].minimum: 9 is above the maximum 8"),
    ({"minimum": "6", "maximum": "9", "step": "5"}, "no multiple of 5 lies between 6 and 9"),
    ({"minimum": "1", "maximum": "9", "hysteresis": "9"}, "the dead band is wider than the range"),
    ({"step": "0"}, "0 is not above zero"),
    ({"hysteresis": "-1"}, "-1 is below zero"),
    ({"to": '"cx:limits/a#note"', "expression": '"\'a\'"', "minimum": "1"}, "target holds a text"),
    ({"to": '"cx:limits/a#note"', "expression": '"\'a\'"', "hysteresis": "1"}, "holds a text"),
    ({"cooldown": '"soon"'}, "'soon' is not a duration"),
    ({"drift": '"fix"'}, "'fix' is not one of the choices; choices: adopt, repair, report"),
    ({"nmae": '"x"'}, "nmae: unknown key; did you mean 'name'?"),
    ({"name": '"a\\nb"'}, "a name is one line of 200 characters at most"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "fault"), BAD, ids=lambda value: str(value)[:60])
def test_a_wrong_rule_says_what_is_right(
    faults: Faults, boards: str, keys: dict[str, str], fault: str
) -> None:
    found = faults(boards + JOB + rule_of(CAPACITY, **keys))
    assert len(found) == 1, found
    assert fault in found[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (JOB, "f.toml:8:7: jobs.j: the key 'rules' is missing"),
        (JOB + "rules = []\n", "f.toml:10:9: jobs.j.rules: there are no rules"),
        (JOB + "rules = 3\n", "f.toml:10:9: jobs.j.rules: 3 is not a list"),
        (JOB + "drft = 'repair'\n" + CAPACITY, "drft: unknown key; did you mean 'drift'?"),
        (JOB + "on_conflict = 'merge'\n" + CAPACITY, "'merge' is not one of the choices"),
        (
            JOB + rule_of(CAPACITY, name='"a"')
            + rule_of(CAPACITY, name='"a"', to='"cx:limits/team#chat.maximum"'),
            "jobs.j.rules[1].name: rule 1 has the name 'a' already",
        ),
        (
            JOB + '[[jobs.j.rules]]\nfrom = { a = "cloud:group/a" }\n'
            'to = "cx:limits/a#call.maximum"\n',
            "f.toml:10:10: jobs.j.rules[0]: say the expression",
        ),
        (
            JOB + '[[jobs.j.rules]]\nfrom = { a = "cloud:group/a#in_service" }\ninverse = "to"\n'
            'to = "cx:limits/a#call.maximum"\n',
            "f.toml:11:14: jobs.j.rules[0].from.a: in_service of a group is read-only",
        ),
        (
            JOB + '[[jobs.j.rules]]\nfrom = { a = "cloud:group/a#desired" }\n'
            'inverse = "to + \'x\'"\nto = "cx:limits/a#call.maximum"\n',
            "f.toml:12:15: jobs.j.rules[0].inverse: an int + a string has no meaning",
        ),
    ],
)  # fmt: skip
def test_a_wrong_job_says_what_is_right(faults: Faults, boards: str, text: str, fault: str) -> None:
    found = faults(boards + text)
    assert len(found) == 1, found
    assert fault in found[0]


def test_everything_that_is_wrong_is_told_at_once(faults: Faults, boards: str) -> None:
    """A key that cannot be read hides nothing of its own rule, nor of the others."""
    first = rule_of(CAPACITY, drift='"fix"', minimum="0", expression='"asg.nope"')
    second = rule_of(CAPACITY, to='"cx:limits/team#nope"', expression='"asg.neither"')
    found = faults(boards + JOB + "workers = 0\n" + first + second)
    for part in (
        "workers",
        "'fix'",
        "0 is below",
        "'nope' in a group",
        "no field 'nope';",
        "'neither'",
    ):
        assert any(part in line for line in found), (part, found)
    assert len(found) == 6


def test_two_rules_that_write_one_field_are_a_fault_in_whatever_job(
    faults: Faults, boards: str
) -> None:
    other = CAPACITY.replace("jobs.j", "jobs.k")
    found = faults(boards + JOB + CAPACITY + CAPACITY + '[jobs.k]\nkind = "config"\n' + other)
    assert found == [
        "f.toml:18:6: jobs.j.rules[1].to: rule 1 writes cx:limits/team#call.maximum too:"
        " one rule has to go",
        "f.toml:25:6: jobs.k.rules[0].to: rule 1 of job 'j' writes cx:limits/team#call.maximum"
        " too: one rule has to go",
    ]


def test_two_connections_to_one_place_write_one_field(faults: Faults, boards: str) -> None:
    """`cx` and `cloud` have the same settings."""
    twin = CAPACITY.replace("cx:", "cloud:")
    (found,) = faults(boards + JOB + CAPACITY + twin)
    assert "jobs.j.rules[1].to: rule 1 writes cx:limits/team#call.maximum too" in found
    apart = boards.replace("[connections.cx]\n", '[connections.cx]\nfolder = "elsewhere"\n')
    assert faults(apart + JOB + CAPACITY + twin) == []


def test_no_connection_is_called_what_rules_are_called(faults: Faults, boards: str) -> None:
    named = boards.replace("connections.cx", "connections.rule")
    (found,) = faults(named + JOB + CAPACITY.replace("cx:", "rule:"))
    assert "'rule' is what rules themselves are called; rename the connection" in found


def test_rules_that_feed_each_other_are_a_fault_with_the_path(faults: Faults, boards: str) -> None:
    back = """
[[jobs.j.rules]]
name = "back"
from = { team = "cx:limits/team" }
to = "cx:group/x#desired"
expression = "team.call.maximum"
[[jobs.j.rules]]
from = { x = "cx:group/x#desired" }
to = "cx:limits/team#call.maximum"
"""
    found = faults(boards + JOB + back)
    assert len(found) == 1
    assert "jobs.j.rules[0].from: rule 1 (back), rule 2 feed each other in a circle:" in found[0]
    assert "cx:group/x#desired -> cx:limits/team#call.maximum -> cx:group/x#desired" in found[0]


def test_a_connection_with_faults_of_its_own_does_not_make_its_rules_wrong(
    faults: Faults, boards: str
) -> None:
    broken = boards.replace("[connections.cloud]\n", "[connections.cloud]\nwrong = 1\n")
    found = faults(broken + JOB + CAPACITY)
    assert len(found) == 1
    assert "connections.cloud.wrong: unknown key" in found[0]


def test_a_misspelt_kind_is_told_with_the_faults_of_the_rules(faults: Faults, boards: str) -> None:
    text = JOB.replace('"config"', '"confg"') + rule_of(CAPACITY, drift='"fix"')
    found = faults(boards + text)
    assert any("'confg' is not a kind of job; did you mean 'config'?" in line for line in found)
    assert any("'fix' is not one of the choices" in line for line in found)


def test_the_schema_takes_what_the_reader_takes(
    loaded: Loaded, connector: Callable[[str], Connector], boards: str
) -> None:
    table = rule_of(
        CAPACITY, name='"a"', to='{ item = "cx:row/a/b", field = "x", type = "int" }', step="5",
        drift='"adopt"',
    )  # fmt: skip
    text = f'state = {{ connection = "cx", table = "t" }}\n{boards}{JOB}{table}'
    assert loaded(text).rules["j"]
    made = schema([connector("board"), connector("shelf")])
    validate = jsonschema.Draft202012Validator(made).is_valid
    assert validate(tomllib.loads(text))
    for wrong in ("from_", "too"):
        assert not validate(tomllib.loads(text.replace("\nfrom =", f"\n{wrong} =")))
    assert not validate(tomllib.loads(text.replace('drift = "adopt"', 'drift = "fix"')))
    assert not validate(tomllib.loads(text.replace('item = "cx:row/a/b"', "item = 3")))
