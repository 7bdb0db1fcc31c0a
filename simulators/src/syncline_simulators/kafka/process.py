"""Java processes that end with the program that started them, however that ends."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

_GUARD = 'exec 3<&0; (read -r _ <&3 || kill -9 $$) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-'
"""A shell that becomes the program. What it leaves behind waits for a line on the pipe that we
hold: we send one when all is well, and the kernel closes the pipe when we are no more."""


class JavaProcess:
    """One Java program that runs until it is told to end, or until we end."""

    def __init__(self, command: Sequence[str], *, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                ["/bin/sh", "-c", _GUARD, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for us: the broker ends when we say so.
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def end(self, number: signal.Signals, patience: float) -> None:
        """Send a signal and wait until the process is gone; after `patience` seconds, kill it."""
        self._process.send_signal(number)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._release()

    def _release(self) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            try:
                pipe.write(b"\n")
                pipe.close()
            except BrokenPipeError:  # the guard was killed with its process
                pass


def java(command: Sequence[str]) -> None:
    """Run a short Java program.

    Raises:
        ChildFailed: it ended with another status than 0; the text is what it said.
    """
    ended = subprocess.run(  # noqa: S603 - the command is ours
        [*command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if ended.returncode != 0:
        raise ChildFailed((ended.stdout + ended.stderr).strip()[-2000:])


class ChildFailed(Exception):
    """A Java program failed; the text is what it said."""


__all__ = ["ChildFailed", "JavaProcess", "java"]
