"""What an error says: what was tried, on what, what came back, what to do; and nothing secret."""

from __future__ import annotations

import json

import pytest

from syncline import errors
from syncline.http import Client
from syncline.http.response import Fault, Response
from syncline.http.verdict import Verdict, doubtful, verdict
from syncline.model import Ref
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer, reply

REF = Ref("kb", "3f1c")
OK = range(200, 300)


async def failure(
    answer: bytes, method: str = "GET", path: str = "/api/v2/x", **call: object
) -> errors.StoreError:
    async with (
        FaultyServer(lambda request: answer) as server,
        Client(server.url, clock=FakeClock()) as client,
    ):
        with pytest.raises(errors.StoreError) as caught:
            await client.request(method, path, ref=REF, **call)  # type: ignore[arg-type]  # kwargs
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Rejected),
        (401, errors.Forbidden),
        (402, errors.Rejected),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.Rejected),
        (408, errors.Unavailable),
        (409, errors.VersionMismatch),
        (410, errors.NotFound),
        (412, errors.VersionMismatch),
        (413, errors.Rejected),
        (415, errors.Rejected),
        (422, errors.Rejected),
        (423, errors.Unavailable),
        (425, errors.Unavailable),
        (451, errors.Rejected),
        (500, errors.Unavailable),
        (501, errors.Unavailable),
        (503, errors.Unavailable),
        (302, errors.Unavailable),
        (304, errors.Unavailable),
        (599, errors.Unavailable),
    ],
)
async def test_every_status_has_its_error(status: int, kind: type[errors.StoreError]) -> None:
    body = b"" if status == 304 else b'{"code": "some.code", "detail": [1]}'
    error = await failure(reply(status, body))
    assert type(error) is kind
    assert error.status == status
    assert error.ref == REF
    assert error.body == (None if status == 304 else {"code": "some.code", "detail": [1]})
    assert str(error).startswith(f"kb:3f1c: GET /api/v2/x answered {status}")
    assert ";" in str(error)


@pytest.mark.parametrize(
    ("body", "header", "said"),
    [
        (
            {"code": "missing.permissions", "message": "You need x:y:z", "contextId": "1"},
            "ININ-Correlation-Id: 9a-b",
            "(missing.permissions: You need x:y:z; trace 9a-b)",
        ),
        (
            {"errors": [{"status": 409, "code": "CONFLICT", "title": "Version is wrong"}]},
            "atl-traceid: 77aa",
            "(CONFLICT: Version is wrong; trace 77aa)",
        ),
        ({"statusCode": 400, "message": "Bad \u202e\n\x1b"}, "", r"(Bad \u202e\n\x1b)"),
        ({"code": 401, "message": "scope does not match"}, "", "(scope does not match)"),
        ({"error": "invalid_grant", "error_description": "gone"}, "", "(invalid_grant: gone)"),
        ({"message": "x" * 5000}, "", f"({'x' * 200}…)"),
        ({"message": ["x"], "code": {}}, "", "answered 403;"),
        ({}, "X-Request-Id: a b\tc", "answered 403;"),
        ([], "", "answered 403;"),
        ("text", "", "answered 403;"),
    ],
)  # fmt: skip
async def test_the_vendors_own_words_and_trace_are_quoted(
    body: object, header: str, said: str
) -> None:
    headers = [header] if header else []
    error = await failure(reply(403, json.dumps(body).encode(), *headers))
    assert said in str(error)


async def test_an_html_error_page_is_not_quoted() -> None:
    error = await failure(reply(403, b"<h1>Sorry, a page of the proxy", kind="text/html"))
    assert "Sorry" not in str(error)
    assert error.body is None


async def test_an_article_that_the_vendor_quotes_back_is_not_in_the_error() -> None:
    article = {"body": '<p>The safe\'s code is 4711, "do not\ntell".</p>'}
    quoted = 'Error at line 1: <p>The safe\'s code is 4711, "do not tell"'
    answer = reply(400, json.dumps({"code": "invalid.html", "message": quoted}).encode())
    error = await failure(answer, "POST", json=article)
    assert "4711" not in str(error)
    assert "(invalid.html)" in str(error)


async def test_a_query_is_not_in_the_error() -> None:
    error = await failure(reply(400), path="/search?cql=secret", params={"key": "value"})
    assert "cql" not in str(error)
    assert "value" not in str(error)


A = Response
ROWS: list[tuple[str, Response | Fault, Verdict, Verdict]] = [
    ("an answer is taken", A(status=200, headers={}), Verdict.TAKE, Verdict.TAKE),
    ("refused credentials are renewed", A(status=401, headers={}), Verdict.RENEW, Verdict.RENEW),
    ("a limit is waited out", A(status=429, headers={}), Verdict.WAIT, Verdict.WAIT),
    ("a gateway's failure", A(status=502, headers={}), Verdict.REPEAT, Verdict.GIVE_UP),
    ("a locked item", A(status=423, headers={}), Verdict.REPEAT, Verdict.GIVE_UP),
    ("not implemented", A(status=501, headers={}), Verdict.GIVE_UP, Verdict.GIVE_UP),
    ("a conflict", A(status=409, headers={}), Verdict.GIVE_UP, Verdict.GIVE_UP),
    ("never sent", Fault("x", sent=False), Verdict.REPEAT, Verdict.REPEAT),
    ("never sendable", Fault("x", sent=False, again=False), Verdict.GIVE_UP, Verdict.GIVE_UP),
    ("lost on the way", Fault("x"), Verdict.REPEAT, Verdict.GIVE_UP),
    ("too large", Fault("x", again=False), Verdict.GIVE_UP, Verdict.GIVE_UP),
]  # fmt: skip


@pytest.mark.parametrize(("name", "outcome", "idempotent", "other"), ROWS, ids=[r[0] for r in ROWS])
def test_what_an_outcome_calls_for(
    name: str, outcome: Response | Fault, idempotent: Verdict, other: Verdict
) -> None:
    assert verdict(outcome, idempotent=True, ok=OK) is idempotent
    assert verdict(outcome, idempotent=False, ok=OK) is other


def test_nothing_in_doubt_is_ever_repeated_for_a_request_that_is_not_idempotent() -> None:
    outcomes: list[Response | Fault] = [A(status=s, headers={}) for s in range(300, 600)]
    outcomes += [Fault("x", sent=s, again=a) for s in (True, False) for a in (True, False)]
    for outcome in outcomes:
        if doubtful(outcome):
            assert verdict(outcome, idempotent=False, ok=OK) is Verdict.GIVE_UP
