"""Alerts and dashboard: every expression parses and asks for what a runner really exports."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import promql_parser
import yaml

BY_PROMETHEUS = frozenset({"job", "instance", "le", "__name__"})
"""Labels that a scrape adds, and that of a histogram's buckets."""


VARIABLES = {"$__rate_interval": "5m", "$sync_job": ".*", "$connection": ".*"}


def expressions(rules: list[dict[str, Any]], dashboard: dict[str, Any]) -> Iterator[str]:
    yield from (rule["expr"] for rule in rules)
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def parsed(text: str) -> Any:
    for variable, value in {
        "$__rate_interval": "5m",
        "$sync_job": ".*",
        "$connection": ".*",
    }.items():
        text = text.replace(variable, value)
    return promql_parser.parse(text)


def nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "args", "param"):
        inner = getattr(node, name, None)
        for child in inner if isinstance(inner, list) else [inner] if inner is not None else []:
            yield from nodes(child)


def selectors(text: str) -> Iterator[Any]:
    return (n for n in nodes(parsed(text)) if isinstance(n, promql_parser.VectorSelector))


def test_every_expression_names_series_that_a_runner_exports(
    rules: list[dict[str, Any]], dashboard: dict[str, Any], exported: dict[str, frozenset[str]]
) -> None:
    asked = {s.name for text in expressions(rules, dashboard) for s in selectors(text)}
    assert len(asked) > 25
    assert asked - exported.keys() == {"up"}


def test_every_label_that_an_expression_picks_is_one_of_its_series(
    rules: list[dict[str, Any]], dashboard: dict[str, Any], exported: dict[str, frozenset[str]]
) -> None:
    for text in expressions(rules, dashboard):
        for selector in selectors(text):
            labels = exported.get(str(selector.name), frozenset()) | BY_PROMETHEUS
            picked = {matcher.name for matcher in selector.matchers.matchers}
            assert picked <= labels, text


def test_every_label_that_an_expression_groups_by_is_one_of_its_series(
    rules: list[dict[str, Any]], dashboard: dict[str, Any], exported: dict[str, frozenset[str]]
) -> None:
    grouped = 0
    for text in expressions(rules, dashboard):
        for node in nodes(parsed(text)):
            if not isinstance(node, promql_parser.AggregateExpr) or node.modifier is None:
                continue
            for selector in (n for n in nodes(node) if isinstance(n, promql_parser.VectorSelector)):
                known = exported.get(str(selector.name), frozenset()) | BY_PROMETHEUS
                assert set(node.modifier.labels) <= known, text
                grouped += 1
    assert grouped > 25


def test_every_placeholder_of_a_text_survives_the_aggregation(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        texts = " ".join(rule["annotations"].values())
        kept = set(re.findall(r"\$labels\.(\w+)", texts))
        by = re.findall(r"by \(([^)]*)\)", rule["expr"])
        if by:
            assert kept <= {name.strip() for name in by[0].split(",")}, rule["alert"]


def test_every_alert_says_how_grave_it_is_and_what_it_means(rules: list[dict[str, Any]]) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["annotations"]["description"].endswith(".")


def test_every_alert_has_a_section_in_the_operating_guide_and_no_section_is_left_over(
    rules: list[dict[str, Any]], deploy: Path
) -> None:
    guide = (deploy.parents[1] / "docs" / "operating.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (Syncline\w+)\n\n(.*?)(?=^#|\Z)", guide, re.M | re.S))
    assert sections.keys() == {rule["alert"] for rule in rules}
    assert all(len(text.split()) > 15 for text in sections.values())


def test_the_operating_guide_explains_every_metric_of_ours(
    deploy: Path, exported: dict[str, frozenset[str]]
) -> None:
    guide = (deploy.parents[1] / "docs" / "operating.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(syncline_\w+)`", guide))
    bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported}
    assert {name for name in bases if name.startswith("syncline_")} == explained


