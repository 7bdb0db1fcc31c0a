"""Credentials: API tokens, scoped tokens behind the gateway, OAuth with rotating refresh tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

SPACES = "/wiki/api/v2/spaces"


def _get(url: str, **more: Any) -> httpx.Response:
    return httpx.get(url, trust_env=False, **more)


def _gateway(wiki: Any) -> str:
    return f"{wiki.sim.url}/ex/confluence/{wiki.sim.env['CONFLUENCE_CLOUD_ID']}"


def _token(wiki: Any, **given: str) -> httpx.Response:
    client = {
        "client_id": wiki.sim.env["CONFLUENCE_CLIENT_ID"],
        "client_secret": wiki.sim.env["CONFLUENCE_CLIENT_SECRET"],
    }
    return httpx.post(wiki.sim.url + "/oauth/token", json=client | given, trust_env=False)


def _refresh(wiki: Any, token: str) -> httpx.Response:
    return _token(wiki, grant_type="refresh_token", refresh_token=token)


@pytest.mark.parametrize(
    "auth", [None, ("sync@example.com", "wrong"), ("nobody@example.com", "x"), ("", "")]
)
def test_bad_credentials_are_401_in_the_form_of_their_family(wiki: Any, auth: Any) -> None:
    v2 = _get(wiki.sim.url + SPACES, auth=auth)
    assert (v2.status_code, v2.json()["errors"][0]["code"]) == (401, "UNAUTHORIZED")
    v1 = _get(wiki.sim.url + "/wiki/rest/api/user/current", auth=auth)
    assert (v1.status_code, v1.json()["statusCode"]) == (401, 401)
    gateway = _get(_gateway(wiki) + SPACES, auth=auth)
    assert gateway.json() == {"code": 401, "message": "Unauthorized"}


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic gA==", "Bearer x", "Digest x"])
def test_a_malformed_header_is_401(wiki: Any, header: str) -> None:
    answer = _get(wiki.sim.url + SPACES, headers={"Authorization": header})
    assert answer.status_code == 401


def test_the_site_takes_classic_tokens_and_the_gateway_scoped_ones(wiki: Any) -> None:
    email, env = "sync@example.com", wiki.sim.env
    classic, scoped = (email, env["CONFLUENCE_TOKEN"]), (email, env["CONFLUENCE_SCOPED_TOKEN"])
    assert _get(wiki.sim.url + SPACES, auth=classic).status_code == 200
    assert _get(_gateway(wiki) + SPACES, auth=classic).status_code == 401
    assert _get(_gateway(wiki) + SPACES, auth=scoped).status_code == 200
    assert _get(wiki.sim.url + SPACES, auth=scoped).status_code == 401
    elsewhere = f"{wiki.sim.url}/ex/confluence/00000000-0000-0000-0000-000000000000"
    assert _get(elsewhere + SPACES, auth=scoped).status_code == 401


def test_links_from_the_gateway_start_as_on_the_site(wiki: Any) -> None:
    wiki.made("A")
    auth = ("sync@example.com", wiki.sim.env["CONFLUENCE_SCOPED_TOKEN"])
    first = _get(_gateway(wiki) + "/wiki/api/v2/pages?limit=1", auth=auth).json()
    assert first["_links"]["next"].startswith("/wiki/api/v2/pages?")
    second = _get(_gateway(wiki) + first["_links"]["next"], auth=auth).json()
    assert [row["title"] for row in second["results"]] == ["A"]


def test_a_missing_scope_is_401_in_the_captured_words(wiki: Any) -> None:
    wiki.sim.act({"do": "settings", "scopes": ["read:space:confluence"]})
    auth = ("sync@example.com", wiki.sim.env["CONFLUENCE_SCOPED_TOKEN"])
    assert _get(_gateway(wiki) + SPACES, auth=auth).status_code == 200
    answer = _get(_gateway(wiki) + "/wiki/api/v2/pages", auth=auth)
    assert answer.json() == {"code": 401, "message": "Unauthorized; scope does not match"}


def test_the_cloud_id_is_told_by_the_site(wiki: Any) -> None:
    told = _get(wiki.sim.url + "/_edge/tenant_info").json()
    assert told == {"cloudId": wiki.sim.env["CONFLUENCE_CLOUD_ID"]}


def test_a_refresh_token_gives_an_access_token_for_the_gateway(wiki: Any) -> None:
    given = _refresh(wiki, wiki.sim.env["CONFLUENCE_REFRESH_TOKEN"]).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    assert _get(_gateway(wiki) + SPACES, headers=bearer).status_code == 200
    assert _get(wiki.sim.url + SPACES, headers=bearer).status_code == 401
    resources = _get(wiki.sim.url + "/oauth/token/accessible-resources", headers=bearer).json()
    assert resources[0]["id"] == wiki.sim.env["CONFLUENCE_CLOUD_ID"]
    assert "read:page:confluence" in resources[0]["scopes"]
    assert _get(wiki.sim.url + "/oauth/token/accessible-resources").status_code == 401
    names = {call["credential"] for call in wiki.sim.calls()}
    assert any(name and name.startswith("oauth:") for name in names)


def test_an_access_token_ends_after_an_hour_or_by_a_fault(wiki: Any) -> None:
    tokens = [wiki.sim.env["CONFLUENCE_REFRESH_TOKEN"]]

    def bearer() -> dict[str, str]:
        given = _refresh(wiki, tokens[-1]).json()
        tokens.append(given["refresh_token"])
        return {"Authorization": f"Bearer {given['access_token']}"}

    first = bearer()
    wiki.sim.clock(advance="61min")
    assert _get(_gateway(wiki) + SPACES, headers=first).status_code == 401
    second = bearer()
    assert _get(_gateway(wiki) + SPACES, headers=second).status_code == 200
    wiki.sim.faults([{"kind": "expired-token"}])
    assert _get(_gateway(wiki) + SPACES, headers=second).status_code == 401
    assert _get(_gateway(wiki) + SPACES, headers=bearer()).status_code == 200


def test_refresh_tokens_rotate_with_a_leeway_of_ten_minutes(wiki: Any) -> None:
    first = wiki.sim.env["CONFLUENCE_REFRESH_TOKEN"]
    second = _refresh(wiki, first).json()["refresh_token"]
    assert second != first
    assert _refresh(wiki, first).status_code == 200
    wiki.sim.clock(advance="11min")
    refused = _refresh(wiki, first)
    assert (refused.status_code, refused.json()["error"]) == (403, "unauthorized_client")
    assert _refresh(wiki, second).status_code == 200
    third = _refresh(wiki, second).json()["refresh_token"]
    wiki.sim.clock(advance="91d")
    assert _refresh(wiki, third).status_code == 403


def test_a_code_from_the_consent_is_exchanged_once(wiki: Any) -> None:
    query = {
        "client_id": wiki.sim.env["CONFLUENCE_CLIENT_ID"],
        "redirect_uri": "http://127.0.0.1:1/back",
        "state": "s",
        "response_type": "code",
    }
    answer = _get(wiki.sim.url + "/authorize", params=query)
    target = httpx.URL(answer.headers["location"])
    assert (answer.status_code, target.params["state"]) == (302, "s")
    code = target.params["code"]
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": "x"}
    assert _token(wiki, **given).status_code == 200
    assert _token(wiki, **given).status_code == 403
    assert _get(wiki.sim.url + "/authorize").status_code == 400


def test_a_wrong_client_secret_or_grant_is_refused(wiki: Any) -> None:
    assert _token(wiki, client_secret="wrong").status_code == 401
    assert _token(wiki, grant_type="password").status_code == 400
    nothing = httpx.post(wiki.sim.url + "/oauth/token", content=b"x", trust_env=False)
    assert nothing.status_code == 401


def test_revoked_api_tokens_are_401_until_they_are_not(wiki: Any) -> None:
    wiki.sim.act({"do": "revoke"})
    assert wiki.http.get(SPACES).status_code == 401
    wiki.sim.act({"do": "revoke", "undo": True})
    assert wiki.http.get(SPACES).status_code == 200


def test_limits_are_told_and_kept_for_each_credential(start: Callable[..., Any]) -> None:
    with start(rate_limit="10/min") as wiki:
        answers = [wiki.http.get(SPACES) for _ in range(10)]
        headers = [answer.headers for answer in answers]
        assert [answer.status_code for answer in answers] == [200] * 9 + [429]
        assert [h["x-ratelimit-remaining"] for h in headers[:3]] == ["8", "7", "6"]
        assert ["x-ratelimit-nearlimit" in h for h in headers].index(True) == 7
        assert headers[0]["x-ratelimit-limit"] == "10"
        assert headers[0]["x-ratelimit-reset"].endswith("Z")
        refused = answers[-1]
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-reason"].startswith("confluence-")
        assert refused.json() == {"code": 429, "message": "Rate limit exceeded"}
        other = wiki.connect("agent@example.com", wiki.sim.env["CONFLUENCE_AGENT_TOKEN"])
        assert other.get(SPACES).status_code == 200


def test_no_secret_is_shown_anywhere(wiki: Any) -> None:
    secrets = [v for k, v in wiki.sim.env.items() if "TOKEN" in k or "SECRET" in k]
    wiki.http.get(SPACES)
    for path in ("/items", "/calls", "/clock"):
        text = _get(wiki.sim.admin_url + path).text
        assert not [secret for secret in secrets if secret in text]
