"""Backup and restore as the operating guide writes them, and what it says happens then."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from syncline.config import Config
from syncline.runner import Runner
from syncline.state import SqliteState

SERVICE = 61_184
"""A user of the range from which systemd takes dynamic ones."""


def guide(deploy: Path, folder: Path) -> str:
    """Return the guide, with its folders being this one."""
    text = (deploy.parents[1] / "docs" / "operating.md").read_text(encoding="utf-8")
    text = text.replace("/var/lib/syncline", str(folder))
    return text.replace("/var/backups", str(folder))


def backed_up(deploy: Path, folder: Path) -> None:
    """Run the guide's command that needs no other program."""
    found = re.search(r"^\(umask 077; python3 (-c .*)\)$", guide(deploy, folder), re.M)
    assert found is not None
    run(f"umask 077; {shlex.quote(sys.executable)} {found[1]}")


def run(commands: str) -> None:
    subprocess.run(["sh", "-e", "-c", commands], check=True)


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")


def texts(folder: Path) -> list[str]:
    """Return the last line of every article; what was removed lies in a folder with a dot."""
    shown = (path for path in folder.rglob("*.md") if not path.parent.name.startswith("."))
    return sorted(path.read_text(encoding="utf-8").strip().splitlines()[-1] for path in shown)


def put_back(deploy: Path, folder: Path) -> None:
    """Run the guide's commands, without those that stop and start the service."""
    found = re.search(
        r"^systemctl stop syncline\n(.*?)^systemctl start", guide(deploy, folder), re.M | re.S
    )
    assert found is not None
    run(found[1])


def test_a_copy_is_for_its_owner_only_and_what_is_put_back_belongs_to_the_service(
    deploy: Path, tmp_path: Path
) -> None:
    SqliteState.open(tmp_path / "state.db").close()
    if os.geteuid() == 0:
        os.chown(tmp_path, SERVICE, SERVICE)  # as systemd has made the folder for the service
    backed_up(deploy, tmp_path)
    assert (tmp_path / "syncline.db").stat().st_mode & 0o777 == 0o600
    put_back(deploy, tmp_path)
    restored = (tmp_path / "state.db").stat()
    assert restored.st_mode & 0o777 == 0o600
    assert (restored.st_uid, restored.st_gid) == (
        tmp_path.stat().st_uid, tmp_path.stat().st_gid,
    )  # fmt: skip


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
    put_back(deploy, tmp_path)
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
