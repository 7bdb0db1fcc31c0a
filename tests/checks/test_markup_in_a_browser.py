"""A real browser does nothing by itself with a body, whatever it was made from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from syncline_checks.browser import Browser
from syncline_checks.markup import CONTROL, active, payloads

pytestmark = [
    pytest.mark.browser,
    # Where everything is tested, a missing browser is a failure.
    pytest.mark.skipif(
        shutil.which("chromium") is None and not os.environ.get("CI"),
        reason="there is no chromium; `apt-get install chromium`",
    ),
]


def test_what_was_cleaned_is_inert_and_what_was_not_is_seen(shared: Path) -> None:
    public = list(payloads(shared / "corpus" / "xss"))
    with Browser() as browser:
        assert [html for html in CONTROL if not browser.acts(html)] == []
        assert list(active(browser, [*CONTROL, *public[::4]], batch=100)) == []
