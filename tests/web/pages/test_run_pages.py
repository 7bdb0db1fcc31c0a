"""Pages of runs, and of what failed."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.errors import Rejected, Unavailable

Site = Any


async def test_what_failed_can_be_tried_again_or_skipped(site: Site) -> None:
    ref = site.left.write("Broken", "<p>x</p>")
    site.right.fail("create", Rejected("kb refused the body (422)"))
    await site.sync()
    page = await site.get("/jobs/job/quarantine", "viewer")
    assert "kb refused the body (422)" in page.text
    assert "<button" not in page.main
    assert (await site.post("/jobs/job/quarantine", "viewer", ref=str(ref))).status == 403
    page = await site.post("/jobs/job/quarantine", ref=str(ref), do="skip")
    assert "left alone until it changes" in page.text
    page = await site.post("/jobs/job/quarantine", ref=str(ref), do="retry")
    assert "is tried again in the next pass" in page.text
    await site.sync()  # looks whether the first try left anything behind
    await site.sync()
    assert [v.title for v in site.right.live().values()] == ["Broken"]
    page = await site.post("/jobs/job/quarantine", ref=str(ref), do="retry")
    assert page.status == 409
    assert "is not in quarantine" in page.text


async def test_a_run_shows_what_it_did_and_what_was_there_before(site: Site) -> None:
    ref = site.left.write("A", "<p>before this</p>")
    await site.sync()
    site.left.edit(ref, body="<p>after this</p>")
    report = await site.sync()
    page = await site.get("/jobs/job/runs")
    page = await site.get(page.link(report.run))
    assert "updated on the right" in page.text
    entry = await site.get(page.link("Before and after"))
    assert "<del>before</del><ins>after</ins> this" in entry.html
    frames = entry.links('[^"]*/history/\\d+/(?:before|after)')
    assert "before this" in (await site.get(frames[0])).text


async def test_a_run_is_undone_after_a_question(site: Site) -> None:
    ref = site.left.write("A", "<p>one</p>")
    await site.sync()
    site.left.edit(ref, body="<p>two</p>")
    report = await site.sync()
    path = f"/jobs/job/runs/{report.run}"
    assert "Undo this run" not in (await site.get(path, "editor")).text
    assert (await site.get(path + "/undo", "editor")).status == 403
    assert (await site.post(path + "/undo", "editor")).status == 403
    page = await site.get((await site.get(path, "operator")).link("Undo this run"), "operator")
    assert "1 updated" in page.text
    assert site.right.value(site.twin(ref)).body == "<p>two</p>"
    page = await site.post(path + "/undo", "operator")
    assert "The run was undone." in page.text
    assert site.right.value(site.twin(ref)).body == "<p>one</p>"


async def test_what_an_undo_leaves_is_listed_with_the_reason(site: Site) -> None:
    ref = site.left.write("A", "<p>one</p>")
    await site.sync()
    site.left.edit(ref, body="<p>two</p>")
    report = await site.sync()
    site.right.edit(site.twin(ref), body="<p>mine</p>")
    page = await site.post(f"/jobs/job/runs/{report.run}/undo", "operator")
    assert "Left as it is: wiki:1 A: somebody has edited it since" in page.text


async def test_runs_and_long_runs_are_read_page_by_page(site: Site) -> None:
    for n in range(60):
        site.left.write(f"A{n}", "<p>x</p>")
    report = await site.sync()
    page = await site.get(f"/jobs/job/runs/{report.run}")
    first = page.links('[^"]*/history/\\d+')
    page = await site.get(page.link("Earlier in this run"))
    second = page.links('[^"]*/history/\\d+')
    assert (len(first), len(second)) == (50, 10)
    assert not set(first) & set(second)
    for _ in range(55):
        site.clock.advance(1)
        await site.sync()
    page = await site.get("/jobs/job/runs")
    page = await site.get(page.link("Earlier runs"))
    assert len(page.links('[^"]*/runs/2026[^"]*')) == 6


async def test_a_pass_that_could_not_list_a_side_is_told_as_an_error(site: Site) -> None:
    site.left.write("A", "<p>a</p>")
    site.left.fail("heads", Unavailable("half a listing"))
    report = await site.sync()
    page = await site.get("/jobs/job/runs")
    assert "1 listing cut short" in page.text
    page = await site.get(page.link(report.run))
    assert "1 listing cut short" in page.text
    assert "1 error" in (await site.get("/")).text


async def test_a_pass_that_broke_off_is_told_as_an_error(site: Site) -> None:
    with pytest.raises(RuntimeError):
        async with site.session._run("full"):
            raise RuntimeError("a defect")
    assert "broke off" in (await site.get("/jobs/job/runs")).text
    assert "1 error" in (await site.get("/")).text
