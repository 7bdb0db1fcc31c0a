"""Jobs of kind `events`: what a connection tells live, mirrored to a sink."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from attrs import frozen, validators

from ...connector import setting
from ...events.privacy import Handling, Privacy
from ...reprs import Shown
from ...secret import Secret
from ...side import Side
from ..faults import Fault, Faults
from ..leaves import Path as ConfigPath
from ..scalars import shown
from ..secrets import SecretRef, references
from .zombies import ZombieSettings

Dedupe = Literal["state", "consumer", "merge"]
"""Who drops what is told twice: this job itself, those who read, or a job of kind `merge`."""

_LISTENER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
MEGABYTE = 1_048_576


def check_listener(_: object, __: object, value: str) -> None:
    """Refuse what cannot be the name of a listener: it names a folder and a lease, too.

    Raises:
        ValueError: it cannot.
    """
    if not _LISTENER.fullmatch(value):
        raise ValueError(
            f"{shown(value)} is not the name of a listener; take up to 40 letters, digits and"
            " '-', '_', '.', a letter or digit first"
        )


@frozen(kw_only=True, repr=False)
class PrivacySettings(Shown):
    """What of a person may leave with an event; closed unless said otherwise."""

    addresses: Handling = setting("Telephone numbers, e-mail and SIP addresses.", default="hash")
    names: Handling = setting("Names of customers and agents; their ids stay.", default="drop")
    attributes: tuple[str, ...] = setting(
        "Participant attributes that leave, by name; * at the end for any ending.", default=()
    )
    attribute_values: Handling = setting("How the values of those leave.", default="hash")
    texts: Handling = setting("Subjects, wrap-up notes, what else people write.", default="drop")
    key: Secret | None = setting(
        "Key of all hashes, the same for every listener; without one they are dropped.",
        default=None,
    )

    def __attrs_post_init__(self) -> None:
        if self.attributes and self.attribute_values == "hash" and self.key is None:
            message = (
                "these would leave as hashes, and there is no key to make them: say"
                ' key = { env = "…" }, or attribute_values = "keep"'
            )
            raise Faults([Fault(path=("attributes",), message=message)])

    def privacy(self) -> Privacy:
        """Return it as a source understands it; the key as it stands here."""
        return Privacy(
            addresses=self.addresses,
            names=self.names,
            attributes=self.attributes,
            attribute_values=self.attribute_values,
            texts=self.texts,
            key=self.key,
        )


@frozen(kw_only=True, repr=False)
class SpoolSettings(Shown):
    """What is kept on disk while the sink cannot be reached."""

    folder: Path | None = setting(
        "Folder of what waits and of dead letters; beside the state unless said.", default=None
    )
    megabytes: int = setting(
        "Disk that may wait; when it is full, the source is asked for nothing more.",
        default=1024,
        validator=[validators.ge(16), validators.le(1_048_576)],
    )

    @property
    def size(self) -> int:
        """Bytes that may wait."""
        return self.megabytes * MEGABYTE


@frozen(kw_only=True, repr=False)
class EventsJob(Shown):
    """Mirrors what a connection tells live to a sink."""

    kind: Literal["events"] = setting("What the job does.", default="events")
    source: str = setting("The connection that tells what happens, by its name.")
    sink: str = setting("The connection that it goes to, by its name.")
    intake: str = setting(
        "The connection whose queue hands out what the source tells, instead of sockets.",
        default="",
    )
    topics: tuple[str, ...] = setting("What is listened to; patterns are the source's to expand.")
    dedupe: Dedupe = setting(
        "Who drops what is told twice: this job, those who read, or a merge job.", default="state"
    )
    listener: str = setting(
        "Name of this listener among several; `--listener` and SYNCLINE_LISTENER override it.",
        default="a",
        validator=check_listener,
    )
    privacy: PrivacySettings = setting(
        "What of a person may leave with an event.", default=PrivacySettings()
    )
    spool: SpoolSettings = setting(
        "What is kept on disk while the sink cannot be reached.", default=SpoolSettings()
    )

    zombies: ZombieSettings = setting(
        "When a conversation that says nothing is asked for; with dedupe = 'state'.",
        default=ZombieSettings(),
    )

    def __attrs_post_init__(self) -> None:
        faults = [*self._topic_faults()]
        if self.dedupe != "state" and self.zombies != ZombieSettings():
            whose = "the merge job's" if self.dedupe == "merge" else "of no use to those who read"
            message = f"with dedupe = '{self.dedupe}' they are {whose}; remove the key here"
            faults.append(Fault(path=("zombies",), message=message))
        if faults:
            raise Faults(faults)

    def _topic_faults(self) -> Iterator[Fault]:
        if not self.topics:
            yield Fault(path=("topics",), message="there are no topics; name one at least")
        seen: set[str] = set()
        for index, topic in enumerate(self.topics):
            if not topic or not topic.isprintable() or topic != topic.strip():
                message = f"{shown(topic)} is not a topic"
                yield Fault(path=("topics", index), message=message)
            elif topic in seen:
                yield Fault(path=("topics", index), message=f"{shown(topic)} is there already")
            seen.add(topic)

    @property
    def connections(self) -> tuple[str, ...]:
        """The connections that it needs: source, sink, queue, and who is asked what has ended."""
        more = [name for name in (self.intake, self.zombies.connection) if name]
        return tuple(dict.fromkeys((self.source, self.sink, *more)))

    @property
    def secrets(self) -> tuple[tuple[ConfigPath, SecretRef], ...]:
        """Every secret that it needs itself, with its path below the job."""
        return tuple(references(self))

    def side_of(self, connection: str) -> Side | None:
        """Return None: nothing is marked to be looked at again."""
        return None


__all__ = [
    "Dedupe",
    "EventsJob",
    "PrivacySettings",
    "SpoolSettings",
    "check_listener",
]
