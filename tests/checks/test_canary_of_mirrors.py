"""What a mirror leaves behind of callers and secrets: nothing, and the search would find it."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from syncline.errors import Rejected
from syncline.events import Privacy
from syncline.ports import Secret
from syncline_checks.callers import LET_OUT, Caller
from syncline_checks.canary import mirrored
from syncline_checks.overheard import MIRROR
from syncline_checks.spellings import hits
from syncline_genesys.interactions import Normaliser, envelope
from syncline_simulators.kafka.distribution import missing

AT = datetime(2026, 3, 2, 10, tzinfo=timezone.utc)
TOPIC = "v2.users.u1.conversations"


def _told(caller: Caller, privacy: Privacy, folder: Path) -> int:
    """Write what is told of a caller into a folder; return how many events that is."""
    normaliser, events = Normaliser("genesys/cx", "a", privacy), []
    for number, frame in enumerate(caller.frames([TOPIC])):
        one = envelope(frame)
        try:
            events += normaliser.frame(one.topic, one.body, AT)
        except Rejected as error:
            (folder / f"error-{number}").write_text(str(error), encoding="utf-8")
    (folder / "events").write_text(json.dumps([[e.key, e.data] for e in events]), encoding="utf-8")
    return len(events)


def test_nothing_of_a_caller_leaves_but_hashes(tmp_path: Path) -> None:
    caller, key = Caller(), Secret("k" * 40)
    assert _told(caller, Privacy(attributes=(LET_OUT,), key=key), tmp_path) > 10
    assert list(hits(tmp_path, caller.values)) == []
    told = (tmp_path / "events").read_text(encoding="utf-8")
    assert "hmac:" in told
    assert LET_OUT in told


def test_what_is_let_out_is_found(tmp_path: Path) -> None:
    caller = Caller()
    kept = Privacy(
        addresses="keep", names="keep", texts="keep", attributes=("*",), attribute_values="keep"
    )
    _told(caller, kept, tmp_path)
    found = {hit.secret for hit in hits(tmp_path, caller.values)}
    assert found == set(caller.values) - {"the other number"}, "that one is no part of an event"


@pytest.mark.xdist_group("kafka-broker")
@pytest.mark.timeout(600)
def test_a_mirror_that_loses_kafka_leaves_neither_callers_nor_secrets_behind(
    tmp_path: Path,
) -> None:
    if missing() and not os.environ.get("CI"):
        pytest.skip("no Kafka here")
    findings = mirrored(MIRROR, 1, tmp_path)
    assert findings.hits == ()
    assert findings.ended == (0, 0, 0, 0)
    # A search of nothing would find nothing.
    assert list((tmp_path / "kept" / "a" / "spool").glob("*.events"))
    assert (tmp_path / "kept" / "a" / "dead-letters.jsonl").stat().st_size > 1_000_000
    topics = (tmp_path / "topics.jsonl").read_bytes()
    assert b"conversation.ended" in topics
    assert b"hmac:" in topics
    log = b"".join(path.read_bytes() for path in tmp_path.glob("*-run.stderr"))
    for seen in (b'"DEBUG"', b"a frame makes no sense", b"events are kept on disk"):
        assert seen in log, seen
    answers = b"".join(path.read_bytes() for path in tmp_path.glob("answer-*"))
    assert b"syncline_events_delivered_total" in answers
