"""Log lines: what each form holds, what never gets in, and what a full disk does to them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from syncline import logs
from syncline.ports import Secret
from syncline.redaction import register
from syncline.scope import about, here

CANARY = "kanari-Zq7!x9Lw/3+v"
logger = logging.getLogger("syncline.engine.example")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    quiet = {name: logging.getLogger(name).level for name in logs._QUIET}
    yield
    for handler in [h for h in root.handlers if isinstance(h, logs.LossyHandler)]:
        root.removeHandler(handler)
    root.setLevel(level)
    for name, was in quiet.items():
        logging.getLogger(name).setLevel(was)
    logging.captureWarnings(False)


def written(form: Literal["text", "json"], level: int = logging.INFO) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(form, level, stream)
    return stream


def as_json(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_says_what_it_is_about() -> None:
    stream = written("json")
    with about("pass", job="knowledge", run="r1"), about("item", item="wiki:7"):
        logger.info("written", extra={"decision": "write"})
    (line,) = as_json(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "logger": "syncline.engine.example",
        "message": "written",
        "job": "knowledge",
        "run": "r1",
        "item": "wiki:7",
        "decision": "write",
    }


def test_a_text_line_begins_with_the_time_in_utc_and_ends_with_its_fields() -> None:
    stream = written("text")
    with about("pass", job="two words"):
        logger.warning("an answer was lost", extra={"ref": "wiki:7", "empty": None})
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING syncline\.engine\.example:"
        r' an answer was lost ref=wiki:7 job="two words"\n',
        stream.getvalue(),
    )


def test_a_field_that_a_record_brings_itself_is_not_replaced() -> None:
    stream = written("json")
    with about("pass", job="outer"):
        logger.info("said", extra={"job": "own"})
    assert as_json(stream)[0]["job"] == "own"


async def test_tasks_inherit_the_scope_and_do_not_share_what_they_add() -> None:
    stream = written("json")

    async def work(item: str) -> None:
        with about("item", item=item):
            await asyncio.sleep(0)
            logger.info("worked", extra={"expected": item})

    with about("pass", job="knowledge"):
        await asyncio.gather(*(work(f"wiki:{n}") for n in range(20)))
        assert "item" not in here()
    lines = as_json(stream)
    assert len(lines) == 20
    assert all(line["item"] == line["expected"] and line["job"] == "knowledge" for line in lines)
    assert here() == {}


def test_the_scope_ends_when_an_exception_leaves_it() -> None:
    with pytest.raises(ValueError, match="x"), about("pass", job="knowledge"):
        raise ValueError("x")
    assert here() == {}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_never_gets_into_a_line(form: Literal["text", "json"]) -> None:
    register(Secret(CANARY))
    stream = written(form)
    with about("pass", job=f"j{CANARY}"):
        try:
            raise RuntimeError(f"the server said {CANARY!r}")
        except RuntimeError:
            logger.exception(
                "with %s", CANARY, extra={"field": CANARY, "deep": {"a": [CANARY]}}, stack_info=True
            )
    assert stream.getvalue()
    assert CANARY not in stream.getvalue()
    assert json.dumps(CANARY)[1:-1] not in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_hostile_title_forges_no_line_and_no_terminal_sequence(
    form: Literal["text", "json"],
) -> None:
    stream = written(form)
    try:
        raise RuntimeError("a\n2026-01-01T00:00:00.000Z ERROR forged: x\x1b]0;owned\x07")
    except RuntimeError:
        logger.exception("bad\nERROR forged\x1b[2J", extra={"title": "x\r\ny\u202e"})
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    assert "\u202e" not in text
    own = [line for line in text.splitlines() if not line.startswith("    ")]
    assert len(own) == 1


def test_a_line_has_a_bounded_length() -> None:
    stream = written("json")
    try:
        raise RuntimeError("e" * 10**6)
    except RuntimeError:
        logger.exception("m" * 10**6, extra={"detail": "d" * 10**6})
    assert len(stream.getvalue()) < 8 * logs.LONGEST


def test_arguments_that_do_not_fit_their_message_are_still_logged() -> None:
    stream = io.StringIO()
    record = logging.makeLogRecord({"msg": "%d items", "args": ("many",)})
    logs.configure("json", logging.INFO, stream).handle(record)
    assert "its arguments do not fit" in as_json(stream)[0]["message"]


def test_a_full_disk_costs_lines_and_raises_nothing() -> None:
    raw = open("/dev/full", "wb", buffering=0)  # noqa: PTH123, SIM115  a device
    full = io.TextIOWrapper(raw, write_through=True)  # as Python opens stderr
    handler = logs.configure("text", logging.INFO, full)
    for _ in range(3):
        logger.error("lost")
    handler.flush()
    assert handler.lost == 3
    handler.setStream(io.StringIO())
    logger.error("written again")
    assert handler.lost == 3
    raw.close()


def test_configuring_again_replaces_the_form_and_repeats_no_line() -> None:
    first, second = written("text"), written("json")
    logger.info("once")
    assert first.getvalue() == ""
    assert len(as_json(second)) == 1


def test_libraries_are_quiet_until_everything_is_asked_for() -> None:
    stream = written("json")
    logging.getLogger("httpx").info("HTTP Request: GET https://example.test/?token=x")
    assert stream.getvalue() == ""
    stream = written("json", logging.DEBUG)
    logging.getLogger("httpx").debug("a step")
    assert len(as_json(stream)) == 1


def test_importing_the_logs_changes_nothing_and_needs_no_package_beyond_ours() -> None:
    program = (
        "import logging, sys; import syncline.logs, syncline.scope;"
        "assert not logging.getLogger().handlers;"
        "assert not [m for m in sys.modules if m.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
