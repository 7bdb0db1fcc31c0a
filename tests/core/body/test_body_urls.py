"""Which URLs a body may hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import element, finish
from syncline.body.urls import href, source

ASSET = "syncline:asset/" + "0a" * 32

KEPT = {
    "https://example.org/a?b=c&d=e#f": "https://example.org/a?b=c&d=e#f",
    "HTTP://example.org": "http://example.org",
    "  https://example.org/\n": "https://example.org/",
    "https://example.org/a b": "https://example.org/a%20b",
    'https://example.org/"><x': "https://example.org/%22%3E%3Cx",
    "https://exa\nmple.org/\t": "https://example.org/",
    "https://münchen.example/ü": "https://münchen.example/ü",
    "http://[::1]:8080/": "http://[::1]:8080/",
    "https://127.0.0.1/": "https://127.0.0.1/",
    "mailto:a@example.org?subject=x": "mailto:a@example.org?subject=x",
    "tel:+41-44": "tel:+41-44",
    "#part": "#part",
    "syncline:doc/wiki:98312": "syncline:doc/wiki:98312",
    "syncline:doc/kb:1%3A2#Part": "syncline:doc/kb:1%3A2#Part",
    ASSET: ASSET,
}

REFUSED = (
    *("", "#", "/a", "a.html", "../a", "//example.org/a", "?a", "\\\\example.org"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java\tscript:x"),
    *("\x01javascript:x", "javascript&colon;x", "vbscript:x", "data:text/html,x", "file:///etc"),
    *("http://", "https://", "https:///", "http://[", "https://256.256.256.256/", "mailto:"),
    *("ftp://example.org", "ws://x", "blob:https://x", "about:blank", "view-source:https://x"),
    *("syncline:", "syncline:doc/", "syncline:doc/x", "syncline:asset/xyz", "syncline:run/1"),
    "syncline:asset/" + "0A" * 32,
)


@pytest.mark.parametrize(("given_", "kept"), KEPT.items())
def test_a_good_target_is_kept_in_one_spelling(given_: str, kept: str) -> None:
    assert href(given_) == kept
    assert href(kept) == kept


@pytest.mark.parametrize("url", REFUSED)
def test_any_other_target_is_refused(url: str) -> None:
    assert href(url) is None


@pytest.mark.parametrize("url", ["mailto:a@example.org", "tel:1", "#a", "syncline:doc/wiki:1"])
def test_an_image_is_a_file(url: str) -> None:
    assert source(url) is None


def test_an_image_may_be_an_asset_or_on_the_web() -> None:
    assert source(ASSET) == ASSET
    assert source("https://example.org/a.png") == "https://example.org/a.png"


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_survives_the_sanitiser(text: str) -> None:
    for scheme in ("https://", "mailto:", "syncline:doc/", "#", ""):
        target = href(scheme + text)
        if target is not None:
            assert href(target) == target
            body = finish([element("p", element("a", "x", href=target))])
            assert f">{'x'}</a>" in body
            assert finish([element("p", element("a", "x", href=target))]) == body
