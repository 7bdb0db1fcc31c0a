"""`syncline demo --serve`, as a reader of the README sees it: a conflict, settled in the page."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path

import pytest


class Reader:
    """A browser without pictures: it keeps cookies and sends forms."""

    def __init__(self, address: str) -> None:
        self.base = address.partition("/enter")[0]
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)
        self.get(address)

    def get(self, address: str) -> str:
        return self._ask(urllib.parse.urljoin(self.base, address), None)

    def press(self, page: str, button: str) -> str:
        """Send the form of `page` that has this button."""
        form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if button in f)
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
        if named := re.search(r'<button[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form):
            fields[named[1]] = named[2]
        action = re.search(r'action="([^"]+)"', form)
        assert action is not None, form
        body = urllib.parse.urlencode(fields).encode()
        return self._ask(urllib.parse.urljoin(self.base, action[1]), body)

    def until(self, address: str, seen: Callable[[str], object], seconds: float = 120) -> str:
        """Look at a page again and again until it shows something."""
        end = time.monotonic() + seconds
        while not seen(page := self.get(address)):
            assert time.monotonic() < end, page
            time.sleep(0.3)
        return page

    def _ask(self, url: str, body: bytes | None) -> str:
        headers = {"Origin": self.base} if body is not None else {}
        request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 -- ours
        with self._opener.open(request, timeout=60) as answer:
            text: str = answer.read().decode()
            return text


@pytest.mark.long(30)
def test_a_conflict_comes_up_in_the_page_and_is_settled_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "syncline", "demo", "--serve", "--port", "0"]
    with (
        (tmp_path / "errors").open("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as demo,
    ):
        assert demo.stdout is not None
        try:
            address = next(
                found[1] for line in demo.stdout if (found := re.search(r"Open (\S+)", line))
            )
            reader = Reader(address)
            queue = "/jobs/handbook/conflicts"
            page = reader.until(queue, lambda text: "Vouchers" in text)
            link = re.search(r'href="(/jobs/handbook/conflicts/[0-9a-f]+)"', page)
            assert link is not None, page
            page = reader.until(link[1], lambda text: "5 years" in text or "Take left" in text)
            reader.press(page, "Take left")
            reader.until(queue, lambda text: "Vouchers" not in text)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
        assert demo.returncode == 0
        errors.seek(0)
        assert "Traceback" not in errors.read()
