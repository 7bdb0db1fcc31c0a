"""A folder with a configuration, and the handler of a function that reads it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline.state import SqliteState
from syncline_aws.handler import Host
from syncline_aws.handler.sources import source
from syncline_aws.handler.testing import Invocation

SECRET = "a secret of more than sixteen characters"
ARTICLES = """\
state = "state.db"
[connections.wiki]
connector = "files"
path = "wiki"
[connections.wiki.webhook]
form = "generic"
scheme = "hmac"
secret = { file = "webhook.secret" }
[connections.kb]
connector = "files"
path = "kb"
[jobs.articles]
kind = "documents"
left = "wiki"
right = "kb"
"""


class Function:
    """One function: environments come and go, the folder of its code stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {"LAMBDA_TASK_ROOT": str(folder)}
        self._hosts: list[Host] = []
        self._states: list[SqliteState] = []

    def write(self, text: str) -> None:
        """Deploy another configuration."""
        (self.folder / "syncline.toml").write_text(text)

    @property
    def text(self) -> str:
        """The configuration."""
        return (self.folder / "syncline.toml").read_text()

    def state(self) -> SqliteState:
        """The state, opened as another process opens it."""
        self._states.append(SqliteState.open(self.folder / "state.db"))
        return self._states[-1]

    def article(self, name: str, text: str, side: str = "wiki") -> None:
        """Write an article."""
        (self.folder / side / f"{name}.md").write_text(f"---\ntitle: {name}\n---\n\n{text}\n")

    def copied(self) -> str:
        """What the other side has of all articles."""
        return "".join(path.read_text() for path in (self.folder / "kb").glob("*.md"))

    def copies(self) -> int:
        """How many articles the other side has."""
        return len(list((self.folder / "kb").glob("*.md")))

    def begin(self) -> Host:
        """Start another environment."""
        where = source(lambda service: None, self.environ)
        self._hosts.append(Host(where=where, environ=self.environ))
        return self._hosts[-1]

    def __call__(self, event: Any, seconds: float = 60) -> dict[str, Any]:
        """Invoke the function in the environment that is there."""
        return (self._hosts[-1] if self._hosts else self.begin())(event, Invocation(seconds))

    def close(self) -> None:
        """End all environments."""
        for state in self._states:
            state.close()
        for host in self._hosts:
            host.close()


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Function]:
    """A function with a documents job between two folders."""
    for name in ("wiki", "kb"):
        (tmp_path / name).mkdir()
    (tmp_path / "webhook.secret").write_text(SECRET)
    (tmp_path / "webhook.secret").chmod(0o600)
    made = Function(tmp_path)
    made.write(ARTICLES)
    yield made
    made.close()


@pytest.fixture
def plain_logs() -> Iterator[None]:
    """Take back what the handler does to the logs of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
