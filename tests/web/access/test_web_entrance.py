"""Who comes in, how, and for how long."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from syncline.config import Config
from syncline.errors import ConfigError
from syncline.runner import Runner
from syncline_web.serving import serve

Start = Callable[..., Awaitable[Any]]


def path_of(service: Any, url: str) -> str:
    return str(url.removeprefix(service.origin))


async def test_a_stranger_is_led_to_the_login_and_back(start: Start, tokens: Any) -> None:
    service = await start()
    answer = await service.page("/jobs/handbook/articles?q=a%20b")
    assert answer.status == 303
    assert answer.one("location") == "/login?next=%2Fjobs%2Fhandbook%2Farticles%3Fq%3Da%2520b"
    page = await service.page(answer.one("location"))
    assert 'value="/jobs/handbook/articles?q=a%20b"' in page.body
    form = {"token": tokens["viewer"], "next": "/jobs/handbook/articles?q=a%20b"}
    answer = await service.submit("/login", form)
    assert answer.one("location") == "/jobs/handbook/articles?q=a%20b"


async def test_the_cookie_is_for_this_host_and_no_script(start: Start, tokens: Any) -> None:
    service = await start()
    form = {"token": tokens["viewer"], "next": ""}
    cookie = (await service.submit("/login", form)).one("set-cookie")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} == parts
    assert tokens["viewer"] not in cookie


async def test_behind_https_the_cookie_never_crosses_plain_http(start: Start, tokens: Any) -> None:
    service = await start("https = true\n[service.access.tokens.v]\ntoken = { env = 'T_VERA' }")
    form = {"token": tokens["viewer"], "next": ""}
    cookie = (await service.submit("/login", form)).one("set-cookie")
    assert cookie.startswith("__Host-syncline=")
    assert "; Secure" in cookie


async def test_each_token_has_its_name_and_role(start: Start, tokens: Mapping[str, str]) -> None:
    service = await start()
    for role, name in (("viewer", "vera"), ("editor", "edi"), ("operator", "otto")):
        page = await service.page("/", await service.log_in(tokens[role]))
        assert page.status == 200
        assert name in page.body
        assert f"({role})" in page.body


async def test_a_log_in_makes_a_session_of_its_own_and_ends_the_one_before(
    start: Start, tokens: Any
) -> None:
    service = await start()
    foisted = ("Cookie", f"syncline-{service.port}=chosen-by-somebody-else-0123456789")
    form = {"token": tokens["viewer"], "next": ""}
    first = await service.submit("/login", form, foisted)
    assert "chosen" not in first.cookie
    assert (await service.page("/", foisted)).status == 303
    second = await service.submit("/login", form, ("Cookie", first.cookie))
    assert (await service.page("/", ("Cookie", first.cookie))).status == 303
    assert (await service.page("/", ("Cookie", second.cookie))).status == 200


async def test_logging_out_ends_the_session_for_whoever_has_the_cookie(
    start: Start, tokens: Any
) -> None:
    service = await start()
    cookie = await service.log_in(tokens["editor"])
    csrf = (await service.page("/", cookie)).csrf
    assert (await service.submit("/logout", {"csrf": "x" * 43}, cookie)).status == 403
    assert (await service.page("/", cookie)).status == 200
    answer = await service.submit("/logout", {"csrf": csrf}, cookie)
    assert answer.one("location") == "/login"
    assert "Max-Age=0" in answer.one("set-cookie")
    assert (await service.page("/", cookie)).status == 303


async def test_a_session_ends_by_itself(
    configured: Callable[[str], Config], start: Start, tokens: Any
) -> None:
    service = await start(
        "[service.access]\nsession = '1m'\n[service.access.tokens.v]\ntoken = { env = 'T_VERA' }"
    )
    cookie = await service.log_in(tokens["viewer"])
    sessions = site_of(service)._door.sessions
    now = sessions._monotonic()
    sessions._monotonic = lambda: now + 50
    assert (await service.page("/", cookie)).status == 200
    sessions._monotonic = lambda: now + 61
    assert (await service.page("/", cookie)).status == 303
    assert len(sessions) == 0


async def test_a_script_sends_its_token_with_every_request(start: Start, tokens: Any) -> None:
    service = await start()
    bearer = ("Authorization", f"Bearer {tokens['operator']}")
    answer = await service.ask("GET", "/", bearer)
    assert answer.status == 200
    assert answer.all("set-cookie") == []
    done = await service.ask("POST", "/jobs/handbook/sync", bearer, form={})
    assert done.status == 303
    refused = await service.ask("GET", "/", ("Authorization", "Bearer nothing-of-the-kind"))
    assert (refused.status, refused.one("www-authenticate")) == (401, 'Bearer realm="syncline"')


async def test_a_role_may_do_no_more_than_it_says(start: Start, tokens: Any) -> None:
    service = await start()
    for role in ("viewer", "editor"):
        bearer = ("Authorization", f"Bearer {tokens[role]}")
        answer = await service.ask("POST", "/jobs/handbook/sync", bearer, form={})
        assert answer.status == 403
        assert "operator" in answer.body


async def test_a_token_that_is_taken_away_ends_its_sessions(
    start: Start, configured: Callable[[str], Config], tokens: Any
) -> None:
    service = await start()
    vera, otto = [await service.log_in(tokens[role]) for role in ("viewer", "operator")]
    left = configured("[service.access.tokens.vera]\ntoken = { env = 'T_VERA' }\nrole = 'editor'")
    await service.runner.reload(left)
    assert (await service.page("/", otto)).status == 303
    assert "(editor)" in (await service.page("/", vera)).body


async def test_a_token_that_cannot_be_used_keeps_the_service_from_starting(
    configured: Callable[[str], Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "".join(
        f"[service.access.tokens.{name}]\ntoken = {{ env = '{variable}' }}\n"
        for name, variable in {"a": "T_NONE", "b": "T_SHORT", "c": "T_VERA", "d": "T_VERA"}.items()
    )
    monkeypatch.setenv("T_SHORT", "hunter2")
    async with Runner(configured(more)) as runner:
        with pytest.raises(ConfigError) as caught:
            async with serve(runner, lambda name, url: None):
                pass
    first, second, third = caught.value.problems
    assert first == (
        "service.access.tokens.a.token: the environment variable T_NONE is not set; export it"
    )
    assert second.startswith("service.access.tokens.b.token: the token has 7 characters")
    assert "hunter2" not in str(caught.value)
    assert third == "service.access.tokens.d.token: it is the token of 'c', too"


async def test_a_token_that_goes_bad_later_lets_nobody_in_and_the_others_stay(
    start: Start, configured: Callable[[str], Config], tokens: Any, monkeypatch: Any
) -> None:
    service = await start()
    monkeypatch.delenv("T_OTTO")
    await service.runner.reload(attrs.evolve(service.runner.config))
    assert (await service.page("/", await service.log_in(tokens["viewer"]))).status == 200
    answer = await service.submit("/login", {"token": tokens["operator"], "next": "/"})
    assert answer.status == 403


async def test_without_access_a_printed_address_opens_once(start: Start) -> None:
    service = await start("")
    assert (await service.page("/")).status == 303
    assert "syncline run" in (await service.page("/login")).body
    path = path_of(service, service.url)
    assert path.startswith("/enter?token=")
    assert (await service.ask("HEAD", path)).all("set-cookie") == []
    first = await service.page(path)
    assert first.status == 200
    page = await service.page("/", ("Cookie", first.cookie))
    assert "(operator)" in page.body
    again = await service.page(path)
    assert (again.status, again.all("set-cookie")) == (403, [])


async def test_the_next_printed_address_is_for_the_next_browser(start: Start) -> None:
    service = await start("")
    first = await service.page(path_of(service, service.url))
    _, (name, url) = service.told
    assert name == "pages"
    second = await service.page(path_of(service, url))
    assert first.cookie != second.cookie
    assert (await service.page("/", ("Cookie", first.cookie))).status == 200
    assert (await service.page("/", ("Cookie", second.cookie))).status == 200


async def test_once_people_are_configured_the_printed_address_opens_nothing(
    start: Start, configured: Callable[[str], Config]
) -> None:
    service = await start("")
    cookie = ("Cookie", (await service.page(path_of(service, service.url))).cookie)
    await service.runner.reload(
        configured("[service.access.tokens.vera]\ntoken = { env = 'T_VERA' }")
    )
    assert (await service.page("/", cookie)).status == 303
    assert (await service.page(path_of(service, service.told[-1][1]))).status == 403


async def test_a_link_from_elsewhere_leads_in_by_a_step_of_our_own(
    start: Start, tokens: Any
) -> None:
    service = await start()
    followed = (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"))
    answer = await service.page("/jobs/handbook/conflicts?a=1&b=2", *followed)
    assert answer.status == 200
    assert 'content="0; url=/jobs/handbook/conflicts?a=1&amp;b=2"' in answer.body


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "///evil.example"])
async def test_the_step_of_our_own_leads_nowhere_else(start: Start, path: str) -> None:
    service = await start()
    followed = (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"))
    answer = await service.page(path, *followed)
    assert "evil" not in answer.body
    assert "//evil" not in "".join(answer.all("location"))


PROXY = """
[service.access.proxy]
peers = ["127.0.0.7", "10.0.0.0/8"]
user_roles = { "edi@example.com" = "editor" }
group_roles = { operations = "operator", staff = "viewer" }
logout = "/oauth2/sign_out"
"""
EDI = ("X-Forwarded-Email", "edi@example.com")


async def from_proxy(service: Any, target: str, *headers: tuple[str, str]) -> Any:
    return await service.ask("GET", target, ("Accept", "text/html"), *headers, peer="127.0.0.7")


async def test_the_proxys_word_counts_from_its_address_alone(start: Start) -> None:
    service = await start(PROXY)
    page = await from_proxy(service, "/", EDI)
    assert "edi@example.com" in page.body
    assert "(editor)" in page.body
    assert (await service.page("/", EDI)).status == 303


async def test_the_highest_role_of_all_groups_counts(start: Start) -> None:
    service = await start(PROXY)
    groups = ("X-Forwarded-Groups", "staff, operations")
    assert "(operator)" in (await from_proxy(service, "/", EDI, groups)).body


async def test_somebody_without_a_role_is_told_so(start: Start) -> None:
    service = await start(PROXY)
    answer = await from_proxy(service, "/", ("X-Forwarded-Email", "who@example.com"))
    assert answer.status == 403
    assert "no role" in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        (EDI, ("X-Forwarded-Email", "otto@example.com")),
        (("X-Forwarded-Email", "otto\x7f@example.com"),),
        (("X-Forwarded-Email", "x" * 201),),
        (EDI, ("X-Forwarded-Groups", "staff"), ("X-Forwarded-Groups", "operations")),
    ],
    ids=["two-people", "control-character", "long", "two-lists-of-groups"],
)
async def test_a_header_beside_the_proxys_own_is_not_believed(start: Start, headers: Any) -> None:
    service = await start(PROXY)
    assert (await from_proxy(service, "/", *headers)).status == 400


async def test_a_header_with_underscores_is_another_header(start: Start) -> None:
    service = await start(PROXY)
    forged = ("X_Forwarded_Email", "edi@example.com")
    assert (await from_proxy(service, "/", forged)).status == 303


async def test_a_form_through_the_proxy_needs_the_persons_own_proof(start: Start) -> None:
    service = await start(PROXY)
    otto = (("X-Forwarded-Email", "o@example.com"), ("X-Forwarded-Groups", "operations"))
    theirs = (await from_proxy(service, "/", EDI)).csrf
    own = (await from_proxy(service, "/", *otto)).csrf
    assert theirs != own
    site = ("Sec-Fetch-Site", "same-origin")
    for proof, status in ((theirs, 403), ("", 403), (own, 303)):
        answer = await service.ask(
            "POST", "/jobs/handbook/sync", *otto, site, form={"csrf": proof}, peer="127.0.0.7"
        )
        assert answer.status == status


async def test_leaving_a_proxy_shows_where_its_session_ends(start: Start) -> None:
    service = await start(PROXY)
    csrf = (await from_proxy(service, "/", EDI)).csrf
    html = ("Accept", "text/html")
    answer = await service.ask(
        "POST", "/logout", EDI, html, ("Sec-Fetch-Site", "same-origin"),
        form={"csrf": csrf}, peer="127.0.0.7",
    )  # fmt: skip
    assert 'href="/oauth2/sign_out"' in answer.body


async def test_behind_a_proxy_with_https_the_cookie_is_secure(start: Start, tokens: Any) -> None:
    service = await start(PROXY + "[service.access.tokens.v]\ntoken = { env = 'T_VERA' }")
    headers = (("Sec-Fetch-Site", "same-origin"), ("X-Forwarded-Proto", "https"))
    form = {"token": tokens["viewer"], "next": "/"}
    trusted = await service.ask("POST", "/login", *headers, form=form, peer="127.0.0.7")
    assert trusted.one("set-cookie").startswith("__Host-")
    other = await service.ask("POST", "/login", *headers, form=form)
    assert "Secure" not in other.one("set-cookie")


def site_of(service: Any) -> Any:
    """The application behind the pages of a service."""
    import gc

    from syncline_web.site import Site

    # `isinstance` would ask weak proxies of runners that are gone, and those raise.
    sites = (x for x in gc.get_objects() if type(x) is Site)
    return next(site for site in sites if site._runner is service.runner)


def test_what_the_documentation_says_is_a_configuration(
    configured: Callable[[str], Config],
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "access.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        more = example.partition("hosts")[1] + example.partition("hosts")[2] or example
        assert configured(more).service.access.configured
