"""Plans are read and applied exactly; what takes long runs on while the page says so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from syncline.decision import Limits
from syncline.errors import Unavailable
from syncline.model import Costs

Site = Any
Make = Any
PLANS = "/jobs/job/plans"


async def test_a_plan_shows_each_difference_and_the_cost_and_writes_nothing(
    make_site: Make,
) -> None:
    site = await make_site(right={"costs": Costs(update=3, create=2, calls_per_minute=10)})
    ref = site.left.write("Hours", "<p>open at nine</p>")
    await site.sync()
    site.left.edit(ref, body="<p>open at eight</p>")
    site.left.write("New one", "<p>x</p>")
    before = len(site.right.mutations)
    page = await site.post(PLANS, "operator")
    assert "The plan is made. Nothing was changed." in page.text
    assert "about 5 API calls, 30 s at the limits" in page.text
    assert "open at [-nine-]{+eight+}" in page.text
    assert "write on the right (kb): new" in page.text
    assert f"edited <code>{ref}</code>" in page.html
    assert len(site.right.mutations) == before
    assert "New one" in page.text


async def test_approving_a_plan_applies_exactly_it(site: Site) -> None:
    ref = site.left.write("Hours", "<p>one</p>")
    await site.sync()
    site.left.edit(ref, body="<p>two</p>")
    plan = await site.post(PLANS, "operator")
    site.left.write("Later", "<p>not in the plan</p>")
    page = await site.post(plan.path, "operator")
    assert "The plan was applied." in page.text
    assert "updated on the right: Hours" in page.text
    assert {v.title: v.body for v in site.right.live().values()} == {"Hours": "<p>two</p>"}


async def test_what_moved_since_the_plan_is_left_and_told(site: Site) -> None:
    ref = site.left.write("Hours", "<p>one</p>")
    await site.sync()
    site.left.edit(ref, body="<p>two</p>")
    plan = await site.post(PLANS, "operator")
    site.left.edit(ref, body="<p>three</p>")
    page = await site.post(plan.path, "operator")
    assert "stale : Hours – wiki:1: left version was" in page.text
    assert "plan again" in page.text
    assert site.right.value(site.twin(ref)).body == "<p>one</p>"


async def gone(site: Site, count: int = 6) -> list[Any]:
    refs = [site.left.write(f"A{n}", f"<p>{n}</p>") for n in range(count)]
    await site.sync()
    for ref in refs[: count - 1]:
        site.left.trash(ref)
    return refs


async def test_removals_that_a_plan_refuses_are_no_part_of_it_until_exactly_they_are_approved(
    make_site: Make,
) -> None:
    site = await make_site(limits=Limits(delete_count=1, delete_share=0.0))
    await gone(site)
    plan = await site.post(PLANS, "operator")
    assert "5 of 6 pairs would lose an item" in plan.text
    assert "They are not part of this plan." in plan.text
    await site.post(plan.path, "operator")
    assert len(site.right.live()) == 6
    await site.post("/jobs/job/approve", "operator", token=plan.hidden("token"))
    await site.post("/jobs/job/sync", "operator")
    assert len(site.right.live()) == 1


async def test_a_pass_that_refused_removals_offers_to_approve_them(make_site: Make) -> None:
    site = await make_site(limits=Limits(delete_count=1, delete_share=0.0))
    await gone(site)
    page = await site.post("/jobs/job/sync", "operator")
    assert "Removals were refused" in page.text
    token = page.hidden("token")
    assert (await site.post("/jobs/job/approve", "editor", token=token)).status == 403
    page = await site.post("/jobs/job/approve", "operator", token=token)
    assert f"An approval of removals waits for the next full pass: {token}" in page.text
    await site.sync()
    assert len(site.right.live()) == 1


async def test_only_operators_make_read_and_apply_plans(site: Site) -> None:
    site.left.write("A", "<p>a</p>")
    plan = await site.post(PLANS, "operator")
    for role in ("viewer", "editor"):
        assert (await site.get(PLANS, role)).status == 200
        assert (await site.post(PLANS, role)).status == 403
        assert (await site.get(plan.path, role)).status == 403
        assert (await site.post(plan.path, role)).status == 403
    assert site.right.live() == {}


async def test_a_plan_that_cannot_be_made_says_why(site: Site) -> None:
    site.left.write("A", "<p>a</p>")
    site.left.fail("heads", Unavailable("wiki answered 503"))
    page = await site.post(PLANS, "operator")
    assert "Not listed to its end: wiki: wiki: wiki answered 503" in page.text


async def test_a_long_plan_is_shown_page_by_page_and_by_decision(site: Site) -> None:
    ref = site.left.write("Changed", "<p>one</p>")
    await site.sync()
    site.left.edit(ref, body="<p>two</p>")
    site.right.edit(site.twin(ref), body="<p>three</p>")
    for n in range(120):
        site.left.write(f"A{n:03d}", "<p>a</p>")
    plan = await site.post(PLANS, "operator")
    shown, page = 0, plan
    while True:
        shown += page.html.count('class="card item"')
        following = page.links('[^"]*from=[^"]*')
        if not following:
            break
        page = await site.get(following[0], "operator")
    assert shown == 121
    page = await site.get(plan.path.partition("?")[0], "operator", decision="conflict")
    assert page.html.count('class="card item"') == 1
    assert "a person chooses" in page.text


async def test_a_plan_that_was_saved_as_a_file_is_read_and_applied(site: Site) -> None:
    site.left.write("Hours", "<p>one</p>")
    saved = (await site.session.plan()).to_json()
    page = await site.post(PLANS, "operator", do="read", plan=saved)
    assert "Read it, then apply it." in page.text
    assert "Hours" in page.text
    page = await site.post(page.path.partition("?")[0], "operator")
    assert "The plan was applied." in page.text
    assert [v.title for v in site.right.live().values()] == ["Hours"]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace('"title": "Hours"', '"title": 5'),
        lambda raw: raw.replace('"job": "job"', '"job": "another"'),
        lambda raw: raw.replace('"side": "right"', '"side": "both"'),
        lambda raw: raw.replace('"made_at": "2026', '"made_at": "yesterday'),
        lambda raw: raw.replace('"left": "wiki:1"', '"left": 1'),
        lambda raw: raw[:50],
        lambda raw: "",
    ],
)
async def test_what_is_no_plan_of_this_job_is_refused(site: Site, change: Any) -> None:
    site.left.write("Hours", "<p>one</p>")
    saved = (await site.session.plan()).to_json()
    assert change(saved) != saved
    page = await site.post(PLANS, "operator", do="read", plan=change(saved))
    assert page.status in (409, 422), page.text
    assert "Nothing was done" in page.text
    assert site.pages.plans.of("job") == []


async def slow(site: Site) -> asyncio.Event:
    """Let the right answer no listing until the event is set."""
    goes_on = asyncio.Event()

    async def wait(op: str, ref: Any) -> None:
        if op == "heads":
            await goes_on.wait()

    site.right.meanwhile = wait
    return goes_on


async def test_what_takes_long_holds_no_request_and_the_page_says_that_it_runs(
    site: Site,
) -> None:
    site.left.write("A", "<p>a</p>")
    goes_on = await slow(site)
    headers = {"x-role": "operator", "x-name": "operator"}
    answer = await asyncio.wait_for(site.client.post(PLANS, headers=headers), 60)
    assert "It runs." in answer.text
    assert 'data-reload="2"' in answer.text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in answer.text
    work = str(answer.url)
    assert (await site.client.get("/jobs/job/articles", headers=headers)).status_code == 200
    assert "It runs." in (await site.client.get(work, headers=headers)).text
    goes_on.set()
    for _ in range(6000):
        answer = await site.client.get(work, headers=headers)
        if "It runs." not in answer.text:
            break
        await asyncio.sleep(0.01)
    assert "The plan is made." in answer.text


async def test_only_so_much_runs_at_once(site: Site) -> None:
    goes_on = await slow(site)
    headers = {"x-role": "operator", "x-name": "operator"}
    site.pages.patience = 0.0
    for _ in range(20):
        assert "It runs." in (await site.client.post(PLANS, headers=headers)).text
    answer = await site.client.post(PLANS, headers=headers)
    assert answer.status_code == 409
    assert "20 things that people started run already" in answer.text
    goes_on.set()


async def test_what_one_person_started_is_not_another_viewers_business(site: Site) -> None:
    goes_on = await slow(site)
    headers = {"x-role": "operator", "x-name": "olga"}
    answer = await site.client.post(PLANS, headers=headers)
    path = answer.url.path
    assert (await site.get(path, "viewer")).status == 404
    assert (await site.get(path, "operator")).status == 200
    goes_on.set()


async def test_closing_the_pages_ends_what_runs_and_says_so(site: Site) -> None:
    await slow(site)
    headers = {"x-role": "operator", "x-name": "operator"}
    answer = await site.client.post(PLANS, headers=headers)
    await site.pages.aclose()
    page = await site.get(answer.url.path, "operator")
    assert "The service was stopped while this ran" in page.text


async def test_a_defect_is_logged_and_told_without_its_details(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inner details")

    site.right.watch = broken
    page = await site.post(PLANS, "operator")
    assert "the log of the service says more" in page.text
    assert "inner details" not in page.text
    assert "inner details" in caplog.text
