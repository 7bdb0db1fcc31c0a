"""What every answer forbids, and what strangers write into headers and paths."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from syncline_web.access.door import Door

Start = Callable[..., Awaitable[Any]]


async def test_every_answer_forbids_frames_scripts_of_others_and_guesses(
    start: Start, tokens: Any
) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    for target in (
        "/",
        "/login",
        "/nothing",
        "/jobs/handbook/runs",
        "/enter?token=x",
        "/enter.css",
    ):
        answer = await service.page(target, cookie)
        policy = dict(
            part.strip().split(" ", 1) for part in answer.one("content-security-policy").split(";")
        )
        assert policy["frame-ancestors"] == policy["default-src"] == policy["base-uri"] == "'none'"
        assert {"script-src", "style-src", "form-action"} <= policy.keys()
        assert all(value in ("'self'", "'none'") for value in policy.values()), policy
        assert answer.one("x-content-type-options") == "nosniff"
        assert answer.one("x-frame-options") == "DENY"
        assert answer.one("referrer-policy") == "no-referrer"
        assert answer.one("cache-control") == "no-store"
        assert "camera=()" in answer.one("permissions-policy")
        assert answer.all("server") == []


async def test_a_page_without_sec_fetch_headers_keeps_the_origin_of_its_forms(
    start: Start,
) -> None:
    service = await start('hosts = ["sync.example.com"]\n')
    answer = await service.ask("GET", "/login", host="sync.example.com")
    assert answer.one("referrer-policy") == "same-origin"


ELSEWHERE = (
    *("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil"),
    *("/\r\nSet-Cookie: syncline=stolen", "/\tx", "javascript:alert(1)", "/\u2028x", "", "/ x"),
    *("///evil.example", "/" + "x" * 5_000),
)


async def test_logging_in_leads_to_a_page_of_ours_only(start: Start, tokens: Any) -> None:
    service = await start()
    for onward in ELSEWHERE:
        answer = await service.submit("/login", {"token": tokens["viewer"], "next": onward})
        assert (answer.status, answer.one("location")) == (303, "/"), onward
        assert len(answer.all("set-cookie")) == 1


@pytest.mark.parametrize(
    "target",
    ["/a%0d%0aSet-Cookie:%20x=1", "/login?next=%0d%0aSet-Cookie:%20x=1", "/%0d%0a%0d%0a<b>"],
)
async def test_nothing_of_an_address_becomes_a_header_or_markup(
    start: Start, tokens: Any, target: str
) -> None:
    service = await start()
    for headers in ((), (await service.log_in(tokens["viewer"]),)):
        answer = await service.page(target, *headers)
        assert answer.all("set-cookie") == []
        assert "<b>" not in answer.body


async def test_a_header_of_two_lines_is_one_header_or_none(start: Start, tokens: Any) -> None:
    service = await start()
    raw = (
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nX: y\n Authorization: Bearer "
        f"{tokens['operator']}\r\nConnection: close\r\n\r\n"
    )
    answer = (await service.raw(raw.encode())).decode("latin-1")
    assert " 200 " not in answer.split("\r\n")[0]


async def test_a_cookie_beside_another_one_does_not_lock_anybody_out(
    start: Start, tokens: Any
) -> None:
    service = await start()
    name, value = (await service.log_in(tokens["viewer"]))[1].split("=", 1)
    both = ("Cookie", f"{name}=planted-by-a-neighbour; {name}={value}")
    assert (await service.page("/", both)).status == 200
    flood = ("Cookie", "; ".join(f"{name}={i}" for i in range(500)))
    assert (await service.page("/", flood)).status == 303


async def test_a_page_that_breaks_tells_a_number_and_nothing_else(
    start: Start, tokens: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    service.runner.state.close()
    with caplog.at_level(logging.ERROR):
        answer = await service.page("/jobs/handbook/articles", cookie)
    assert answer.status == 500
    number = re.findall(r"number ([0-9a-f]{8})", answer.body)
    assert number == [getattr(caplog.records[-1], "fault", "")]
    assert "Traceback" not in answer.body
    assert "sqlite" not in answer.body.lower()


async def test_no_answer_and_no_log_line_has_a_token(
    start: Start, tokens: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service = await start()
    with caplog.at_level(logging.DEBUG):
        cookie = await service.log_in(tokens["operator"])
        pages = [
            await service.page(target, cookie)
            for target in ("/", "/login", "/metrics", "/jobs/handbook/runs", "/nothing")
        ]
        await service.submit("/login", {"token": "wrong-0123456789abcdef", "next": "/"})
    said = "".join(page.body + json.dumps(page.headers) for page in pages) + caplog.text
    said += repr(service.runner.config) + repr(vars(caplog.records[-1]))
    secret = cookie[1].partition("=")[2]
    for hidden in (*tokens.values(), "wrong-0123456789abcdef", secret):
        assert hidden not in said


async def test_a_door_without_a_proxy_takes_no_persons_from_headers(start: Start) -> None:
    service = await start("")
    for header in ("X-Forwarded-Email", "X-Forwarded-User", "Remote-User", "X-Auth-Request-Email"):
        assert (await service.page("/", (header, "otto"))).status == 303
    assert Door(service.runner).access.proxy is None
