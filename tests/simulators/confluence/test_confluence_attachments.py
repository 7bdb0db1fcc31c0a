"""Attachments: upload, versions, names as sent, and downloads from another host."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

NOCHECK = {"X-Atlassian-Token": "no-check"}


def _path(page: str) -> str:
    return f"/wiki/rest/api/content/{page}/child/attachment"


def _upload(wiki: Any, method: str, page: str, name: str, data: bytes, **form: str) -> Any:
    files = {"file": (name, data, "image/png")}
    fields = {"minorEdit": "true", **form}
    return wiki.http.request(method, _path(page), files=files, data=fields, headers=NOCHECK)


def _content(wiki: Any, attachment: dict[str, Any]) -> bytes:
    """What is behind a download link, fetched as a careful client does."""
    answer = wiki.http.get("/wiki" + attachment["downloadLink"])
    assert answer.status_code == 302
    return httpx.get(answer.headers["location"], trust_env=False).content


def test_a_file_is_uploaded_listed_and_downloaded(wiki: Any) -> None:
    page = wiki.made("Refunds")
    [made] = _upload(wiki, "POST", page, "a b.png", b"\x89PNG", comment="why").json()["results"]
    assert made["id"].startswith("att")
    assert (made["title"], made["extensions"]["fileSize"]) == ("a b.png", 4)
    [row] = wiki.listed(f"/wiki/api/v2/pages/{page}/attachments")
    assert (row["id"], row["mediaType"], row["comment"]) == (made["id"], "image/png", "why")
    assert (row["pageId"], row["version"]["number"]) == (page, 1)
    assert _content(wiki, row) == b"\x89PNG"
    assert wiki.page(page)["version"]["number"] == 1


def test_a_download_leads_to_another_host_that_wants_no_credentials(wiki: Any) -> None:
    page = wiki.made("Refunds")
    _upload(wiki, "POST", page, "a.png", b"data")
    [row] = wiki.listed(f"/wiki/api/v2/pages/{page}/attachments")
    target = wiki.http.get("/wiki" + row["downloadLink"]).headers["location"]
    assert urlsplit(target).netloc != urlsplit(wiki.sim.url).netloc
    assert httpx.get(target, trust_env=False).content == b"data"
    with_secret = httpx.get(target, auth=("a", "b"), trust_env=False)
    assert with_secret.status_code == 400
    forged = target.replace("token=", "token=0")
    assert httpx.get(forged, trust_env=False).status_code == 403
    wiki.sim.clock(advance="61min")
    assert httpx.get(target, trust_env=False).status_code == 403


def test_the_v1_link_by_name_works_too(wiki: Any) -> None:
    page = wiki.made("Refunds")
    [made] = _upload(wiki, "POST", page, "ä ö.png", b"data").json()["results"]
    answer = wiki.http.get("/wiki" + made["_links"]["download"])
    assert httpx.get(answer.headers["location"], trust_env=False).content == b"data"


def test_post_refuses_a_name_that_is_there_and_put_makes_a_version(wiki: Any) -> None:
    page = wiki.made("Refunds")
    _upload(wiki, "POST", page, "a.png", b"1")
    again = _upload(wiki, "POST", page, "a.png", b"2")
    assert again.status_code == 400
    assert "same file name as an existing attachment" in again.json()["message"]
    [second] = _upload(wiki, "PUT", page, "a.png", b"22").json()["results"]
    assert second["version"]["number"] == 2
    data = {"file": ("other.png", b"333", "image/png")}
    path = f"{_path(page)}/{second['id']}/data"
    third = wiki.http.post(path, files=data, data={"minorEdit": "true"}, headers=NOCHECK).json()
    assert (third["id"], third["title"], third["version"]["number"]) == (second["id"], "a.png", 3)
    [row] = wiki.listed(f"/wiki/api/v2/pages/{page}/attachments")
    assert _content(wiki, row) == b"333"
    old = wiki.http.get(f"/wiki{row['downloadLink']}?version=1").headers["location"]
    assert httpx.get(old, trust_env=False).content == b"1"
    assert wiki.http.get(f"/wiki/api/v2/attachments/{row['id']}?version=2").json()["fileSize"] == 2
    assert wiki.http.get(f"/wiki/api/v2/attachments/{row['id']}?version=9").status_code == 404


def test_an_upload_without_the_xsrf_header_is_403(wiki: Any) -> None:
    page = wiki.made("Refunds")
    files = {"file": ("a.png", b"1", "image/png")}
    answer = wiki.http.post(_path(page), files=files, data={"minorEdit": "true"})
    assert (answer.status_code, answer.json()["statusCode"]) == (403, 403)
    assert wiki.sim.item(page)["attachments"] == []


def test_a_form_with_wrong_fields_is_400(wiki: Any) -> None:
    page = wiki.made("Refunds")
    files = {"file": ("a.png", b"1", "image/png")}
    for fields in ({"minor": "true"}, {"minorEdit": "perhaps"}):
        answer = wiki.http.post(_path(page), files=files, data=fields, headers=NOCHECK)
        assert answer.status_code == 400
    assert wiki.http.post(_path(page), json={}, headers=NOCHECK).status_code == 415
    nothing = {"nothing": ("a.png", b"1", "image/png")}
    assert wiki.http.post(_path(page), files=nothing, headers=NOCHECK).status_code == 400


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_stay_as_they_were_sent(wiki: Any, form: Any) -> None:
    name = unicodedata.normalize(form, "스크린샷 é.png")
    page = wiki.made("Refunds")
    _upload(wiki, "POST", page, name, b"1")
    [row] = wiki.listed(f"/wiki/api/v2/pages/{page}/attachments", filename=name)
    assert row["title"] == name


def test_attachments_are_deleted_and_purged(wiki: Any) -> None:
    page = wiki.made("Refunds")
    [made] = _upload(wiki, "POST", page, "a.png", b"1").json()["results"]
    path = f"/wiki/api/v2/attachments/{made['id']}"
    assert wiki.http.delete(path, params={"purge": "true"}).status_code == 400
    assert wiki.http.delete(path).status_code == 204
    assert wiki.listed(f"/wiki/api/v2/pages/{page}/attachments") == []
    [row] = wiki.listed(f"/wiki/api/v2/pages/{page}/attachments", status="trashed")
    assert wiki.http.get("/wiki" + row["downloadLink"]).status_code == 404
    assert _upload(wiki, "POST", page, "a.png", b"2").status_code == 200
    assert wiki.http.delete(path, params={"purge": "true"}).status_code == 204
    assert wiki.http.get(path).status_code == 404


def test_attachments_are_paged_fifty_at_a_time(wiki: Any) -> None:
    page = wiki.made("Refunds")
    for number in range(60):
        act = {"do": "attach", "id": page, "filename": f"{number:02d}.txt", "content": "YQ=="}
        wiki.sim.act(act)
    first = wiki.http.get(f"/wiki/api/v2/pages/{page}/attachments").json()
    assert len(first["results"]) == 50
    assert len(wiki.listed(f"/wiki/api/v2/pages/{page}/attachments")) == 60
    assert len(wiki.listed("/wiki/api/v2/attachments", mediaType="text/plain")) == 60
    v1 = wiki.http.get(_path(page), params={"limit": 40}).json()
    assert (v1["start"], v1["size"]) == (0, 40)
    rest = wiki.http.get(v1["_links"]["base"] + v1["_links"]["next"]).json()
    assert (rest["start"], rest["size"]) == (40, 20)


def test_nobody_downloads_from_a_page_that_is_out_of_sight(wiki: Any) -> None:
    page = wiki.made("Refunds")
    _upload(wiki, "POST", page, "a.png", b"1")
    [row] = wiki.listed(f"/wiki/api/v2/pages/{page}/attachments")
    wiki.sim.act({"do": "restrict", "id": page, "to": ["legal"]})
    assert wiki.http.get("/wiki" + row["downloadLink"]).status_code == 404
    assert wiki.http.get(f"/wiki/api/v2/attachments/{row['id']}").status_code == 404
    assert wiki.listed("/wiki/api/v2/attachments") == []
    assert _upload(wiki, "PUT", page, "a.png", b"2").status_code == 404
