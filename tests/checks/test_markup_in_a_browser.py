"""A real browser does nothing by itself with a body, whatever it was made from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline_checks.browser import Browser
from syncline_checks.markup import CONTROL, active, payloads

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chromium"), pytest.mark.long(60)]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Debian's Chromium; where everything is tested, one that is missing is a failure."""
    if shutil.which("chromium") is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium; .ci/run installs it")
        pytest.skip("there is no chromium; `apt-get install chromium`")
    with Browser() as browser:
        yield browser


def test_what_was_cleaned_is_inert_and_what_was_not_is_seen(browser: Browser, shared: Path) -> None:
    public = list(payloads(shared / "corpus" / "xss"))
    assert [html for html in CONTROL if not browser.acts(html)] == []
    assert list(active(browser, [*CONTROL, *public[::4]], batch=100)) == []
