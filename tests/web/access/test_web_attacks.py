"""What other pages, other hosts and liars try, over real sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import Config
from syncline.errors import ConfigError
from syncline.runner import Runner
from syncline_web.access.attempts import BURST, SECONDS, SOURCES, Attempts
from syncline_web.access.door import Door
from syncline_web.access.person import Person
from syncline_web.access.sessions import MOST, Sessions
from syncline_web.serving import serve

Start = Callable[..., Awaitable[Any]]
SAME = ("Sec-Fetch-Site", "same-origin")


def csrf_of(answer: Any) -> str:
    return str(answer.body.partition('name="csrf" value="')[2].partition('"')[0])


# -- names: DNS rebinding ------------------------------------------------------------------------


FOREIGN = (
    *("rebound.example", "127.0.0.1.rebound.example", "localhost.rebound.example"),
    *("127.0.0.1@rebound.example", "192.168.1.1", "[::2]", "", "127.0.0.1 x", "localhost:80"),
)


async def test_a_foreign_name_for_this_machine_reaches_nothing(start: Start, tokens: Any) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    bearer = ("Authorization", f"Bearer {tokens['operator']}")
    for host in FOREIGN:
        for target in ("/", "/login", "/static/pages.css", "/jobs/handbook/articles"):
            for header in (cookie, bearer):
                answer = await service.ask("GET", target, header, host=host)
                assert answer.status == 421, (host, target, answer)
                assert "handbook" not in answer.body


@pytest.mark.parametrize("hosts", [(), ("127.0.0.1", "rebound.example")], ids=["none", "two"])
async def test_a_request_names_exactly_one_host(start: Start, tokens: Any, hosts: Any) -> None:
    service = await start()
    headers = [("Host", host) for host in hosts]
    assert (await service.ask("GET", "/login", *headers, host=None)).status in (400, 421)


async def test_a_name_of_the_configuration_is_answered(start: Start) -> None:
    service = await start('hosts = ["sync.example.com"]\n')
    for host in ("sync.example.com", "SYNC.example.com", "localhost", "127.0.0.1"):
        assert (await service.ask("GET", "/login", host=host)).status == 200
    assert (await service.ask("GET", "/login", host="www.example.com")).status == 421


async def test_a_probe_may_use_any_address_but_no_name(start: Start) -> None:
    service = await start()
    assert (await service.ask("GET", "/healthz", host="10.1.2.3")).status == 200
    assert (await service.ask("GET", "/healthz", host="rebound.example")).status == 421


# -- forms: cross-site request forgery -----------------------------------------------------------


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
    csrf = csrf_of(await service.page("/", cookie))
    sent = [(name, value.replace("OWN", service.origin)) for name, value in headers]
    answer = await service.ask("POST", "/jobs/handbook/sync", cookie, *sent, form={"csrf": csrf})
    assert answer.status == status
    assert bool(service.runner.state.runs("handbook", 5)) is (status == 303)


async def test_a_form_needs_the_proof_of_its_own_session(start: Start, tokens: Any) -> None:
    service = await start()
    mine, other = [await service.log_in(tokens["operator"]) for _ in range(2)]
    theirs = csrf_of(await service.page("/", other))
    own = csrf_of(await service.page("/", mine))
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
    body = f"csrf={csrf_of(await service.page('/', cookie))}".encode()
    headers = (cookie, SAME, ("Content-Type", kind))
    assert (await service.ask("POST", "/jobs/handbook/sync", *headers, body=body)).status == 415


async def test_nobody_is_logged_in_or_out_from_another_page(start: Start, tokens: Any) -> None:
    service = await start()
    form = {"token": tokens["viewer"], "next": "/"}
    elsewhere = ("Sec-Fetch-Site", "cross-site")
    answer = await service.ask("POST", "/login", elsewhere, form=form)
    assert (answer.status, answer.all("set-cookie")) == (403, [])
    cookie = await service.log_in(tokens["viewer"])
    csrf = csrf_of(await service.page("/", cookie))
    await service.ask("POST", "/logout", cookie, elsewhere, form={"csrf": csrf})
    assert (await service.page("/", cookie)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_no_other_method_changes_anything(start: Start, tokens: Any, method: str) -> None:
    service = await start()
    bearer = ("Authorization", f"Bearer {tokens['operator']}")
    answer = await service.ask(method, "/jobs/handbook/sync", bearer, SAME)
    assert answer.status in (400, 404, 405)
    assert not service.runner.state.runs("handbook", 5)


# -- frames and everything that a page is allowed ------------------------------------------------


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


# -- injected headers and paths ------------------------------------------------------------------


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


# -- trying out tokens ---------------------------------------------------------------------------


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


# -- size and time -------------------------------------------------------------------------------


async def test_a_long_form_is_refused_before_it_is_read(start: Start, tokens: Any) -> None:
    service = await start()
    cookie = await service.log_in(tokens["operator"])
    told = ("Content-Length", "999999999999")
    answer = await service.ask("POST", "/jobs/handbook/sync", cookie, SAME, told)
    assert answer.status == 413
    stranger = await service.submit("/login", {"token": "x" * 20_000})
    assert stranger.status == 413


async def test_a_form_in_pieces_is_bounded_too(start: Start) -> None:
    service = await start()
    head = (
        f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nSec-Fetch-Site: same-origin\r\n"
        "Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode()
    piece = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    answer = await service.raw(head + piece * 8)
    assert b" 413 " in answer.split(b"\r\n")[0]


async def test_endless_headers_end(start: Start) -> None:
    service = await start()
    head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n".encode()
    answer = await service.raw(head + b"X: " + b"a" * 40_000)
    assert b" 431 " in answer.split(b"\r\n")[0]
    lines = b"".join(b"X-%d: a\r\n" % number for number in range(5_000))
    answer = await service.raw(head + lines)
    assert b" 431 " in answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /login HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: upgrade, close\r\nUpgrade: websocket\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_strangers_cannot_fill_the_log_with_requests_that_make_no_sense(
    start: Start, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    service = await start()
    assert (await service.raw(raw)).startswith(b"HTTP/1.1 ")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_headers_that_come_slowly_end(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline_web.listening.protocol.HEAD_SECONDS", 0.3)
    service = await start()
    for first in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "):
        answer = await service.raw(first)
        assert b" 408 " in answer.split(b"\r\n")[0]
    kept = f"GET /login HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n".encode()
    answer = await service.raw(kept + b"GET /lo")
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 408") == 1


async def test_many_requests_of_one_connection_are_answered(start: Start) -> None:
    service = await start()
    one = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nX: {'a' * 2000}\r\n"
    raw = (one + "\r\n") * 40 + one + "Connection: close\r\n\r\n"
    answer = await service.raw(raw.encode())
    assert answer.count(b"HTTP/1.1 200") == 41


# -- what errors say -----------------------------------------------------------------------------


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


# -- listening -----------------------------------------------------------------------------------


async def test_an_address_that_is_taken_is_told_with_its_setting(
    configured: Callable[[str], Config],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config, there = configured(""), f"127.0.0.1:{port}"
        for setting, service in {
            "pages": attrs.evolve(config.service, pages=there),
            "webhooks": attrs.evolve(config.service, webhooks=there),
        }.items():
            async with Runner(attrs.evolve(config, service=service)) as runner:
                with pytest.raises(ConfigError) as caught:
                    async with serve(runner, lambda name, url: None):
                        pass
                (problem,) = caught.value.problems
                assert problem.startswith(f"service.{setting}: {there} cannot be listened at")


async def test_an_answer_at_hand_is_finished_when_the_service_ends(
    configured: Callable[[str], Config],
) -> None:
    told: dict[str, str] = {}
    async with Runner(configured("")) as runner:
        async with serve(runner, told.__setitem__):
            port = int(told["pages"].split(":")[2].partition("/")[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"
            )
            writer.write(f"{head}Content-Length: 7\r\n\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.1)

            async def later() -> None:
                await asyncio.sleep(0.3)
                writer.write(b"token=x")

            sending = asyncio.create_task(later())
        assert b"HTTP/1.1 " in await reader.read()
        await sending
        writer.close()
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_the_metrics_are_for_this_machine_and_for_those_who_may_read(
    start: Start, tokens: Any
) -> None:
    service = await start()
    assert (await service.ask("GET", "/metrics")).status == 200
    through = ("X-Forwarded-For", "203.0.113.9")
    assert (await service.ask("GET", "/metrics", through)).status == 401
    bearer = ("Authorization", f"Bearer {tokens['viewer']}")
    assert (await service.ask("GET", "/metrics", through, bearer)).status == 200


async def test_pages_speak_https_by_a_certificate_of_their_own(
    configured: Callable[[str], Config], tmp_path: Path, tokens: Any
) -> None:
    import ssl

    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    told: dict[str, str] = {}
    more = (
        "certificate = 'cert.pem'\nkey = 'key.pem'\n"
        "[service.access.tokens.v]\ntoken = { env = 'T_VERA' }"
    )
    async with Runner(configured(more)) as runner, serve(runner, told.__setitem__):
        assert told["pages"].startswith("https://127.0.0.1:")
        port = int(told["pages"].split(":")[2].partition("/")[0])
        context = ssl.create_default_context()
        authority.configure_trust(context)
        reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
        body = f"token={tokens['viewer']}"
        writer.write(
            f"POST /login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://localhost:{port}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}".encode()
        )
        answer = (await reader.read()).decode()
        writer.close()
    assert "\r\nset-cookie: __Host-syncline=" in answer.lower().replace("__host", "__Host")
    assert "; Secure" in answer


async def test_a_certificate_that_is_none_is_told_with_its_setting(
    configured: Callable[[str], Config], tmp_path: Path
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("not a certificate", encoding="utf-8")
    async with Runner(configured("certificate = 'cert.pem'\nkey = 'key.pem'\n")) as runner:
        with pytest.raises(ConfigError, match=r"service\.certificate: .*cert\.pem"):
            async with serve(runner, lambda name, url: None):
                pass


async def test_a_door_without_a_proxy_takes_no_persons_from_headers(start: Start) -> None:
    service = await start("")
    for header in ("X-Forwarded-Email", "X-Forwarded-User", "Remote-User", "X-Auth-Request-Email"):
        assert (await service.page("/", (header, "otto"))).status == 303
    assert Door(service.runner).access.proxy is None
