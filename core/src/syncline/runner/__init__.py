"""The service in your own program: `async with Runner(config) as runner: await runner.run()`."""

from __future__ import annotations

from .claim import slowest_takeover
from .events import Listener
from .opening import OpenSession
from .runner import Runner
from .working import Working

__all__ = ["Listener", "OpenSession", "Runner", "Working", "slowest_takeover"]
