"""Detail events of conversations as Amazon EventBridge hands them on.

Source: Genesys EventBridge integration: `detail` holds `topicName` with its real ids, and
`eventBody`; `detail-type` is the template of the topic, with `{id}` in it. They come at least once,
in no order, and are kept for days while AWS cannot be reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec
from attrs import frozen

from syncline.connector import Context
from syncline.errors import ConfigError
from syncline.events import Event, Subscription
from syncline.model import JSON
from syncline.ports import Clock

from ..config.events import SOURCE
from ..interactions import Normaliser
from ..settings import Settings

TOPICS = "v2.detail.events.conversation."
"""How the topics begin that tell of conversations in bulk."""


@frozen
class DetailEnvelopes:
    """An `Envelopes` of one organisation's detail events."""

    _organization: str
    _topics: tuple[str, ...]
    _normaliser: Normaliser
    _clock: Clock

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Event] | None:
        """Return what a message says that was not told yet; None when it is somebody else's.

        Raises:
            Rejected: it is a detail event, and makes no sense.
        """
        source, detail = envelope.get("source"), envelope.get("detail")
        if not isinstance(source, str) or not source.startswith(SOURCE):
            return None
        organization = source.removeprefix(SOURCE).partition("/")[0]
        if self._organization and organization != self._organization:
            return None
        if not isinstance(detail, dict) or not self._wanted(envelope, detail):
            return None
        body = msgspec.json.encode(detail.get("eventBody"))
        return self._normaliser.frame(str(detail["topicName"]), body, self._clock.now())

    def _wanted(self, envelope: Mapping[str, JSON], detail: Mapping[str, JSON]) -> bool:
        names = (detail.get("topicName"), envelope.get("detail-type"))
        if not isinstance(names[0], str) or not names[0].startswith(TOPICS):
            return False
        return any(
            fnmatchcase(name, topic)
            for name in names
            if isinstance(name, str)
            for topic in self._topics
        )


def open_envelopes(
    settings: Settings, context: Context, subscription: Subscription
) -> DetailEnvelopes:
    """Return what reads the messages of a job; nothing is called for it.

    Raises:
        ConfigError: a topic is not told through EventBridge.
    """
    strangers = [topic for topic in subscription.topics if not topic.startswith(TOPICS)]
    if strangers:
        raise ConfigError(
            [
                f"topics: {', '.join(map(repr, strangers))} does not come out of a queue; "
                f"write {TOPICS}*, or leave out the intake"
            ]
        )
    source = f"genesys/{context.connection}"
    normaliser = Normaliser(source, subscription.listener, subscription.privacy)
    return DetailEnvelopes(settings.organization, subscription.topics, normaliser, context.clock)


__all__ = ["TOPICS", "DetailEnvelopes", "open_envelopes"]
