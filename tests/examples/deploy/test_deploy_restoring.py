"""Backup and restore as the operating guide writes them, and what it says happens then."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from syncline.config import Config
from syncline.runner import Runner


def backed_up(deploy: Path, folder: Path) -> None:
    """Run the guide's command that needs no other program."""
    guide = (deploy.parents[1] / "docs" / "operating.md").read_text(encoding="utf-8")
    found = re.search(r"^python3 -c .*$", guide, re.M)
    assert found is not None
    command = found[0].replace("/var/lib/syncline", str(folder))
    command = command.replace("/var/backups", str(folder))
    subprocess.run([sys.executable, *shlex.split(command)[1:]], check=True)


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")


def texts(folder: Path) -> list[str]:
    """Return the last line of every article; what was removed lies in a folder with a dot."""
    shown = (path for path in folder.rglob("*.md") if not path.parent.name.startswith("."))
    return sorted(path.read_text(encoding="utf-8").strip().splitlines()[-1] for path in shown)


def put_back(folder: Path) -> None:
    for rest in folder.glob("state.db*"):
        rest.unlink()
    shutil.copy(folder / "syncline.db", folder / "state.db")


async def test_after_a_restore_nothing_is_made_twice_and_no_edit_is_lost(
    deploy: Path, tmp_path: Path, config: Config
) -> None:
    wiki, kb = tmp_path / "wiki", tmp_path / "kb"
    for side in (wiki, kb):
        side.mkdir()
    for n in range(10):
        write(wiki, f"Article {n}", f"text {n}")
    async with Runner(config) as runner:
        await runner.sync("articles")
        backed_up(deploy, tmp_path)
        write(wiki, "Article 1", "edited after the backup")
        write(wiki, "New", "made after the backup")
        (wiki / "Article 2.md").unlink()
        await runner.sync("articles")
    put_back(tmp_path)
    write(wiki, "Article 4", "edited since the restore")
    before = texts(wiki)
    async with Runner(config) as runner:
        report = await runner.sync("articles")
        again = await runner.sync("articles")
        conflicts = runner.session("articles").conflicts(open_only=False)
    assert texts(wiki) == before
    assert texts(kb) == before
    assert report.counts["created"] == report.counts["failed"] == 0
    assert [item.title for item in report.items if item.event == "updated"] == ["Article 4"]
    assert again.written == 0
    assert list(conflicts) == []
