"""Tokens, permissions and limits of the Genesys Cloud simulator."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

FORM = {"grant_type": "client_credentials"}


def login(cloud: Any, **rest: Any) -> Any:
    headers = {"Authorization": ""}
    return cloud.http.post("/oauth/token", **{"headers": headers, "data": FORM, **rest})


def credentials(cloud: Any) -> tuple[str, str]:
    return cloud.sim.connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def organization(path: Path, **settings: Any) -> Path:
    file = path / "organization.json"
    file.write_text(json.dumps({"organization": settings}))
    return file


def test_a_token_holds_a_little_less_than_a_day(cloud: Any) -> None:
    answer = login(cloud, auth=credentials(cloud)).json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 86399)


def test_an_expired_token_is_refused_and_a_new_one_works(cloud: Any) -> None:
    cloud.sim.clock(advance="23h")
    cloud.get("/api/v2/tokens/me")
    cloud.sim.clock(advance="2h")
    answer = cloud.call("GET", "/documents", status=401).json()
    assert answer["code"] == "bad.credentials"
    token = cloud.token(*credentials(cloud))
    cloud.call("GET", "/documents", headers=bearer(token))


def test_all_tokens_can_be_made_invalid_at_once(cloud: Any) -> None:
    cloud.sim.faults([{"kind": "expired-token"}])
    cloud.call("GET", "/documents", status=401)
    cloud.call("GET", "/documents", status=401)
    cloud.call("GET", "/documents", headers=bearer(cloud.token(*credentials(cloud))))


def test_several_tokens_of_one_client_are_valid_until_each_is_revoked(cloud: Any) -> None:
    one, two = (cloud.token(*credentials(cloud)) for _ in range(2))
    cloud.call("DELETE", "/api/v2/tokens/me", headers=bearer(one))
    cloud.call("GET", "/api/v2/tokens/me", headers=bearer(one), status=401)
    cloud.call("HEAD", "/api/v2/tokens/me", headers=bearer(two))


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer nonsense"])
def test_a_call_without_a_valid_token_is_refused(cloud: Any, header: str) -> None:
    answer = cloud.call("GET", "/documents", headers={"Authorization": header}, status=401).json()
    wanted = "bad.credentials" if "nonsense" in header else "authentication.required"
    assert answer["code"] == wanted


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_other_grants_are_refused(cloud: Any, form: Any, status: int, error: str) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    content = "&".join(f"{name}={value}" for name, value in form.items())
    answer = cloud.http.post("/oauth/token", auth=credentials(cloud), headers=kind, content=content)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_credentials_belong_in_the_header(opened: Any) -> None:
    cloud = opened(schema=False)
    client, secret = credentials(cloud)
    form = {**FORM, "client_id": client, "client_secret": secret}
    answer = login(cloud, data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    odd = base64.b64encode(b"no colon").decode()
    for header in ("Basic !", f"Basic {odd}", "Basic /w=="):
        assert login(cloud, headers={"Authorization": header}).status_code == 401


def test_each_client_has_its_own_validity_and_permissions(opened: Any, tmp_path: Path) -> None:
    client = {"id": "reader", "secret": "s", "validitySeconds": 300}
    client["permissions"] = ["knowledge:document:view", "knowledge:knowledgebase:view"]
    cloud = opened(load=organization(tmp_path, clients=[client]), schema=False)
    answer = login(cloud, auth=("reader", "s")).json()
    assert answer["expires_in"] == 299
    reader = bearer(answer["access_token"])
    cloud.call("GET", "/documents", headers=reader)
    refused = cloud.call("POST", "/documents", json={"title": "A"}, headers=reader, status=403)
    assert refused.json()["code"] == "missing.permissions"
    assert refused.json()["messageParams"] == {"permissions": "knowledge:document:add"}
    path = "/documents/x/variations"
    refused = cloud.call("POST", path, json={"contexts": []}, headers=reader, status=403)
    assert refused.json()["code"] == "missing.any.permissions"


def test_the_rate_is_told_by_headers_and_the_refusal_says_when_to_return(opened: Any) -> None:
    cloud = opened(rate_limit="5/min")
    first = cloud.call("GET", "/documents")
    assert first.headers["inin-ratelimit-allowed"] == "5"
    assert first.headers["inin-ratelimit-count"] == "1"
    assert 58 <= int(first.headers["inin-ratelimit-reset"]) <= 60
    for _ in range(4):
        cloud.call("GET", "/documents")
    refused = cloud.call("GET", "/documents", status=429)
    seconds = refused.headers["Retry-After"]
    found = refused.json()
    assert found["code"] == "too.many.requests.retry.after"
    assert f"[{seconds}] seconds" in found["message"]
    cloud.sim.clock(advance="61s")
    cloud.call("GET", "/documents")


def test_the_older_form_of_the_refusal_has_no_retry_after(cloud: Any) -> None:
    cloud.sim.faults([{"kind": "rate-limited", "form": "missing"}])
    refused = cloud.call("GET", "/documents", status=429)
    assert refused.json()["code"] == "too.many.requests"
    assert "Retry-After" not in refused.headers


def test_limits_can_be_read_and_are_enforced(opened: Any, tmp_path: Path) -> None:
    key = "knowledge.documents.per.knowledgebase.max"
    cloud = opened(load=organization(tmp_path, limits={"knowledge": {key: 2}}))
    found = cloud.get("/api/v2/organizations/limits/namespaces/knowledge")["entities"]
    assert {"key": key, "namespace": "knowledge", "value": 2} in found
    for title in ("One", "Two"):
        cloud.post("/documents", {"title": title})
    refused = cloud.call("POST", "/documents", json={"title": "Three"}, status=400).json()
    assert refused["limit"] == {"key": key, "namespace": "knowledge", "value": 2}
    assert "knowledge" in cloud.get("/api/v2/organizations/limits/namespaces")["entities"]
    cloud.call("GET", "/api/v2/organizations/limits/namespaces/nonsense", status=404)


def test_the_caller_learns_its_organisation_but_is_no_user(cloud: Any) -> None:
    assert cloud.get("/api/v2/organizations/me")["name"] == "Simulated Organisation"
    answer = cloud.call("GET", "/api/v2/users/me", status=400).json()
    assert "user context" in answer["message"]


def test_unknown_paths_answer_like_the_api(cloud: Any) -> None:
    assert cloud.call("GET", "/api/v2/nothing", status=404).json()["code"] == "not.found"


def test_calls_are_logged_by_client_and_never_by_secret(cloud: Any) -> None:
    cloud.get("/documents")
    calls = cloud.sim.calls()
    assert calls[-1]["credential"] == cloud.sim.connection["client_id"]
    assert cloud.sim.env["GENESYS_CLIENT_SECRET"] not in json.dumps(calls)
