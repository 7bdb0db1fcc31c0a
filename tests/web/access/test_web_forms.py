"""Forms of other pages change nothing (cross-site request forgery)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Start = Callable[..., Awaitable[Any]]
SAME = ("Sec-Fetch-Site", "same-origin")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), 403),
        ((("Sec-Fetch-Site", "cross-site"),), 403),
        ((("Sec-Fetch-Site", "same-site"),), 403),
        ((("Sec-Fetch-Site", "none"),), 403),
        ((SAME, ("Sec-Fetch-Site", "cross-site")), 403),
        ((("Origin", "https://evil.example"),), 403),
        ((("Origin", "null"),), 403),
        ((("Origin", "http://127.0.0.1"),), 403),
        ((("Origin", "http://127.0.0.1:1"),), 403),
        ((("Origin", "OWN"), ("Origin", "https://evil.example")), 403),
        ((("Sec-Fetch-Site", "cross-site"), ("Origin", "OWN")), 403),
        ((("Referer", "OWN/"),), 403),
        ((("Origin", "OWN"),), 303),
        ((SAME,), 303),
        ((SAME, ("Origin", "null")), 303),
    ],
)
async def test_a_form_of_another_page_changes_nothing(
    start: Start, tokens: Any, headers: Any, status: int
) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    csrf = (await service.page("/", cookie)).csrf
    sent = [(name, value.replace("OWN", service.origin)) for name, value in headers]
    answer = await service.ask("POST", "/jobs/handbook/sync", cookie, *sent, form={"csrf": csrf})
    assert answer.status == status
    assert bool(service.runner.state.runs("handbook", 5)) is (status == 303)


async def test_a_form_needs_the_proof_of_its_own_session(start: Start, tokens: Any) -> None:
    service = await start()
    mine, other = [await service.log_in(tokens["operator"]) for _ in range(2)]
    theirs = (await service.page("/", other)).csrf
    own = (await service.page("/", mine)).csrf
    target = "/jobs/handbook/sync"
    for form in ({}, {"csrf": ""}, {"csrf": theirs}, {"csrf": own[:-1]}, {"xcsrf": own}):
        assert (await service.submit(target, form, mine)).status == 403
    for form in ({"csrf": theirs, "x": own}, {"a": f"csrf={own}"}):
        assert (await service.submit(target, form, mine)).status == 403
    assert (await service.submit(target, {"csrf": own}, mine)).status == 303


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
async def test_only_forms_are_taken(start: Start, tokens: Any, kind: str) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    body = f"csrf={(await service.page('/', cookie)).csrf}".encode()
    headers = (cookie, SAME, ("Content-Type", kind))
    assert (await service.ask("POST", "/jobs/handbook/sync", *headers, body=body)).status == 415


async def test_nobody_is_logged_in_or_out_from_another_page(start: Start, tokens: Any) -> None:
    service = await start()
    form = {"token": tokens["viewer"], "next": "/"}
    elsewhere = ("Sec-Fetch-Site", "cross-site")
    answer = await service.ask("POST", "/login", elsewhere, form=form)
    assert (answer.status, answer.all("set-cookie")) == (403, [])
    cookie = await service.log_in(tokens["viewer"])
    csrf = (await service.page("/", cookie)).csrf
    await service.ask("POST", "/logout", cookie, elsewhere, form={"csrf": csrf})
    assert (await service.page("/", cookie)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_no_other_method_changes_anything(start: Start, tokens: Any, method: str) -> None:
    service = await start()
    bearer = ("Authorization", f"Bearer {tokens['operator']}")
    answer = await service.ask(method, "/jobs/handbook/sync", bearer, SAME)
    assert answer.status in (400, 404, 405)
    assert not service.runner.state.runs("handbook", 5)
