"""The pages of a configuration job: fields, their conflicts, plans and history."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.config_items import FieldType, item_ref
from syncline.engine import ConfigSession
from syncline.engine.configuration import Rulebook
from syncline.rules import Drift, Input, Rule, Target
from syncline.testing.config_memory import MemoryConfigStore

JOB = "job"
TEAM, GROUP = item_ref("cx", "limits", "ivr"), item_ref("cloud", "group", "ivr")
FIELD = "cx:limits/ivr#call.maximum"


@pytest.fixture
async def fields(site: Any) -> Any:
    """Let the job of the pages be one of configuration, whose only field has drifted."""
    cx, cloud = (MemoryConfigStore(name, site.clock) for name in ("cx", "cloud"))
    cx.put("limits", "ivr", {"call.maximum": 5})
    cloud.put("group", "ivr", {"in_service": 1})
    rule = Rule(
        name="machines",
        inputs=(Input(name="asg", ref=GROUP, fields={"in_service": FieldType.INT}),),
        target=Target(ref=TEAM, path="call.maximum", type=FieldType.INT),
        expression="asg.in_service * 10",
        drift=Drift.REPORT,
    )
    session = ConfigSession(
        job=JOB,
        stores={"cx": cx, "cloud": cloud},
        book=Rulebook.of(JOB, [rule]),
        state=site.state,
        clock=site.clock,
    )
    await session.sync()
    site.runner.working.session = session
    return cx


@pytest.mark.parametrize(
    "page", ["", "fields", "articles", "conflicts", "plans", "restrictions", "quarantine", "runs"]
)
async def test_pages_that_make_sense_are_shown(site: Any, fields: Any, page: str) -> None:
    shown = await site.get(f"/jobs/{JOB}/{page}" if page else "/")
    assert shown.status == 200


@pytest.mark.parametrize("page", ["losses", "pairs", f"file?ref={FIELD}&sha256=0"])
async def test_pages_of_texts_say_whose_they_are(site: Any, fields: Any, page: str) -> None:
    shown = await site.get(f"/jobs/{JOB}/{page}")
    assert (shown.status, "configuration job" in shown.text) == (404, True)


async def test_a_field_is_shown_with_its_reasons(site: Any, fields: Any) -> None:
    page = await site.get(f"/jobs/{JOB}/field", ref=FIELD)
    assert page.status == 200
    assert "holds 5" in page.text
    assert "asg.in_service = 1" in page.text
    assert (await site.get(f"/jobs/{JOB}/field", ref="cx:limits/none")).status == 404


async def test_a_conflict_about_a_field_is_settled_on_its_page(site: Any, fields: Any) -> None:
    address = f"/jobs/{JOB}/conflicts/{site.conflict()}"
    page = await site.get(address, "editor")
    assert "Take the rule's value" in page.text.replace("&#39;", "'")
    seen = page.hidden("seen")
    done = await site.post(address, take="from", seen=seen)
    assert done.status == 200
    assert fields.value(TEAM, "call.maximum") == 10
    assert not site.state.conflicts(JOB)


async def test_another_value_can_be_typed(site: Any, fields: Any) -> None:
    address = f"/jobs/{JOB}/conflicts/{site.conflict()}"
    seen = (await site.get(address, "editor")).hidden("seen")
    await site.post(address, take="edit", value="42", seen=seen)
    assert fields.value(TEAM, "call.maximum") == 42


async def test_a_line_of_the_history_shows_both_values(site: Any, fields: Any) -> None:
    address = f"/jobs/{JOB}/conflicts/{site.conflict()}"
    seen = (await site.get(address, "editor")).hidden("seen")
    await site.post(address, take="from", seen=seen)
    line = next(e for e in site.state.history(JOB) if e.event == "updated")
    page = await site.get(f"/jobs/{JOB}/history/{line.id}")
    assert page.status == 200
    assert "Before call.maximum 5 After call.maximum 10" in page.text


async def test_a_plan_is_read_and_applied(site: Any, fields: Any) -> None:
    address = f"/jobs/{JOB}/conflicts/{site.conflict()}"
    seen = (await site.get(address, "editor")).hidden("seen")
    await site.post(address, take="to", seen=seen)
    site.runner.session(JOB).stores["cloud"].edit(GROUP, "in_service", 3)
    page = await site.post(f"/jobs/{JOB}/plans", "operator")
    assert "limits ivr: call.maximum 5 -> 30 (rule machines" in page.text
    kept = page.path.rpartition("/")[2].partition("?")[0]
    await site.post(f"/jobs/{JOB}/plans/{kept}", "operator")
    assert fields.value(TEAM, "call.maximum") == 30


async def test_nothing_can_be_approved(site: Any, fields: Any) -> None:
    page = await site.post(f"/jobs/{JOB}/approve", "operator", token="x")
    assert (page.status, "nothing to approve" in page.text) == (409, True)


async def test_no_page_of_a_configuration_job_speaks_of_articles(site: Any, fields: Any) -> None:
    address = f"/jobs/{JOB}/conflicts/{site.conflict()}"
    pages = [await site.get(address, "operator")]
    pages += [await site.post(address, "editor", take="from", seen=pages[0].hidden("seen"))]
    pages += [await site.post(f"/jobs/{JOB}/sync", "operator")]
    fields.remove(TEAM)
    pages += [await site.post(f"/jobs/{JOB}/sync", "operator")]
    pages += [await site.post(f"/jobs/{JOB}/plans", "operator")]
    line = next(e for e in site.state.history(JOB) if e.event == "updated")
    for part in (
        *("fields", "conflicts?which=settled", "conflicts?which=review", "plans", "quarantine"),
        *("runs", f"runs/{line.run}", f"runs/{line.run}/undo", f"history/{line.id}"),
        *(f"field?ref={TEAM}", f"field?ref={FIELD.replace('#', '%23')}", "fields?q=none"),
    ):
        pages.append(await site.get(f"/jobs/{JOB}/{part}", "operator"))
    pages.append(await site.get("/", "operator"))
    told = {page.path: page for page in pages}
    assert {page.status for page in pages} == {200}
    assert [path for path, page in told.items() if "article" in page.html.lower()] == []
    assert "limits ivr: call.maximum" in told[f"/jobs/{JOB}/quarantine"].text


async def test_fields_are_listed_and_lead_to_their_pages(site: Any, fields: Any) -> None:
    page = await site.get(f"/jobs/{JOB}/fields")
    assert "1 field " in (await site.get("/")).text
    assert "limits ivr: call.maximum" in page.text
    field = await site.get(page.link("limits ivr: call.maximum"))
    assert "What it holds, and why" in field.text
    assert f"<code>{FIELD}</code>" in field.html


@pytest.mark.parametrize("found", ["machines", "IVR", "call.max"])
async def test_fields_are_found_by_their_rules_and_names(
    site: Any, fields: Any, found: str
) -> None:
    page = await site.get(f"/jobs/{JOB}/fields", q=found)
    assert "limits ivr: call.maximum" in page.text


async def test_an_object_is_shown_by_its_own_name(site: Any, fields: Any) -> None:
    page = await site.get(f"/jobs/{JOB}/field", ref=str(GROUP))
    assert "group ivr" in page.html.partition("<h1>")[2].partition("</h1>")[0]
    assert "What its fields hold, and why" in page.text


async def test_what_an_undo_holds_is_in_the_list_of_fields(site: Any, fields: Any) -> None:
    address = f"/jobs/{JOB}/conflicts/{site.conflict()}"
    seen = (await site.get(address, "editor")).hidden("seen")
    await site.post(address, take="from", seen=seen)
    run = next(e.run for e in site.state.history(JOB) if e.event == "updated")
    await site.post(f"/jobs/{JOB}/runs/{run}/undo", "operator")
    page = await site.get(f"/jobs/{JOB}/restrictions")
    assert page.path.startswith(f"/jobs/{JOB}/fields?state=held")
    assert "limits ivr: call.maximum" in page.main
    await site.post(f"/jobs/{JOB}/field/release", "operator", ref=FIELD)
    assert "limits ivr" not in (await site.get(f"/jobs/{JOB}/fields", state="held")).main
