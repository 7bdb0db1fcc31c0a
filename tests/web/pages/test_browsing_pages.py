"""People look through articles and restrictions, and see how each job stands."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from syncline.errors import Rejected, Unavailable
from syncline.model import Change, Ref, Side
from syncline.state.records import Half, Link, LinkState, SaveLink, SaveSkip, Skipped

Site = Any
ARTICLES = "/jobs/job/articles"


def fill(site: Site, count: int) -> None:
    """Put pairs into the state, as ten thousand passes would leave them."""
    at = site.clock.now()
    links = (
        Link(
            pair=f"{n * 7919 % count:05d}",
            job="job",
            left=Half(ref=Ref("wiki", str(n))),
            right=Half(ref=Ref("kb", f"k{n}")),
            title=f"Article {n:05d}",
            state=LinkState.CONFLICT if n % 1000 == 0 else LinkState.SYNCED,
            synced_at=at,
        )
        for n in range(count)
    )
    site.state.commit([SaveLink(link) for link in links], None)


def steps(site: Site) -> list[int]:
    """Count what the database does from now on, in hundreds of its instructions."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    site.state._db.set_progress_handler(count, 100)
    return counted


async def test_articles_are_listed_by_title_page_by_page_each_once(site: Site) -> None:
    fill(site, 230)
    page = await site.get(ARTICLES)
    seen: list[str] = []
    while True:
        seen += page.links('[^"]*/article\\?[^"]*')
        following = page.links('[^"]*after=[^"]*')
        if not following:
            break
        page = await site.get(following[0])
    assert len(seen) == 230
    assert seen == [f"/jobs/job/article?ref=wiki%3A{n}" for n in range(230)]


async def test_a_page_of_ten_thousand_articles_costs_the_same_wherever_it_begins(
    site: Site,
) -> None:
    fill(site, 10_000)
    counted = steps(site)
    first = await site.get(ARTICLES)
    cost = counted[0]
    last = await site.get(ARTICLES, after='["Article 09949", "99999"]')
    assert "Article 00000" in first.text
    assert "Article 09999" in last.text
    assert counted[0] - cost <= cost * 1.5
    # Of 10,000 articles some 250 are read; what is counted is an index.
    assert cost < 3000, cost


async def test_a_search_looks_through_a_bounded_number_of_titles_and_goes_on(site: Site) -> None:
    fill(site, 21_000)
    page = await site.get(ARTICLES, q="article 19998")
    assert "article?ref=wiki%3A19998" in page.html, "so many are looked through in one go"
    page = await site.get(ARTICLES, q="article 20999")
    assert "Not all titles have been looked through yet" in page.text
    page = await site.get(page.link("Go on searching"))
    assert "article?ref=wiki%3A20999" in page.html


async def test_a_search_finds_titles_without_case_and_ids_of_either_side(site: Site) -> None:
    fill(site, 50)
    assert "Article 00042" in (await site.get(ARTICLES, q="aRTicle 00042")).text
    assert "Article 00042" in (await site.get(ARTICLES, q="kb:k42")).text
    assert "Article 00041" not in (await site.get(ARTICLES, q="kb:k42")).text
    nothing = await site.get(ARTICLES, q="100% _nothing_")
    assert "No article fits." in nothing.text


async def everything(site: Site) -> dict[str, Ref]:
    """Bring one article into each of the places where one can stand."""
    left, right = site.left, site.right
    names = ("in step", "conflict", "withdrawn", "held", "audience unknown")
    refs = {name: left.write(f"The {name} one", f"<p>text of {name}</p>") for name in names}
    await site.sync()
    left.edit(refs["conflict"], body="<p>a</p>")
    right.edit(site.twin(refs["conflict"]), body="<p>b</p>")
    left.restrict(refs["withdrawn"])
    left.obscure(refs["audience unknown"])
    await site.sync()
    left.edit(refs["held"], body="<p>changed</p>")
    report = await site.sync()
    await site.session.undo(report.run)
    refs["quarantined"] = left.write("The quarantined one", "<p>q</p>")
    right.fail("create", Unavailable("kb answered 503"), times=1)
    await site.sync()
    refs["pending"] = left.write("The pending one", "<p>p</p>")
    site.session.hint([Change(ref=refs["pending"])], side=Side.LEFT)
    refs["not synced"] = Ref("wiki", "900")
    skipped = Skipped(
        job="job",
        side=Side.LEFT,
        ref=refs["not synced"],
        title="The not synced one",
        stamp="",
        epoch="",
        reason="it is excluded by a filter",
    )
    site.state.commit([SaveSkip(skipped)], None)
    return refs


