"""axe-core, the accessibility checker, from npm: `python -m syncline_checks.axe` fetches it.

It is fetched by its package name, once, into a folder outside of the checkout; no script of the
package is run. What it finds is told with the element that is at fault.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Protocol

PACKAGE = "axe-core@4"
GRAVE = frozenset({"serious", "critical"})
"""The impacts that no page may have."""
_RUN = """options => axe.run(document, options).then(found => found.violations.map(fault => ({
  rule: fault.id, impact: fault.impact, help: fault.help,
  nodes: fault.nodes.map(node => node.html + ' : ' + node.failureSummary),
})))"""


class Page(Protocol):
    """What axe needs of a page of Playwright."""

    def evaluate(self, expression: str, arg: Any = None) -> Any: ...


def cache() -> Path:
    """Return the file in which axe-core is kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "syncline" / "axe-core-4" / "axe.min.js"


def fetched() -> Path:
    """Return the file of axe-core; it is fetched when it is not there yet.

    Raises:
        OSError: it cannot be had; the message says why.
    """
    kept = cache()
    if kept.is_file():
        return kept
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("axe-core cannot be fetched: there is no npm; `apt-get install npm`")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "node_modules" / "axe-core" / "axe.min.js"
        _install(npm, folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: several test processes may be at it.
        part = kept.with_name(f"{kept.name}.{os.getpid()}")
        shutil.copyfile(found, part)
        part.replace(kept)
    return kept


def _install(npm: str, folder: str) -> None:
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent")
    command = [npm, "install", "--prefix", folder, *options, PACKAGE]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=180)
    except subprocess.CalledProcessError as error:
        raise OSError(f"npm does not fetch {PACKAGE}: {error.stderr.strip()[-300:]}") from None
    except subprocess.TimeoutExpired:
        raise OSError(f"npm did not fetch {PACKAGE} within three minutes") from None


def grave_faults(page: Page, source: str, **options: Any) -> list[str]:
    """Return the serious and critical faults of an open page, one line each.

    Args:
        source: the text of axe-core.
        options: of `axe.run`; frames are left out unless they say otherwise.
    """
    page.evaluate(source)
    found = page.evaluate(_RUN, {"iframes": False, **options})
    return [
        f"{fault['impact']} {fault['rule']}: {fault['help']}: {node}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def main() -> int:
    """Fetch axe-core and print where it is."""
    try:
        print(fetched())
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


__all__ = ["GRAVE", "PACKAGE", "cache", "fetched", "grave_faults"]

if __name__ == "__main__":
    sys.exit(main())
