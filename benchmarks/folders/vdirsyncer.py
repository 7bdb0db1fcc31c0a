"""P9: two folders, against vdirsyncer on the same number of items; whole processes, CPU.

vdirsyncer keeps contacts: the same text goes into a card for it and into Markdown for us.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ..measuring import Options, Outcome, Result, Skipped, as_installed, pairs, process
from ..peers import PeerMissing, peer

_TEXT = "Refunds are paid in fourteen days to the account that the customer paid from. "
_CONFIG = """\
state = "sqlite:///{folder}/state.db"
[connections.here]
connector = "files"
path = "left"
[connections.there]
connector = "files"
path = "right"
[jobs.articles]
kind = "documents"
left = "here"
right = "there"
"""
_PEER = """\
[general]
status_path = "{folder}/status/"
[pair articles]
a = "left"
b = "right"
collections = null
[storage left]
type = "filesystem"
path = "{folder}/left/"
fileext = ".vcf"
[storage right]
type = "filesystem"
path = "{folder}/right/"
fileext = ".vcf"
"""


def run(options: Options) -> Iterator[Result]:
    """Judge the first sync and passes without changes."""
    count = 1_000 if options.quick else 10_000
    goals = (("first sync", 1.0), ("no change", 0.5))
    try:
        theirs = peer("vdirsyncer") / "vdirsyncer"
    except PeerMissing as error:
        for what, _ in goals:
            yield Skipped(goal="P9", what=f"two folders, {what}", reason=str(error))
        return
    with tempfile.TemporaryDirectory() as name:
        ours_at, peer_at = Path(name) / "ours", Path(name) / "peer"
        _ours(ours_at / "compiling", 1)()
        first_ours, first_peer, unchanged_ours, unchanged_peer = [], [], [], []
        for number in range(max(1, options.rounds // 2)):
            mine = _ours(ours_at / str(number), count)
            other = _vdirsyncer(theirs, peer_at / str(number), count)
            first_peer.append(other())
            first_ours.append(mine())
            unchanged_ours.append(mine)
            unchanged_peer.append(other)
        same = pairs(unchanged_peer[0], unchanged_ours[0], options.rounds)
    yield Outcome(
        goal="P9",
        what=f"two folders, first sync of {count:,}: CPU / vdirsyncer",
        samples=tuple(o / p for o, p in zip(first_ours, first_peer, strict=True)),
        limit=goals[0][1],
        beside=f"vdirsyncer {first_peer[0]:.2f} s, ours {first_ours[0]:.2f} s",
    )
    yield Outcome(
        goal="P9",
        what=f"two folders, {count:,} unchanged: CPU / vdirsyncer",
        samples=same.ratios,
        control=same.control,
        limit=goals[1][1],
        beside=same.medians(1, "s", "vdirsyncer"),
    )


def _ours(folder: Path, count: int) -> Callable[[], float]:
    for side in ("left", "right"):
        (folder / side).mkdir(parents=True)
    for number in range(count):
        text = f"# Article {number}\n\n{_TEXT * 7}\n"
        (folder / "left" / f"article-{number}.md").write_text(text, encoding="utf-8")
    config = folder / "syncline.toml"
    config.write_text(_CONFIG.format(folder=folder), encoding="utf-8")
    config.chmod(0o600)
    command = [sys.executable, "-m", "syncline", "sync", "articles"]

    def sync() -> float:
        used = process(command, cwd=folder, environment=as_installed())
        copied = sum(1 for _ in (folder / "right").glob("*.md"))
        if copied != count:
            raise RuntimeError(f"{copied} of {count} were copied: {used.output[-500:]}")
        return used.cpu

    return sync


def _vdirsyncer(program: Path, folder: Path, count: int) -> Callable[[], float]:
    for side in ("left", "right"):
        (folder / side).mkdir(parents=True)
    for number in range(count):
        card = f"UID:{number}\r\nFN:Article {number}\r\nNOTE:{_TEXT * 7}"
        text = f"BEGIN:VCARD\r\nVERSION:3.0\r\n{card}\r\nEND:VCARD\r\n"
        (folder / "left" / f"{number}.vcf").write_text(text, encoding="utf-8")
    config = folder / "config"
    config.write_text(_PEER.format(folder=folder), encoding="utf-8")
    base: list[str | Path] = [program, "-v", "ERROR", "-c", config]
    process([*base, "discover", "--no-list"])

    def sync() -> float:
        used = process([*base, "sync"])
        copied = sum(1 for _ in (folder / "right").glob("*.vcf"))
        if copied != count:
            raise RuntimeError(f"vdirsyncer copied {copied} of {count}: {used.output[-500:]}")
        return used.cpu

    return sync