WORDS = {
    "synced": "in step",
    "conflict": "conflict",
    "withdrawn": "withdrawn",
    "held": "held",
    "unknown": "audience unknown",
    "failed": "quarantined",
    "skipped": "not synced",
    "pending": "pending",
}


async def test_every_state_has_its_list_and_the_list_of_all_has_every_state(site: Site) -> None:
    refs = await everything(site)
    whole = await site.get(ARTICLES)
    for state, word in WORDS.items():
        listed = await site.get(ARTICLES, state=state)
        address = f"article?ref={str(refs[word]).replace(':', '%3A')}"
        assert address in listed.html, state
        assert address in whole.html, state
        article = await site.get(f"/jobs/job/article?ref={refs[word]}")
        if state != "pending":
            assert word in article.text, state
    found = whole.links('[^"]*/article\\?[^"]*')
    assert len(found) == len(set(found))


async def test_an_article_says_why_it_is_where_it_is(site: Site) -> None:
    refs = await everything(site)
    page = await site.get(f"/jobs/job/article?ref={refs['not synced']}")
    assert "it is excluded by a filter" in page.text
    page = await site.get(page.link("Explain"))
    assert "It is not synced: it is excluded by a filter." in page.text


async def test_nothing_is_read_from_a_store_to_show_an_article(site: Site) -> None:
    refs = await everything(site)
    before = dict(site.left.calls), dict(site.right.calls)
    for ref in refs.values():
        await site.get(f"/jobs/job/article?ref={ref}")
    assert (dict(site.left.calls), dict(site.right.calls)) == before


async def test_an_article_nobody_knows_is_not_found(site: Site) -> None:
    assert (await site.get("/jobs/job/article?ref=wiki:404")).status == 404
    assert (await site.get("/jobs/job/article?ref=elsewhere:1")).status == 404
    assert (await site.get("/jobs/job/article?ref=nonsense")).status == 404


# --- restrictions ------------------------------------------------------------------------------


async def test_a_withdrawn_article_is_listed_with_since_when_why_and_the_proof(site: Site) -> None:
    ref = site.left.write("Salaries", "<p>secret sums</p>")
    await site.sync()
    twin = site.twin(ref)
    site.left.restrict(ref)
    site.clock.advance(60)
    await site.sync()
    page = await site.get("/jobs/job/restrictions")
    assert "Salaries" in page.text
    assert '<time datetime="2026-01-05T09:01:00+00:00">2026-01-05 09:01:00 UTC</time>' in page.html
    assert "the original is restricted" in page.text
    assert str(twin) in page.text
    assert "Removal confirmed" in page.text
    (entry,) = (e for e in site.session.history() if e.event == "withdrawn")
    assert f"line {entry.id}" in page.text
    assert entry.run in page.text


async def test_check_now_reads_both_sides_again(site: Site) -> None:
    ref = site.left.write("Salaries", "<p>secret sums</p>")
    await site.sync()
    twin = site.twin(ref)
    site.left.restrict(ref)
    await site.sync()
    page = await site.get("/jobs/job/restrictions")
    checked = await site.post("/jobs/job/restrictions", "viewer", pair=page.hidden("pair"))
    assert f"The copy {twin} : it is gone: trashed" in checked.text
    assert f"The original {ref} : it is there: restricted" in checked.text
    site.right.restore(twin)
    checked = await site.post("/jobs/job/restrictions", "viewer", pair=page.hidden("pair"))
    assert "A copy that should be gone is there." in checked.text
    site.right.fail("fetch", Unavailable("no answer"))
    checked = await site.post("/jobs/job/restrictions", "viewer", pair=page.hidden("pair"))
    assert "it cannot be told: no answer" in checked.text
    assert "That proves nothing" in checked.text


async def test_a_held_article_is_listed_and_an_operator_may_release_it(site: Site) -> None:
    refs = await everything(site)
    page = await site.get("/jobs/job/restrictions", state="held")
    assert "The held one" in page.text
    path = "/jobs/job/article/release"
    assert (await site.post(path, "editor", ref=str(refs["held"]))).status == 403
    page = await site.post(path, "operator", ref=str(refs["held"]))
    assert "Released" in page.text
    assert site.state.count_links("job").get("held", 0) == 0


