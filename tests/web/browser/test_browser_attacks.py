"""What a page elsewhere can do to somebody who is logged in, tried in a real Chromium."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.long(60)]

Open = Callable[..., Any]


@contextmanager
def elsewhere(html: str) -> Iterator[str]:
    """A page at another address of this machine: `localhost` is another site than `127.0.0.1`."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_address[1]}/"
        finally:
            server.shutdown()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["other-site", "other-port"])
def test_a_form_of_another_page_changes_nothing(visit: Open, world: Any, host: str) -> None:
    operator = visit("operator")
    csrf = operator.page.locator("input[name=csrf]").first.input_value()
    before = world.passes()
    form = (
        f'<form method="post" action="{world.url}/jobs/handbook/sync">'
        f'<input name="csrf" value="{csrf}"><button>Win</button></form>'
    )
    with elsewhere(form) as url:
        operator.page.goto(url.replace("localhost", host))
        with operator.page.expect_response("**/sync") as answer:
            operator.page.get_by_role("button", name="Win").click()
    assert answer.value.status in (401, 403)
    assert world.passes() == before
    operator.complains = True


def test_no_page_of_ours_shows_in_a_frame_of_another(visit: Open, world: Any) -> None:
    operator = visit("operator")
    with elsewhere(f'<iframe src="{world.url}/"></iframe>') as url:
        operator.page.goto(url)
        for _ in range(300):
            if any("frame" in said.lower() for said in operator.complaints):
                break
            operator.page.wait_for_timeout(200)
        assert any("frame" in said.lower() for said in operator.complaints), operator.complaints
        frame = operator.page.frames[1]
        assert "Overview" not in frame.content()
    operator.complains = True


def test_another_page_reads_nothing_of_ours(visit: Open, world: Any) -> None:
    operator = visit("operator")
    with elsewhere("<p>hello</p>") as url:
        operator.page.goto(url)
        read = operator.page.evaluate(
            """async url => {
              try { return await (await fetch(url, {credentials: 'include'})).text(); }
              catch (error) { return 'refused'; }
            }""",
            world.url + "/jobs/handbook/articles",
        )
    assert read == "refused"
    operator.complains = True


def test_a_foreign_name_that_leads_here_shows_nothing(visit: Open, world: Any) -> None:
    operator = visit("operator")
    port = urlsplit(world.url).port
    answer = operator.page.goto(f"http://rebound.example:{port}/")
    assert answer is not None
    assert answer.status == 421
    assert "handbook" not in operator.page.content()
    operator.complains = True


def test_a_link_from_elsewhere_opens_the_page_for_who_is_logged_in(visit: Open, world: Any) -> None:
    operator = visit("operator")
    page = operator.page
    with elsewhere(f'<a href="{world.url}/jobs/handbook/runs?a=1">Look</a>') as url:
        page.goto(url)
        page.get_by_role("link", name="Look").click()
        page.get_by_role("heading", level=1, name="Runs").wait_for()
    assert page.url == f"{world.url}/jobs/handbook/runs?a=1"


def test_a_body_with_a_script_in_it_runs_nothing(visit: Open, world: Any) -> None:
    operator = visit("operator")
    page = operator.page
    page.add_init_script("window.hit = () => { window.wasHit = true; }")
    operator.open("/jobs/handbook/articles")
    page.get_by_role("link", name="Where is my parcel?").click()
    for details in page.locator("details").all():
        details.locator("summary").first.click()
    page.locator("iframe").first.wait_for(state="attached")
    page.wait_for_timeout(300)
    frames = [frame for frame in page.frames if frame is not page.main_frame]
    assert frames, "the article is shown in no frame"
    for handle in page.locator("iframe").element_handles():
        sandbox = handle.get_attribute("sandbox")
        assert sandbox is not None
        assert "allow-scripts" not in sandbox
        assert "allow-same-origin" not in sandbox


def test_a_body_alone_in_a_tab_is_still_locked_in(visit: Open, world: Any) -> None:
    viewer = visit("viewer")
    page = viewer.page
    viewer.open("/jobs/handbook/articles?q=parcel")
    page.get_by_role("link", name="Where is my parcel?").click()
    body = page.locator("iframe").first.get_attribute("src")
    answer = page.goto(world.url + str(body))
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    page.wait_for_timeout(300)
