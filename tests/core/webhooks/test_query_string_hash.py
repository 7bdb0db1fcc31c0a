"""Atlassian's canonical request: the documented examples, and its rules one by one."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import Forbidden
from syncline.webhooks.qsh import canonical_request, check_qsh, query_string_hash


@pytest.mark.parametrize(
    ("method", "path", "query", "canonical"),
    [
        ("GET", "/", "param=foo", "GET&/&param=foo"),
        ("POST", "/user", "", "POST&/user&"),
        ("get", "", "", "GET&/&"),
        ("POST", "/hooks/", "", "POST&/hooks&"),
        ("POST", "/a&b", "", "POST&/a%26b&"),
        ("POST", "/", "b=2&a=1", "POST&/&a=1&b=2"),
        ("POST", "/", "a=2&a=1", "POST&/&a=1,2"),
        ("POST", "/", "a=x,y&a=b", "POST&/&a=b,x%2Cy"),
        ("POST", "/", "jwt=abc.def.ghi&z=1", "POST&/&z=1"),
        ("POST", "/", "JWT=1", "POST&/&JWT=1"),
        ("POST", "/", "a=b%20c+d", "POST&/&a=b%20c%20d"),
        ("POST", "/", "a=%7e~*'()", "POST&/&a=~~%2A%27%28%29"),
        ("POST", "/", "a=%c3%a9", "POST&/&a=%C3%A9"),
        ("POST", "/", "a", "POST&/&a="),
        ("POST", "/", "a=&&b", "POST&/&a=&b="),
        ("POST", "/", "a=b=c", "POST&/&a=b%3Dc"),
        (
            "POST",
            "/",
            "some+spaces+in+this+parameter=x",
            "POST&/&some%20spaces%20in%20this%20parameter=x",
        ),
        ("POST", "/", "a10=1&a1=2&A=3", "POST&/&A=3&a1=2&a10=1"),
        ("POST", "/", "a=%ff", "POST&/&a=%FF"),
    ],
)
def test_requests_have_one_canonical_form(
    method: str, path: str, query: str, canonical: str
) -> None:
    assert canonical_request(method, path, query) == canonical
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert query_string_hash(method, path, query) == expected


PARTS = st.lists(
    st.tuples(st.text("ab~ é,+&=%", min_size=1, max_size=4), st.text("ab~ é,+&=%", max_size=4)),
    max_size=5,
)


@given(parts=PARTS, order=st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_and_spelling_of_parameters_do_not_matter(
    parts: list[tuple[str, str]], order: object
) -> None:
    from random import Random
    from urllib.parse import quote, quote_plus

    shuffled = list(parts)
    assert isinstance(order, Random)
    order.shuffle(shuffled)
    one = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in parts)
    other = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in shuffled)
    assert canonical_request("POST", "/x", one) == canonical_request("post", "/x/", other)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [("GET", "/h", "a=1"), ("POST", "/i", "a=1"), ("POST", "/h", "a=2"), ("POST", "/h", "")],
)
def test_the_hash_of_another_request_is_refused(method: str, path: str, query: str) -> None:
    claim = query_string_hash(method, path, query)
    with pytest.raises(Forbidden):
        check_qsh(claim, "POST", "/h", "a=1")


@pytest.mark.parametrize("claim", [None, "", 1, "context-qsh", ["x"], "é"])
def test_what_is_no_hash_is_refused(claim: object) -> None:
    with pytest.raises(Forbidden):
        check_qsh(claim, "POST", "/h", "")


def test_an_upper_case_hash_is_another_text() -> None:
    claim = query_string_hash("POST", "/h", "")
    check_qsh(claim, "POST", "/h", "")
    with pytest.raises(Forbidden):
        check_qsh(claim.upper(), "POST", "/h", "")
