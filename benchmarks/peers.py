"""Peers: other people's programs, each in an environment of its own under `.venv-peers`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .measuring import ROOT

FOLDER = ROOT / ".venv-peers"


class PeerMissing(Exception):
    """A peer could not be installed; the text says why."""


def peer(name: str, *packages: str) -> Path:
    """Return the folder of a peer's programs, after installing it where it is not there yet.

    Raises:
        PeerMissing: pip could not install it.
    """
    home = FOLDER / name
    ready = home / ".ready"
    if not ready.exists():
        print(f"installing {name} into {home.relative_to(ROOT)} ...", file=sys.stderr, flush=True)
        try:
            _run(sys.executable, "-m", "venv", str(home))
            _run(str(home / "bin" / "pip"), "install", "--quiet", *(packages or (name,)))
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or str(error)
            raise PeerMissing(f"{name} could not be installed: {said.strip()[-300:]}") from error
        ready.touch()
    return home / "bin"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
