"""No path, link or name leads out of the folder, and a file is either the old or the new one."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline_files.folder import Changed, Folder, Unsafe, content_hash
from syncline_files.names import attachment_name, file_name, folder_name, is_path, portable


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.mkdir()
    (path / "secret.md").write_text("secret")
    return path


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../secret.md",
            "/etc/passwd.md",
            "a/../../b.md",
            "a//b.md",
            "",
            ".hidden.md",
            "a/.git/x.md",
        ),
        *("a\\..\\b.md", "a\0.md", "./a.md", "a.txt", "a", "a/", ".trash/a.md"),
    ],
)
def test_an_id_that_is_no_path_of_an_article_is_none(path: str) -> None:
    assert not is_path(path)


def test_links_are_not_followed(folder: Path, outside: Path) -> None:
    (folder / "file.md").symlink_to(outside / "secret.md")
    (folder / "folder").symlink_to(outside)
    for path in ("file.md", "folder/secret.md"):
        with pytest.raises(Unsafe, match="symbolic link"):
            Folder(str(folder)).read(path)
    with pytest.raises(Unsafe):
        Folder(str(folder)).write("folder/new.md", b"x", expected=None)
    assert [p.name for p in outside.iterdir()] == ["secret.md"]
    # A write in the place of a link replaces nothing behind it.
    with pytest.raises(Changed):
        Folder(str(folder)).write("file.md", b"x", expected=content_hash(b"secret"))
    assert (outside / "secret.md").read_text() == "secret"


def test_what_is_no_plain_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    with pytest.raises(Unsafe, match="plain file"):
        Folder(str(folder)).read("pipe.md")


def test_a_file_that_is_too_large_is_not_loaded(folder: Path) -> None:
    with (folder / "large.md").open("wb") as file:
        file.truncate(6_000_000)
    with pytest.raises(Unsafe, match="larger"):
        Folder(str(folder)).read("large.md")


def test_a_write_replaces_only_the_version_that_was_expected(folder: Path) -> None:
    disk = Folder(str(folder))
    disk.write("a/b.md", b"one", expected=None)
    with pytest.raises(FileExistsError):
        disk.write("a/b.md", b"two", expected=None)
    with pytest.raises(Changed):
        disk.write("a/b.md", b"two", expected=content_hash(b"other"))
    assert (folder / "a/b.md").read_bytes() == b"one"
    disk.write("a/b.md", b"two", expected=content_hash(b"one"))
    assert (folder / "a/b.md").read_bytes() == b"two"
    assert [p.name for p in (folder / "a").iterdir()] == ["b.md"]


def test_a_write_keeps_the_permissions_of_the_file(folder: Path) -> None:
    disk = Folder(str(folder))
    disk.write("a.md", b"one", expected=None)
    (folder / "a.md").chmod(0o640)
    disk.write("a.md", b"two", expected=content_hash(b"one"))
    assert (folder / "a.md").stat().st_mode & 0o777 == 0o640


@pytest.fixture
def no_space() -> Iterator[None]:
    """Let every file of this process end after 4,096 bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_write_that_breaks_off_leaves_the_old_file(folder: Path, no_space: None) -> None:
    disk = Folder(str(folder))
    disk.write("a.md", b"one", expected=None)
    with pytest.raises(OSError, match="too large"):
        disk.write("a.md", b"x" * 10_000, expected=content_hash(b"one"))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"a.md": b"one"}


DIES_WRITING = """
import resource, signal, sys
from syncline_files.folder import Folder, content_hash
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
Folder(sys.argv[1]).write("a.md", b"x" * 100_000, expected=content_hash(b"one"))
"""


def test_what_a_killed_process_left_behind_is_overwritten(folder: Path) -> None:
    disk = Folder(str(folder))
    disk.write("a.md", b"one", expected=None)
    killed = subprocess.run([sys.executable, "-c", DIES_WRITING, str(folder)], check=False)
    assert killed.returncode == -signal.SIGXFSZ
    assert len([*folder.iterdir()]) == 2
    assert (folder / "a.md").read_bytes() == b"one"
    assert [e.name for e in disk.entries()] == ["a.md"]
    disk.write("a.md", b"two", expected=content_hash(b"one"))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"a.md": b"two"}


def test_a_move_never_overwrites(folder: Path) -> None:
    disk = Folder(str(folder))
    disk.write("a.md", b"one", expected=None)
    disk.write("b.md", b"two", expected=None)
    with pytest.raises(FileExistsError):
        disk.move("a.md", "b.md")
    disk.move("a.md", "new/c.md")
    assert (folder / "b.md").read_bytes() == b"two"
    assert (folder / "new/c.md").read_bytes() == b"one"
    assert not (folder / "a.md").exists()


@pytest.mark.parametrize(
    "title",
    [
        "../../etc/passwd",
        "CON",
        "a" * 500,
        "日本" * 100,
        "",
        "???",
        "a\0b",
        "\ud800",
        ".",
        "x.md/y",
    ],
)
def test_any_title_is_a_safe_file_name(title: str) -> None:
    name = file_name(title, "0123456789ab", ".md")
    assert is_path(name)
    assert len(os.fsencode(name)) < 255
    assert not set('<>:"/\\|?*') & set(name)
    assert folder_name(title) not in ("", ".", "..", "CON")
    assert is_path(f"{folder_name(title)}/{name}")
    assert "/" not in attachment_name(f"{title}.png", "0" * 64)


def test_names_that_some_system_takes_for_one_are_known() -> None:
    assert portable("Caf\u00e9") == portable("CAFE\u0301")
    assert portable("a") != portable("b")
    assert folder_name("Guides") == "Guides"
    assert folder_name("nul.txt") == "nul.txt_"
