"""What holds the simulator's exchanges against the vendor's schemas, held against itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from syncline_simulators.genesys import ENDPOINTS
from syncline_simulators.genesys.contract import Contract, contract

BASE = "/api/v2/knowledge/knowledgebases/kb"


@pytest.fixture
def known(shared: Path) -> Contract:
    return contract(shared / "specs" / "genesys.json")


def problems(
    known: Contract,
    method: str,
    path: str,
    sent: Any = None,
    got: Any = None,
    *,
    status: int = 200,
    **query: str,
) -> str:
    return "; ".join(known.problems(method, path, query, sent, status, got))


def test_a_good_exchange_has_no_problems(known: Contract) -> None:
    got = {"title": "A", "aNewProperty": 1, "dateCreated": "2026-03-02T09:21:11.013Z"}
    assert problems(known, "POST", f"{BASE}/documents", {"title": "A", "visible": None}, got) == ""


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"title": "A", "published": True}, "published"),
        ({"visible": True}, "'title' is a required property"),
        ({"title": 7}, "7 is not of type 'string'"),
        ({"title": "A", "alternatives": [{"phrase": "B"}]}, "autocomplete"),
    ],
)
def test_an_accepted_request_must_fit_its_model(known: Contract, sent: Any, said: str) -> None:
    assert said in problems(known, "POST", f"{BASE}/documents", sent, {})


def test_a_refused_request_may_be_wrong_but_its_answer_must_be_an_error(known: Contract) -> None:
    path = f"{BASE}/documents"
    good = {"message": "no", "code": "bad.request", "status": 400}
    assert problems(known, "POST", path, {"published": 1}, good, status=400) == ""
    wrong = problems(known, "POST", path, {}, {"status": "400"}, status=400)
    assert "is not of type 'integer'" in wrong


@pytest.mark.parametrize(
    ("got", "said"),
    [
        ({"entities": {}}, "is not of type 'array'"),
        ({"entities": [{"dateCreated": "yesterday"}]}, "is not a 'date-time'"),
        ({"entities": [{"category": {"id": "x"}}]}, "'name' is a required property"),
        ([], "is not of type 'object'"),
    ],
)
def test_an_answer_must_fit_its_model(known: Contract, got: Any, said: str) -> None:
    assert said in problems(known, "GET", f"{BASE}/documents", None, got)


def test_unknown_operations_and_parameters_are_named(known: Contract) -> None:
    assert "no such operation" in problems(known, "GET", "/api/v2/nothing", None, {})
    assert problems(known, "GET", "/api/v2/nothing", None, {}, status=404) == ""
    assert "'published'" in problems(known, "GET", f"{BASE}/documents", None, {}, published="1")


def test_the_proxy_tells_of_a_problem(opened: Any) -> None:
    cloud = opened(schema=False)
    cloud.article()
    cloud.sim.faults([{"kind": "extra", "values": {"entities": 7}, "match": {"path": "ents$"}}])
    cloud.get("/documents?nonsense=1")
    assert len(cloud.checked.problems) == 2
    assert "nonsense" in cloud.checked.problems[0]
    assert "7 is not of type 'array'" in cloud.checked.problems[1]


def test_the_proxy_passes_on_what_is_not_json(opened: Any) -> None:
    cloud = opened(schema=False)
    cloud.sim.faults([{"kind": "html", "match": {"path": "documents"}}])
    answer = httpx.get(f"{cloud.checked.url}{cloud.base}/documents")
    assert (answer.status_code, "html" in answer.headers["Content-Type"]) == (502, True)


def test_every_operation_of_the_simulator_is_one_of_the_vendor_s(shared: Path) -> None:
    known = contract(shared / "specs" / "genesys.json")
    for one in ENDPOINTS:
        path = one.path.replace("{", "").replace("}", "")
        assert "no such operation" not in problems(known, one.method, path, None, {}), one.path
