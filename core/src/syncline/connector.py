"""What a plugin declares: one `Connector` per vendor system."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import attrs

from .reprs import Shown

if TYPE_CHECKING:
    # Declaring a connector needs no port: a check of the configuration does without them.
    from .config_items import Kind
    from .config_store import ConfigStore, EventReader, Intake
    from .events import (
        Envelopes,
        EventSink,
        EventSource,
        Lookup,
        MergeJob,
        MergeStage,
        Subscription,
    )
    from .model import Ref
    from .ports import Cache, Clock, SecretProvider, Store, Webhook
    from .state.port import StateStore
    from .state.shared import Shared

API_VERSION = 1
"""Raised when a port or hook changes incompatibly."""

LocalPath: TypeAlias = Annotated[str, "local path"]
"""Type of a setting that names a file or folder of this machine.

It is a text; a relative one is made absolute, from the folder of the configuration file.
"""


def setting(help: str, *, by_connection: bool = False, **kwargs: Any) -> Any:
    """Declare one documented setting of a connector (an attrs field).

    Args:
        help: one sentence under 80 characters that ends in a full stop; it feeds error messages,
            `syncline connectors describe`, the JSON Schema and the reference page.
        by_connection: it is a mapping whose keys are names of the file's connections: others are
            refused.
    """
    return attrs.field(metadata={"help": help, "by_connection": by_connection}, **kwargs)


@attrs.frozen(kw_only=True, repr=False)
class Context(Shown):
    """What the core lends to an adapter; it takes nothing else from its surroundings."""

    connection: str
    """The name under `[connections.<name>]`: the first half of every `Ref`."""
    clock: Clock
    cache: Cache
    observe: Callable[[str, Mapping[str, Any]], None] = lambda event, fields: None
    """`observe(event, fields)`: calls, waits and retries, for the progress bar and metrics."""
    age: timedelta = timedelta(minutes=5)
    """How old a signed webhook delivery may be."""
    shared: Shared | None = None
    """What processes on one credential share; None where there is no state yet to share it in."""
    ahead: timedelta = timedelta(minutes=1)
    """How far the clock of a webhook's sender may be ahead of ours."""


@attrs.frozen(kw_only=True, repr=False)
class WebhookForm(Shown):
    """One way in which a vendor announces changes over HTTP: how it signs, what it sends.

    Written as `[connections.<name>.webhook]` with `form = "<name of the form>"`; the other keys are
    those of `settings`.
    """

    summary: str
    settings: type[Any]
    open: Callable[[Any, Context], Webhook]
    """Receives an instance of `settings`, its secrets resolved. It opens nothing."""


def opened_late(target: str) -> Callable[[Any, Context], Webhook]:
    """Return an opener of a form that imports `module:function` when it is first used.

    Connectors are imported with every configuration; what checks tokens is slow to import.
    """

    def open_(settings: Any, context: Context) -> Webhook:
        module, _, function = target.partition(":")
        opened: Webhook = getattr(import_module(module), function)(settings, context)
        return opened

    return open_


@attrs.frozen(kw_only=True)
class Preparation:
    """What `prepare` is asked for."""

    create: bool = False
    """Make what is missing; nothing that is there is changed."""
    merged: bool = False
    """Several listeners write to `raw_sink`, and a merge job reads it: its places are needed."""


@attrs.frozen(kw_only=True)
class Finding:
    """What `prepare` found at one place."""

    fine: bool
    text: str
    """The place, how it is, how it should be, and what to do about it."""


@attrs.frozen(kw_only=True, repr=False)
class Connector(Shown):
    """One vendor system: its settings class and the ports that it can open.

    Each factory receives an instance of `settings`, its secrets resolved, and a `Context`.
    """

    name: str
    summary: str
    settings: type[Any]
    api: int = API_VERSION
    documents: Callable[[Any, Context], Store] | None = None
    config: Callable[[Any, Context], ConfigStore] | None = None
    kinds: Callable[[], Mapping[str, Kind]] | None = None
    """What `config` holds, for checks that open nothing; goes with `config`."""
    refused: Callable[[], Mapping[str, str]] | None = None
    """What people look for there and the vendor lets nobody drive, with the vendor's reason.

    By kind, such as `trunk`, or by kind and field, such as `queue#capacity`. Each reason is read
    after a colon and says what to do instead; `check` shows it to whoever names such a thing.
    """
    events: Callable[[Any, Context], EventReader] | None = None
    intake: Callable[[Any, Context], Intake | None] | None = None
    """None where the settings name no queue."""
    live: Callable[[Any, Context, Sequence[Ref]], Intake | None] | None = None
    """Opens what tells of these objects live, without a queue; goes with `events`, which reads it.

    The objects are those that configuration jobs use. None where the settings do not ask for it.
    """
    sink: Callable[[Any, Context], EventSink | None] | None = None
    """None where the settings name no place for events."""
    source: Callable[[Any, Context, Subscription], EventSource] | None = None
    topic_fault: Callable[[str, bool], str | None] | None = None
    """Returns what is wrong with a topic of `source`, for checks that open nothing.

    True where a queue hands out what the source tells. The sentence names the topic, and the
    nearest one that is right.
    """
    listener_warnings: Callable[[Any], Sequence[str]] | None = None
    """Returns what is unwise about the `listeners` of the settings, for the same checks."""
    envelopes: Callable[[Any, Context, Subscription], Envelopes] | None = None
    """Reads the same events out of messages, which another connection's `intake` hands out."""
    lookup: Callable[[Any, Context], Lookup] | None = None
    """Asks whether conversations that look open have ended; goes with `source`."""
    raw_sink: Callable[[Any, Context], EventSink] | None = None
    """What several listeners write to, for `merge` to read; goes with it."""
    merge: Callable[[Any, Context, MergeJob], MergeStage] | None = None
    prepare: Callable[[Any, Context, Preparation], Awaitable[Sequence[Finding]]] | None = None
    """Looks at the places that events go to, such as topics; makes missing ones if told so."""
    state: Callable[[Any, Context, Mapping[str, str]], StateStore] | None = None
    """Opens a state elsewhere than in a file, as the other keys of `state = { … }` say."""
    secrets: Callable[[Any, Context], SecretProvider] | None = None
    needs: Mapping[str, Sequence[str]] = attrs.field(factory=dict)
    """Optional settings that a port does need, such as `{"documents": ("knowledge_base",)}`."""
    folder: str = ""
    """Name of the setting with the folder of this machine that `documents` are in; "" for none.

    `check` refuses connections to one folder, or to one inside another, that would take the same
    documents twice.
    """
    leaves_out: Callable[[Any, str], bool] | None = None
    """Tells whether a connection leaves out a folder below `folder`, by its path with `/`."""
    webhooks: Mapping[str, WebhookForm] = attrs.field(factory=dict)
    """By name, in the vendor's words; every connection can have the core's `generic` besides."""

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the ports that this connector can open."""
        ports = (
            "documents", "config", "events", "intake", "source", "sink", "merge", "state", "secrets"
        )  # fmt: skip
        return tuple(name for name in ports if getattr(self, name) is not None)
