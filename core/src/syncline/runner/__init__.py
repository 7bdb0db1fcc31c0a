"""The service in your own program: `async with Runner(config) as runner: await runner.run()`.

`runner.Runner` opens the jobs (`opening`, on `connections` that they share) and has them worked
(`workers`) when `timetable`, with its `cron`, and `hints` say so. `intakes` reads queues,
`publisher` tells what the jobs do, `janitor` keeps house, `config_watcher` and `reload` follow a
changed configuration, and `web` finds the pages and webhooks, where they are installed. Whoever
wants to know subscribes to `events`; `systemd` and `loop_lag` tell how the process is.
"""

from __future__ import annotations

from .events import Listener
from .opening import OpenSession
from .runner import Runner
from .workers.job import JobWorker
from .workers.lease import slowest_takeover

__all__ = ["JobWorker", "Listener", "OpenSession", "Runner", "slowest_takeover"]