async def texts_of(site: Site, ref: Ref, role: str) -> str:
    """Return everything that the pages show of one article."""
    found = ""
    addresses = [f"/jobs/job/article?ref={ref}&why=1"]
    addresses += [f"/jobs/job/article/body?ref={ref}&side={s}" for s in ("left", "right")]
    for entry in site.session.history(ref=ref):
        addresses.append(f"/jobs/job/history/{entry.id}")
        addresses += [f"/jobs/job/history/{entry.id}/{w}" for w in ("before", "after")]
        addresses.append(f"/jobs/job/runs/{entry.run}")
    for record in site.state.conflicts("job", open_only=False):
        path = f"/jobs/job/conflicts/{record.id}"
        addresses += [path, path + "/edit"]
        addresses += [f"{path}/text/{w}" for w in ("base", "left", "right", "proposed")]
    addresses.append("/jobs/job/losses")
    for address in addresses:
        found += (await site.get(address, role)).text
    return found


@pytest.mark.parametrize("how", ["restrict", "obscure"])
async def test_a_text_that_is_restricted_is_for_operators_only_and_a_look_is_logged(
    site: Site, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    ref = await site.clash("<p>secret base</p>", "<p>secret left</p>", "<p>secret right</p>")
    getattr(site.left, how)(ref)
    await site.sync()
    for role in ("viewer", "editor"):
        assert "secret" not in await texts_of(site, ref, role)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert "secret" in await texts_of(site, ref, "operator")
    looks = [r for r in caplog.records if "withdrawn or restricted" in r.message]
    assert {getattr(r, "person", None) for r in looks} == {"operator"}
    assert "secret" not in caplog.text


async def test_the_reason_of_a_failure_may_quote_a_text_and_is_veiled_with_it(site: Site) -> None:
    ref = site.left.write("Salaries", "<p>sums</p>")
    await site.sync()
    site.left.edit(ref, body="<p>more</p>")
    site.right.fail("update", Rejected("not in normal form: 'secret sums'"))
    await site.sync()
    assert "secret sums" in (await site.get("/jobs/job/quarantine")).text
    link = site.state.link("job", ref)
    site.state.commit([SaveLink(evolve(link, unknown_since=site.clock.now()))], None)
    for address in (
        "/jobs/job/quarantine",
        f"{ARTICLES}?state=failed",
        f"/jobs/job/article?ref={ref}",
    ):
        page = await site.get(address, "editor")
        assert "Salaries" in page.text
        assert "secret" not in page.text
        assert "secret sums" in (await site.get(address, "operator")).text


async def test_a_withdrawn_text_stays_veiled_when_its_pair_is_gone(site: Site) -> None:
    ref = site.left.write("Salaries", "<p>secret sums</p>")
    await site.sync()
    site.left.restrict(ref)
    await site.sync()
    site.left.trash(ref)
    await site.sync()
    assert site.state.link("job", ref) is None
    assert "secret" not in await texts_of(site, ref, "editor")


async def test_a_text_that_is_open_again_is_shown_to_everybody(site: Site) -> None:
    ref = site.left.write("Salaries", "<p>sums</p>")
    await site.sync()
    site.left.restrict(ref)
    await site.sync()
    site.left.open_(ref)
    await site.sync()
    assert "sums" in await texts_of(site, ref, "viewer")


# --- overview ----------------------------------------------------------------------------------


async def test_the_overview_shows_how_each_job_stands(site: Site) -> None:
    await everything(site)
    working = site.runner.working
    working.doing, working.role = "full", "standby"
    working.lag, working.waiting = timedelta(seconds=90), 12
    working.next_full = site.clock.now() + timedelta(hours=5)
    working.last_error = "wiki did not answer <b>"
    page = await site.get("/")
    for text in (
        *("standing by", "doing: full pass", "1.5 min", "12 waiting"),
        *("2026-01-05 14:00:00 UTC", "1 conflict", "1 withdrawn", "1 held", "1 quarantined"),
        *("not synced", "wiki did not answer <b>", "The last 5 passes:"),
    ):
        assert text in page.text, text
    assert '<svg class="spark"' in page.html
    assert 'role="img" aria-label="The last 5 passes' in page.html


async def test_the_overview_shows_how_much_of_each_api_budget_is_used(site: Site) -> None:
    (listener,) = site.runner.listeners
    for _ in range(7):
        listener("http.call", {"connection": "wiki", "status": 200})
    listener("http.pause", {"connection": "kb", "seconds": 30})
    page = await site.get("/")
    assert "API calls, wiki 7 in the last minute" in page.text
    assert "paused by the vendor for 30 s" in page.text
    site.clock.advance(120)
    page = await site.get("/")
    assert "API calls, wiki 0 in the last minute" in page.text
    assert "paused" not in page.text


async def test_only_an_operator_starts_a_pass(site: Site) -> None:
    site.left.write("A", "<p>a</p>")
    assert (await site.post("/jobs/job/sync", "editor")).status == 403
    page = await site.post("/jobs/job/sync", "operator")
    assert "created on the right: A" in page.text
    assert len(site.right.live()) == 1
