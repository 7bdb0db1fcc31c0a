"""A real Chromium that opens one body after the other and tells what they do by themselves."""

from __future__ import annotations

import shutil
from typing import Self

from playwright.sync_api import Dialog, Error, Request, Route, sync_playwright

ORIGIN = "http://127.0.0.1:9/"
"""Where the page seems to be; nothing listens there, the answers are made here."""
PASSIVE = frozenset({"image", "media"})
"""What a body may fetch from elsewhere: the pictures and videos of its profile."""
_WATCH = """
window.seen = [];
window.hit = (...a) => { window.seen.push('script'); };
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  window[name] = window.hit;
"""
_TOUCH = """() => {
  for (const kind of ['mouseover', 'pointerenter', 'focus', 'toggle', 'error', 'load'])
    for (const e of [...document.body.querySelectorAll('*')].slice(0, 2000))
      e.dispatchEvent(new Event(kind, {bubbles: true}));
  return window.seen;
}"""


class Browser:
    """Chromium without a way out: what it asks for is answered here, and noted."""

    def __enter__(self) -> Self:
        self._driver = sync_playwright().start()
        path = shutil.which("chromium")
        # No sandbox inside containers; nothing that is opened comes from elsewhere.
        self._chromium = self._driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        self.version = self._chromium.version
        self._context = self._chromium.new_context()
        self._context.add_init_script(_WATCH)
        self._context.route("**/*", self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        self._chromium.close()
        self._driver.stop()

    def acts(self, html: str) -> list[str]:
        """Return what a page does by itself, and when its parts are touched; empty when nothing.

        Each is opened in a page of its own: what one has begun cannot reach into the next.
        """
        self._noted: list[str] = []
        self._html = html
        self._loads = 0
        page = self._context.new_page()
        page.on("dialog", self._dialog)
        page.on("popup", lambda _: self._noted.append("popup"))
        try:
            page.goto(ORIGIN, wait_until="load")
            page.wait_for_timeout(40)
            self._noted += page.evaluate(_TOUCH)
            page.wait_for_timeout(20)
        except Error as error:
            self._noted.append(f"the page went away: {error}".splitlines()[0])
        finally:
            for open_page in self._context.pages:
                open_page.close()
        return sorted(set(self._noted))

    def _dialog(self, dialog: Dialog) -> None:
        self._noted.append("dialog")
        dialog.dismiss()

    def _answer(self, route: Route, request: Request) -> None:
        document = request.resource_type == "document"
        if document and request.url == ORIGIN and not self._loads:
            self._loads += 1
            page = f"<!doctype html><meta charset=utf-8><body>{self._html}</body>"
            route.fulfill(body=page.encode("utf-8", "replace"), content_type="text/html")
            return
        if request.resource_type not in PASSIVE and not request.url.endswith("favicon.ico"):
            self._noted.append(f"{request.resource_type} of {request.url[:80]}")
        route.abort()
