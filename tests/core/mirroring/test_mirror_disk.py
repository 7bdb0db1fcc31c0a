"""What a mirror does where its disk is away, full or not to be written to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from syncline.engine.mirroring.health import health_of
from syncline.errors import Unavailable
from syncline.testing.streams import ScriptedSink, happening

Staged = Callable[..., Awaitable[Any]]
AT = happening(1).observed_at


def told(stage: Any, *numbers: int) -> None:
    for number in numbers:
        stage.source.tell(happening(number))


async def test_a_folder_that_goes_away_is_told_while_the_sink_takes_events(
    staged: Staged, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await staged()
    folder = stage.folder / "spool"
    folder.rename(stage.folder / "elsewhere")
    await stage.passes(12)
    told(stage, 1)
    await stage.passes(12)
    assert stage.sink.ids() == stage.source.settled == ["e1"]
    assert f"{folder}: what waits cannot be kept there" in stage.mirror.metrics.disk_error
    health = health_of(stage.mirror.metrics, 0, stage.clock.now())
    assert (health.unfit, [*health.degraded]) == (
        "", ["nothing can be kept on disk; the log and `syncline status` name the folder"]
    )  # fmt: skip
    assert [each.message for each in caplog.records] == ["nothing could be kept on disk"]
    (stage.folder / "elsewhere").rename(folder)
    await stage.passes(6)
    assert stage.mirror.metrics.disk_error is None


async def test_nothing_is_promised_while_the_folder_is_away_and_the_sink_too(
    staged: Staged,
) -> None:
    stage = await staged()
    stage.sink.down = Unavailable("no broker answers")
    told(stage, 1, 2)
    await stage.passes(2)
    assert stage.source.settled == ["e1", "e2"]
    spool = stage.mirror.spool
    spool.folder = away = stage.folder / "away" / "spool"
    told(stage, 3)
    await stage.passes(5)
    assert stage.source.settled == ["e1", "e2"]
    assert str(away) in stage.mirror.metrics.disk_error
    assert "none can be kept on disk" in health_of(stage.mirror.metrics, 0, AT).unfit
    stage.sink.down = None
    await stage.passes(20)
    assert stage.task is not None
    assert not stage.task.done()
    spool.folder = stage.folder / "spool"
    await stage.passes(20)
    assert stage.sink.ids() == stage.source.settled == ["e1", "e2", "e3"]
    assert stage.mirror.metrics.disk_error is None


async def test_a_disk_that_refuses_what_no_look_can_tell_is_told_once(
    staged: Staged, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await staged()
    stage.sink.down = Unavailable("no broker answers")
    # A segment that is a folder: it can be looked at, and not be opened.
    for number in range(1, 60):
        (stage.folder / "spool" / f"{number:010d}.events").mkdir()
    told(stage, 1)
    await stage.passes(20)
    errors = [each.message for each in caplog.records if each.levelname == "ERROR"]
    assert errors == ["events cannot be kept on disk"]
    assert "is a directory; look after the disk" in stage.mirror.metrics.disk_error
    stage.sink.down = None
    await stage.passes(25)
    assert stage.sink.ids() == stage.source.settled == ["e1"]
    assert stage.mirror.metrics.disk_error is None


async def test_what_was_removed_from_the_folder_is_told_and_the_rest_arrives(
    staged: Staged,
) -> None:
    stage = await staged(segment=200)
    stage.sink.down = Unavailable("no broker answers")
    for number in (1, 2, 3):
        told(stage, number)
        await stage.passes(2)
    sorted((stage.folder / "spool").glob("*.events"))[1].unlink()
    stage.sink.down = None
    await stage.passes(20)
    assert (stage.sink.ids(), stage.source.settled) == (["e1", "e2"], ["e1", "e2", "e3"])
    (said,) = health_of(stage.mirror.metrics, 0, AT).degraded
    assert "bytes that waited on disk are damaged or gone" in said


async def test_a_disk_that_takes_no_dead_letter_is_told_once(
    staged: Staged, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await staged(sink=ScriptedSink(poison={"e1"}))
    path = stage.folder / "dead-letters.jsonl"
    path.mkdir()
    told(stage, 1)
    await stage.passes(20)
    errors = [each.message for each in caplog.records if each.levelname == "ERROR"]
    assert errors == ["refused events cannot be kept"]
    assert str(path) in stage.mirror.metrics.disk_error
    assert not stage.mirror.spool.empty
    path.rmdir()
    await stage.passes(2)
    assert "e1" in path.read_text()
    assert stage.mirror.spool.empty
    assert stage.mirror.metrics.disk_error is None