def test_panels_have_ids_of_their_own_and_lie_on_no_other(dashboard: dict[str, Any]) -> None:
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_the_dashboard_finds_its_data_by_a_variable_and_its_variables_by_our_metrics(
    dashboard: dict[str, Any], exported: dict[str, frozenset[str]]
) -> None:
    variables = {one["name"]: one for one in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == "${datasource}"
    for name in ("sync_job", "connection"):
        query = variables[name]["query"]["query"]
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()  # type: ignore[union-attr]  # a query of another form fails here
        assert label == name
        assert label in exported[metric]


def test_prometheus_accepts_the_rules(promtool: str, deploy: Path) -> None:
    subprocess.run([promtool, "check", "rules", str(deploy / "alerts.yml")], check=True)


@attrs.frozen
class Case:
    """Series of a run of minutes, as promtool writes them, and when to look."""

    minutes: int
    bad: tuple[str, ...]
    well: tuple[str, ...]
    every: int = 1
    """Minutes between two values, and between two evaluations."""


JOB = 'sync_job="k"'
CASES = {
    "SynclineDown": Case(5, ('up{job="syncline"} 0x60',), ('up{job="syncline"} 1x60',)),
    "SynclineNobodyActive": Case(
        5,
        (f'syncline_job_active{{{JOB},instance="a"}} 0x60',),
        (
            f'syncline_job_active{{{JOB},instance="a"}} 0x60',
            f'syncline_job_active{{{JOB},instance="b"}} 1x60',
            f"syncline_last_full_pass_timestamp_seconds{{{JOB}}} 0x60",
        ),
    ),
    "SynclineTwoActive": Case(
        5,
        (
            f'syncline_job_active{{{JOB},instance="a"}} 1x60',
            f'syncline_job_active{{{JOB},instance="b"}} 1x60',
        ),
        (
            f'syncline_job_active{{{JOB},instance="a"}} 1 1 1 0x57',
            f'syncline_job_active{{{JOB},instance="b"}} 0 0 1x58',
        ),
    ),
    "SynclineRestarting": Case(
        59,
        ('process_start_time_seconds{job="syncline"} 0x10 1x10 2x10 3x10 4x20',),
        ('process_start_time_seconds{job="syncline"} 0x30 1x30',),
    ),
    "SynclineFullPassOverdue": Case(
        27 * 60,
        (f"syncline_last_full_pass_timestamp_seconds{{{JOB}}} 0x170",),
        (f"syncline_last_full_pass_timestamp_seconds{{{JOB}}} 0x100 60000x70",),
        every=10,
    ),
    "SynclineNeverPassed": Case(
        7 * 60,
        (f"syncline_job_active{{{JOB}}} 1x50",),
        (
            f"syncline_job_active{{{JOB}}} 1x50",
            f"syncline_last_full_pass_timestamp_seconds{{{JOB}}} 0x50",
        ),
        every=10,
    ),
    "SynclineJobFailing": Case(
        40,
        (f"syncline_job_failing{{{JOB}}} 1x60",),
        (f"syncline_job_failing{{{JOB}}} 1x20 0x40",),
    ),
    "SynclineLag": Case(
        30, (f"syncline_lag_seconds{{{JOB}}} 0+60x60",), (f"syncline_lag_seconds{{{JOB}}} 300x60",)
    ),
    "SynclineQueueGrows": Case(
        120,
        (f"syncline_queue_depth{{{JOB}}} 600+10x200",),
        (f"syncline_queue_depth{{{JOB}}} 5000-10x200",),
    ),
    "SynclineRemovalsRefused": Case(
        10,
        (f"syncline_removals_refused{{{JOB}}} 212x60",),
        (f"syncline_removals_refused{{{JOB}}} 0x60",),
    ),
    "SynclineVisibilityUnknown": Case(
        180,
        (f"syncline_visibility_unknown{{{JOB}}} 1x200",),
        (f"syncline_visibility_unknown{{{JOB}}} 1x60 0x140",),
    ),
    "SynclineItemsQuarantined": Case(
        400,
        (f"syncline_quarantined{{{JOB}}} 1x50",),
        (f"syncline_quarantined{{{JOB}}} 1x30 0x20",),
        every=10,
    ),
    "SynclineConflictsWait": Case(
        49 * 60,
        (f"syncline_conflicts_open{{{JOB}}} 1x300",),
        (f"syncline_conflicts_open{{{JOB}}} 1x140 0x2 1x160",),
        every=10,
    ),
    "SynclineDriftRepaired": Case(
        60,
        (f'syncline_items_total{{{JOB},event="repaired"}} 0+1x90',),
        (f'syncline_items_total{{{JOB},event="repaired"}} 0x20 1x70',),
    ),
    "SynclineFieldUnwritable": Case(
        60,
        (f'syncline_items_total{{{JOB},event="unwritable"}} 0x20 1x70',),
        (
            f'syncline_items_total{{{JOB},event="unwritable"}} 0x90',
            f'syncline_items_total{{{JOB},event="held"}} 0+1x90',
        ),
    ),
    "SynclineCredentialsRefused": Case(
        30,
        ('syncline_api_calls_total{connection="w",status="401"} 0+1x60',),
        ('syncline_api_calls_total{connection="w",status="4xx"} 0+9x60',),
    ),
    "SynclineVendorFailing": Case(
        60,
        (
            'syncline_api_calls_total{connection="w",status="2xx"} 0+10x90',
            'syncline_api_calls_total{connection="w",status="5xx"} 0+5x90',
        ),
        (
            'syncline_api_calls_total{connection="w",status="2xx"} 0+10x90',
            'syncline_api_calls_total{connection="w",status="none"} 0+1x90',
        ),
    ),
    "SynclineThrottled": Case(
        90,
        ('syncline_api_wait_seconds_total{connection="w",reason="pause"} 0+30x120',),
        ('syncline_api_wait_seconds_total{connection="w",reason="line"} 0+300x120',),
    ),
    "SynclineWebhooksRefused": Case(
        30,
        ('syncline_webhooks_total{connection="w",result="refused"} 0+5x60',),
        ('syncline_webhooks_total{connection="w",result="refused"} 0+1x60',),
    ),
    "SynclineWebhooksNotStored": Case(
        12,
        ('syncline_webhooks_total{connection="w",result="unavailable"} 0x5 1x60',),
        ('syncline_webhooks_total{connection="w",result="unavailable"} 3x60',),
    ),
    "SynclineWebhooksSilent": Case(
        4 * 1440,
        ('syncline_webhooks_total{connection="w",result="accepted"} 0+1x288 288x300',),
        ('syncline_webhooks_total{connection="w",result="accepted"} 0+1x600',),
        every=10,
    ),
    "SynclineEventLoopLate": Case(
        40,
        (
            'syncline_event_loop_lag_seconds_bucket{instance="a",le="0.5"} 0x60',
            'syncline_event_loop_lag_seconds_bucket{instance="a",le="1"} 0+60x60',
            'syncline_event_loop_lag_seconds_bucket{instance="a",le="+Inf"} 0+60x60',
        ),
        (
            'syncline_event_loop_lag_seconds_bucket{instance="a",le="0.5"} 0+59x60',
            'syncline_event_loop_lag_seconds_bucket{instance="a",le="1"} 0+60x60',
            'syncline_event_loop_lag_seconds_bucket{instance="a",le="+Inf"} 0+60x60',
        ),
    ),
    "SynclineMirrorNotWorked": Case(
        5,
        (f'syncline_stream_active{{{JOB},listener="a"}} 0x60',),
        (
            f'syncline_stream_active{{{JOB},listener="a"}} 0x60',
            f'syncline_stream_active{{{JOB},listener="b"}} 1x60',
        ),
    ),
    "SynclineMirrorFailing": Case(
        10,
        (
            f'syncline_stream_failing{{{JOB},listener="a"}} 0x60',
            f'syncline_stream_unfit{{{JOB},listener="a"}} 1x60',
        ),
        (f'syncline_stream_failing{{{JOB},listener="a"}} 1x3 0x57',),
    ),
    "SynclineSpoolFilling": Case(
        10,
        (
            f'syncline_spool_bytes{{{JOB},listener="a"}} 60x60',
            f'syncline_spool_size_bytes{{{JOB},listener="a"}} 100x60',
        ),
        (
            f'syncline_spool_bytes{{{JOB},listener="a"}} 40x60',
            f'syncline_spool_size_bytes{{{JOB},listener="a"}} 100x60',
            f'syncline_spool_bytes{{{JOB},listener="merging"}} 0x60',
            f'syncline_spool_size_bytes{{{JOB},listener="merging"}} 0x60',
        ),
    ),
    "SynclineDeadLetters": Case(
        30,
        (f'syncline_dead_letters_total{{{JOB},listener="a"}} 0x20 1x40',),
        (f'syncline_dead_letters_total{{{JOB},listener="a"}} 3x60',),
    ),
    "SynclineGapNotRepaired": Case(
        30,
        (f'syncline_listener_unrepaired_total{{{JOB},listener="a"}} 0x20 4x40',),
        (
            f'syncline_listener_unrepaired_total{{{JOB},listener="a"}} 4x60',
            f'syncline_listener_gaps_total{{{JOB},listener="a"}} 0+1x60',
        ),
    ),
}


def test_every_alert_has_a_case(rules: list[dict[str, Any]]) -> None:
    assert CASES.keys() == {rule["alert"] for rule in rules}


def test_alerts_fire_when_they_should_and_only_then(
    promtool: str, deploy: Path, tmp_path: Path
) -> None:
    for every in sorted({case.every for case in CASES.values()}):
        tests = [
            _trial(f"{alert}: {kind}", case, series, expected)
            for alert, case in CASES.items()
            for kind, series, expected in (("bad", case.bad, [alert]), ("well", case.well, []))
            if case.every == every
        ]
        file = {
            "rule_files": [str(deploy / "alerts.yml")],
            "evaluation_interval": f"{every}m",
            "tests": tests,
        }
        cases = tmp_path / f"every-{every}.yml"
        cases.write_text(yaml.safe_dump(file), encoding="utf-8")
        ended = subprocess.run(
            [promtool, "test", "rules", str(cases)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def _trial(name: str, case: Case, series: tuple[str, ...], expected: list[str]) -> dict[str, Any]:
    split = [one.rpartition("} ") for one in series]
    return {
        "name": name,
        "interval": f"{case.every}m",
        "input_series": [{"series": left + "}", "values": values} for left, _, values in split],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{case.minutes}m",
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in expected
                ],
            }
        ],
    }


def test_prometheus_accepts_its_configuration(promtool: str, deploy: Path, tmp_path: Path) -> None:
    for name in ("prometheus.yml", "alerts.yml"):
        text = (deploy / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            text.replace("/run/secrets/", f"{tmp_path}/"), encoding="utf-8"
        )
    (tmp_path / "metrics_token").write_text("x", encoding="utf-8")
    subprocess.run([promtool, "check", "config", str(tmp_path / "prometheus.yml")], check=True)
