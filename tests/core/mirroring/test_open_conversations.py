"""What a listener knows across restarts, wherever its folder is."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.engine.mirroring import OpenConversations
from syncline.events import interaction
from syncline.testing.clock import FakeClock
from syncline.testing.streams import happening


@pytest.mark.parametrize("name", ["plain", "100% of it?", "a#b", "with space"])
def test_what_was_open_is_read_from_folders_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    _wrote_one(folder)
    assert _open(folder) == ["c1"]


def test_a_folder_may_begin_with_two_slashes(tmp_path: Path) -> None:
    # `state = "sqlite:////var/lib/…"` makes one.
    _wrote_one(Path(f"/{tmp_path}"))
    assert _open(Path(f"/{tmp_path}")) == ["c1"]


def _wrote_one(folder: Path) -> None:
    known = OpenConversations.open_at(folder / "known.db", FakeClock())
    known.note([happening(1, key="c1", type=interaction.STARTED)], None)
    known.close()


def _open(folder: Path) -> list[str]:
    known = OpenConversations.open_at(folder / "known.db", FakeClock())
    try:
        return list(known.open())
    finally:
        known.close()
