"""Everything that comes from a store is hostile: titles, labels, reasons, refs, bodies."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline import body as _body
from syncline.errors import Rejected, Unavailable
from syncline.model import Asset
from syncline.testing import bodies
from syncline_web.pages.frames import document

Site = Any
Make = Any

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}</title></textarea>"


class Markup(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def harmless(text: str) -> None:
    """Assert that a page runs nothing but its own script and carries no style of its own."""
    markup = Markup(text)
    scripts = [v for tag, name, v in markup.attributes if tag == "script" and name == "src"]
    assert markup.tags.count("script") == len(scripts)
    assert all(src.startswith("/static/pages.js") for src in scripts)
    assert "style" not in markup.tags
    assert "img" not in markup.tags
    assert not [a for a in markup.attributes if a[1].startswith("on") or a[1] == "style"]
    hrefs = [v for _, name, v in markup.attributes if name in ("href", "src", "action")]
    assert all(h.startswith(("/", "#")) for h in hrefs), hrefs
    assert "49" not in "".join(v for t, n, v in markup.attributes if n == "title")


PAGES = (
    "/",
    "/jobs/job/articles",
    "/jobs/job/articles?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/jobs/job/conflicts",
    "/jobs/job/restrictions",
    "/jobs/job/quarantine",
    "/jobs/job/runs",
    "/jobs/job/losses",
    "/jobs/job/pairs",
    "/jobs/job/plans",
    '/jobs/"><script>/articles',
    "/jobs/job/articles?after=%5B%22%3Cscript%3E",
    "/jobs/job/runs?after=%5B%5D",
    "/jobs/job/article?ref=%3Cscript%3E:1",
)


async def hostile(site: Site) -> Any:
    """Fill a job with hostile text at every place that a page shows."""
    fields = {"labels": frozenset({EVIL}), "alternatives": (EVIL,), "category": (EVIL,)}
    ref = site.left.write(EVIL, "<p>one</p>", **fields)
    failing = site.left.write(EVIL + " fails", "<p>b</p>")
    withdrawn = site.left.write(EVIL + " withdrawn", "<p>c</p>")
    await site.sync()
    site.right.fail("create", Unavailable(EVIL), times=1)
    site.left.write(EVIL + " never arrives", "<p>d</p>")
    site.left.fail("fetch", Rejected(EVIL), ref=failing, times=9)
    site.left.edit(failing, body="<p>x</p>")
    site.left.restrict(withdrawn)
    site.left.edit(ref, title=EVIL + " left", body=f"<p>{_body.from_html(EVIL)[3:-4]} two</p>")
    site.right.edit(site.twin(ref), title=EVIL + " right", body="<p>three</p>")
    await site.sync()
    return ref


async def test_no_page_runs_what_a_store_says(site: Site) -> None:
    ref = await hostile(site)
    conflict = site.conflict()
    extra = (
        f"/jobs/job/conflicts/{conflict}",
        f"/jobs/job/conflicts/{conflict}/edit",
        f"/jobs/job/article?ref={ref}&why=1",
        *(f"/jobs/job/history/{entry.id}" for entry in site.session.history()),
        *(f"/jobs/job/runs/{run.id}" for run in site.session.runs()),
    )
    for address in (*PAGES, *extra):
        page = await site.get(address, "operator")
        assert page.status in (200, 404), (address, page.text)
        harmless(page.html)
    listed = await site.get("/jobs/job/articles")
    assert "alert(1)" in listed.text


async def test_what_a_plan_shows_is_text(site: Site) -> None:
    site.left.write(EVIL, f"<p>{_body.from_html('<p>&lt;script&gt;alert(1)&lt;/script&gt;')}</p>")
    page = await site.post("/jobs/job/plans", "operator")
    assert "alert(1)" in page.text
    harmless(page.html)


async def test_a_body_is_served_alone_in_a_sandbox_with_a_policy_of_its_own(site: Site) -> None:
    ref = site.left.write("A", '<p>see <a href="https://evil.example/">this</a></p>')
    await site.sync()
    page = await site.get(f"/jobs/job/article?ref={ref}")
    assert "see this" not in page.text
    assert '<iframe sandbox src="' in page.html
    frame = await site.get(page.links('[^"]*/article/body[^"]*')[0])
    policy = frame.response.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'self'; img-src 'self' data:")
    assert "frame-ancestors 'self'" in policy
    assert frame.response.headers["x-content-type-options"] == "nosniff"
    assert frame.response.headers["cache-control"] == "no-store"
    markup = Markup(frame.html)
    assert "a" not in markup.tags
    assert ("span", "title", "https://evil.example/") in markup.attributes


PASSIVE = {
    *("html", "head", "meta", "title", "link", "body", "main", "img", "span", "div", "section"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "hr", "br", "figure", "figcaption"),
    *("details", "summary", "strong", "em", "u", "s", "sub", "sup"),
}
NAMES = {
    *("lang", "charset", "name", "content", "rel", "href", "class", "title", "open", "src", "alt"),
    *("colspan", "rowspan", "scope", "start"),
}


def passive(text: str) -> None:
    """Assert that a document for a frame holds nothing that acts or comes from elsewhere."""
    markup = Markup(text)
    assert set(markup.tags) <= PASSIVE
    assert {name for _, name, _ in markup.attributes} <= NAMES
    assert [v for tag, n, v in markup.attributes if n == "href"] == ["/static/body.css"]
    assert all(v.startswith("data:image/") for _, n, v in markup.attributes if n == "src")


@settings(max_examples=80)
@given(st.randoms(use_true_random=False))
def test_any_body_becomes_a_passive_document_with_all_its_words(rng: Random) -> None:
    body = bodies.body(rng)
    text = document("t", body, {}, stylesheet="/static/body.css")
    passive(text)
    words = "".join(_body.plain_text(body).split())
    shown = "".join(_Words(text).words.split())
    assert all(word in shown for word in words[:200])


class _Words(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words += data


def payloads(shared: Path) -> list[str]:
    found: list[str] = []
    for file in sorted((shared / "corpus" / "xss").glob("*.json")):
        found += _strings(json.loads(file.read_text("utf-8")))
    return found


def _strings(value: Any) -> list[str]:
    match value:
        case str():
            return [value] if "<" in value else []
        case list():
            return [text for part in value for text in _strings(part)]
        case dict():
            return [text for part in value.values() for text in _strings(part)]
        case _:
            return []


def test_public_attacks_become_passive_documents(shared: Path) -> None:
    attacks = payloads(shared)
    assert len(attacks) > 500
    for attack in attacks:
        # What a connector of somebody else hands over may not be in normal form at all.
        passive(document(attack, attack, {}, stylesheet="/static/body.css"))


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def pictured(site: Site, content: bytes) -> tuple[Any, str]:
    sha256 = site.left.upload(content, "plan.png", "image/png")
    asset = Asset(sha256=sha256, name="plan.png", media_type="image/png", size=len(content))
    body = f'<figure><img alt="A plan" src="syncline:asset/{sha256}"></figure>'
    ref = site.left.write("A", body, assets={sha256: asset})
    await site.sync()
    return ref, sha256


async def frame(site: Site, ref: Any) -> Any:
    page = await site.get(f"/jobs/job/article?ref={ref}")
    return await site.get(page.links('[^"]*/article/body[^"]*')[0])


async def test_a_picture_travels_inside_of_the_frame(site: Site) -> None:
    ref, _ = await pictured(site, PNG)
    shown = (await frame(site, ref)).html
    uri = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert f'<img src="{uri}" alt="A plan">' in shown


async def test_what_only_claims_to_be_a_picture_is_named_and_handed_out_as_a_download(
    site: Site,
) -> None:
    ref, sha256 = await pictured(site, SVG)
    assert "[image: A plan]" in (await frame(site, ref)).html
    file = await site.get("/jobs/job/file", ref=str(ref), sha256=sha256)
    assert file.response.content == SVG
    assert file.response.headers["content-type"] == "application/octet-stream"
    assert file.response.headers["content-disposition"] == "attachment"
    assert file.response.headers["x-content-type-options"] == "nosniff"
    assert file.response.headers["content-security-policy"].startswith("sandbox;")


async def test_a_picture_that_cannot_be_had_leaves_its_description(site: Site) -> None:
    ref, _ = await pictured(site, PNG)
    site.left.fail("asset", Unavailable("no answer"), times=9)
    assert "[image: A plan]" in (await frame(site, ref)).html


async def test_bytes_that_are_not_what_their_name_says_are_not_shown(site: Site) -> None:
    ref, sha256 = await pictured(site, PNG)
    asset, _ = site.left.files[sha256]
    site.left.files[sha256] = (asset, PNG + b"tampered with")
    assert "[image: A plan]" in (await frame(site, ref)).html


async def test_only_files_that_the_text_refers_to_are_handed_out(site: Site) -> None:
    ref, sha256 = await pictured(site, PNG)
    other = site.left.upload(PNG + b"2", "other.png")
    ok = await site.get("/jobs/job/file", ref=str(ref), sha256=sha256)
    assert ok.response.headers["content-type"] == "image/png"
    for name in (other, "../../etc/passwd", ""):
        assert (await site.get("/jobs/job/file", ref=str(ref), sha256=name)).status == 404


async def test_a_picture_from_elsewhere_is_never_fetched(site: Site) -> None:
    ref = site.left.write("A", '<p><img alt="x" src="https://tracker.example/1.gif"></p>')
    await site.sync()
    shown = await frame(site, ref)
    assert "<img" not in shown.html
    assert "[image: x (https://tracker.example/1.gif)]" in shown.text


@pytest.mark.parametrize("path", ["articles", "conflicts", "runs", "plans"])
async def test_a_page_is_not_kept_by_any_cache(site: Site, path: str) -> None:
    page = await site.get(f"/jobs/job/{path}")
    assert page.response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("after", ["null", "5", "1e999", "[" * 3000, '["\\ud800","x"]', "{}"])
@pytest.mark.parametrize("page", ["articles", "conflicts", "runs"])
async def test_a_place_that_no_page_wrote_is_the_start(site: Site, page: str, after: str) -> None:
    await site.clash()
    assert (await site.get(f"/jobs/job/{page}", after=after)).status == 200


@pytest.mark.parametrize("path", ["", "/before"])
async def test_a_line_beyond_all_numbers_is_not_there(site: Site, path: str) -> None:
    assert (await site.get(f"/jobs/job/history/{10**24}{path}")).status == 404
