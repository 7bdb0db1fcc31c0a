"""Mirroring: what a source tells live, carried to a sink, each event once or more and in order.

`opening.open_stream` makes a stream of a job, with what `context` lends it, the `credentials` that
one listener needs, and a folder of its own (`folders`). `mirror.Mirror` is at work: what was heard
waits in the `inbox`, each call of the sink is a `sending`, an `outage` diverts to the `backlog` on
`disk`, and `open_conversations` outlast the process. Where one process works alone,
`single_process` adds `deduplication` and a janitor. `metrics` counts, `health` judges,
`health_record` and `status` let another process know.
"""

from __future__ import annotations

from .metrics import StreamMetrics
from .mirror import Mirror
from .open_conversations import OpenConversations

__all__ = ["Mirror", "OpenConversations", "StreamMetrics"]
