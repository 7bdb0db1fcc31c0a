"""What happened, line by line: what the generator did, not what a snapshot implies."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import attrs
import orjson

STRIDE = 256
"""Lines between two places that are remembered."""

STARTED = "conversation.started"
ENDED = "conversation.ended"
JOINED = "participant.joined"
LEFT = "participant.left"
ALERTING = "communication.alerting"
CONNECTED = "communication.connected"
HELD = "communication.held"
RESUMED = "communication.resumed"
TRANSFERRED = "communication.transferred"
DISCONNECTED = "communication.disconnected"
CHANGED = "communication.changed"
ACW = "acw"
WRAPUP = "wrapup"
ATTRIBUTES = "attributes"
RECORDING = "recording"


@attrs.frozen(kw_only=True)
class Fact:
    """One thing that happened."""

    type: str
    at: int
    """Milliseconds since 1970."""
    participant: str = ""
    communication: str = ""
    state: str = ""
    reason: str = ""

    def line(self, seq: int, conversation: str, rest: Mapping[str, Any], at: str) -> bytes:
        """The line, with what holds for the whole change."""
        said = {
            "participant_id": self.participant,
            "communication_id": self.communication,
            "state": self.state,
            "reason": self.reason,
        }
        return orjson.dumps(
            {
                "seq": seq,
                "conversation_id": conversation,
                "type": self.type,
                "occurred_at": at,
                **{name: value for name, value in said.items() if value},
                **rest,
            }
        )


@attrs.define(kw_only=True)
class Truth:
    """The lines, in a file: a million of them need no memory."""

    path: Path | None = None
    """Where it is kept; None for a file that goes with the simulator."""
    count: int = 0
    _file: IO[bytes] | None = None
    _places: list[int] = attrs.field(factory=list)
    _end: int = 0

    def keep(self, path: Path) -> None:
        """Keep it in this file; what was there before goes.

        Raises:
            OSError: it cannot be written.
        """
        self.path = path
        self._opened()

    def append(self, line: bytes) -> None:
        """Write the next line, which has the number `count + 1`."""
        file = self._opened()
        if self.count % STRIDE == 0:
            self._places.append(self._end)
        self.count += 1
        self._end += len(line) + 1
        file.write(line)
        file.write(b"\n")

    def page(self, since: int, limit: int) -> list[bytes]:
        """At most `limit` lines with numbers beyond `since`."""
        if self._file is None or since >= self.count:
            return []
        self._file.seek(self._places[since // STRIDE])
        for _ in range(since % STRIDE):
            self._file.readline()
        last = min(limit, self.count - since)
        found = [self._file.readline().rstrip(b"\n") for _ in range(last)]
        self._file.seek(0, 2)
        return found

    def close(self) -> None:
        """End it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = self.path.open("w+b") if self.path else tempfile.TemporaryFile()  # noqa: SIM115
        return self._file


def page(lines: Sequence[bytes], since: int) -> bytes:
    """A page as JSON: `{"lines": [...], "next": number}`."""
    return b'{"next":%d,"lines":[%s]}' % (since + len(lines), b",".join(lines))
