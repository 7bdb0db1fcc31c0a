"""Trying out tokens is slow, and whoever does it keeps nobody else out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from syncline_web.access.attempts import BURST, SECONDS, SOURCES, Attempts
from syncline_web.access.person import Person
from syncline_web.access.sessions import MOST, Sessions

Start = Callable[..., Awaitable[Any]]
SAME = ("Sec-Fetch-Site", "same-origin")


async def test_trying_out_tokens_is_slowed_down_by_form_and_by_header(
    start: Start, tokens: Any
) -> None:
    service = await start()
    statuses = []
    for number in range(BURST + 2):
        if number % 2:
            bearer = ("Authorization", f"Bearer guess-{number}-0123456789")
            statuses.append((await service.ask("GET", "/", bearer)).status)
        else:
            form = {"token": f"guess-{number}-0123456789", "next": "/"}
            statuses.append((await service.submit("/login", form)).status)
    assert statuses == [403, 401, 403, 401, 403, 429, 429]
    right = await service.submit("/login", {"token": tokens["viewer"], "next": "/"})
    assert right.status == 429
    assert 0 < int(right.one("retry-after")) <= SECONDS + 1
    assert right.all("set-cookie") == []


async def test_who_is_in_and_who_is_elsewhere_is_not_slowed_down(start: Start, tokens: Any) -> None:
    service = await start()
    cookie = await service.log_in(tokens["editor"])
    for number in range(BURST + 1):
        await service.submit("/login", {"token": f"guess-{number}-0123456789", "next": "/"})
    assert (await service.page("/", cookie)).status == 200
    form = {"token": tokens["viewer"], "next": "/"}
    answer = await service.ask("POST", "/login", SAME, form=form, peer="127.0.0.9")
    assert answer.status == 303


def test_a_source_is_forgiven_one_wrong_token_after_a_while() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(BURST):
        assert attempts.wait("a") == 0
        attempts.wrong("a")
    assert attempts.wait("a") == SECONDS
    assert attempts.wait("b") == 0
    now[0] = SECONDS
    assert attempts.wait("a") == 0
    attempts.wrong("a")
    assert attempts.wait("a") == SECONDS


def test_what_is_remembered_of_strangers_is_bounded() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(SOURCES + 10):
        attempts.wrong(str(number))
    assert len(attempts) == SOURCES
    from syncline.config.service import Role

    sessions = Sessions(lambda: 0.0)
    person = Person(name="x", standing=Role.VIEWER, way="token")
    first = sessions.begin(person, b"", 60)
    for _ in range(MOST):
        last = sessions.begin(person, b"", 60)
    assert len(sessions) == MOST
    assert sessions.find(first) is None
    assert sessions.find(last) is not None


def test_tokens_are_compared_by_digest_and_to_the_end() -> None:
    import ast
    import inspect

    from syncline_web.access import address, keys
    from syncline_web.security import forms

    for module in (address, keys, forms):
        tree = ast.parse(inspect.getsource(module))
        compared = {
            name.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Compare)
            and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
            for name in ast.walk(node)
            if isinstance(name, ast.Name)
        }
        assert not compared & {"token", "csrf", "sent", "presented", "wanted", "digest", "cookie"}
