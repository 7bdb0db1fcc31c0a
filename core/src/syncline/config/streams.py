"""What can be wrong between jobs that mirror events, their connections and the state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .connections import Connection
from .faults import Fault, nearest
from .jobs import Job
from .states import ConnectedState, StateAt

if TYPE_CHECKING:
    from .jobs.events import EventsJob

STREAMS = ("events", "merge")
"""The kinds of jobs that work without passes, for as long as the service runs."""


def stream_faults(
    tables: Mapping[str, object],
    connections: Mapping[str, Connection],
    known: frozenset[str],
    state: StateAt | None,
) -> Iterator[Fault]:
    """Yield what is wrong between the jobs of `STREAMS` and what they name.

    Args:
        tables: all jobs, as the file writes them: those with faults of their own, too.
        known: the names of all connections of the file, those with faults of their own too.
    """
    ends = _Ends(connections, known)
    for name, table in tables.items():
        if not isinstance(table, dict):
            continue
        if table.get("kind") == "events":
            yield from _events_faults(name, table, ends)
            yield from _folder_faults(name, table, state)
        elif table.get("kind") == "merge":
            yield from _merge_faults(name, table, tables, ends)


LISTENERS = "listeners"
"""The setting of a source that says, by listener, what each of them alone uses."""


class _Ends:
    """What the connections of a file can be to a stream."""

    def __init__(self, connections: Mapping[str, Connection], known: frozenset[str]) -> None:
        self._connections, self._known = connections, known

    def missing(self, name: object, *ports: str, what: str) -> str | None:
        """Return why a connection has not all of these ports; None where its faults are told."""
        if not isinstance(name, str):
            return None
        if name not in self._known:
            return f"there is no connection {name!r}; {nearest(name, self._known, 'connections')}"
        found = self._connections.get(name)
        if found is None:
            return None
        if all(getattr(found.connector, port) is not None for port in ports):
            return _unset(found, ports)
        offers = ", ".join(found.connector.ports) or "nothing"
        return f"the connector {found.connector.name!r} {what}; it offers: {offers}"

    def found(self, name: object) -> Connection | None:
        """Return a connection; None where there is none, or none without faults."""
        return self._connections.get(name) if isinstance(name, str) else None


def listeners_of(connection: Connection) -> tuple[str, ...] | None:
    """Return the listeners that a connection tells apart; None where its source cannot."""
    found = getattr(connection.settings, LISTENERS, None)
    return tuple(found) if isinstance(found, Mapping) else None


def unknown_listener(source: Connection, listener: str) -> str | None:
    """Return why a source has no such listener; None where it has, or tells none apart."""
    known = listeners_of(source)
    if not known or listener in known:
        return None
    hint = nearest(listener, known, "listeners")
    return f"the connection {source.name!r} has no listener {listener!r}; {hint}"


def _unset(found: Connection, ports: tuple[str, ...]) -> str | None:
    """Return what these ports need of a connection that leaves it out."""
    needed = {name for port in ports for name in found.connector.needs.get(port, ())}
    left_out = sorted(n for n in needed if not getattr(found.settings, n, None))
    if not left_out:
        return None
    names = ", ".join(map(repr, left_out))
    return f"the connection {found.name!r} does not say {names}, which events need; add it"


def _events_faults(name: str, table: Mapping[str, Any], ends: _Ends) -> Iterator[Fault]:
    queued = bool(table.get("intake"))
    port, what = ("envelopes", "has no messages") if queued else ("source", "tells nothing live")
    if why := ends.missing(table.get("source"), port, what=what):
        yield Fault(path=("jobs", name, "source"), message=why)
    if queued and (why := ends.missing(table["intake"], "intake", what="has no queue")):
        yield Fault(path=("jobs", name, "intake"), message=why)
    # Whoever merges is a part of the sink's connector: it reads what `raw_sink` wrote.
    merged = table.get("dedupe") == "merge"
    ports = ("raw_sink", "merge") if merged else ("sink",)
    what = "cannot merge what several listeners wrote" if merged else "takes no events"
    if why := ends.missing(table.get("sink"), *ports, what=what):
        yield Fault(path=("jobs", name, "sink"), message=why)
    yield from _topic_faults(name, table, ends)
    yield from _listener_faults(name, table, ends)
    yield from _zombie_faults(name, table, ends)


def _topic_faults(name: str, table: Mapping[str, Any], ends: _Ends) -> Iterator[Fault]:
    found, topics = ends.found(table.get("source")), table.get("topics")
    if found is None or found.connector.topic_fault is None or not isinstance(topics, list):
        return
    for index, topic in enumerate(topics):
        # What is no topic anywhere is told with the job's own faults.
        if isinstance(topic, str) and topic and topic == topic.strip() and topic.isprintable():
            why = found.connector.topic_fault(topic, bool(table.get("intake")))
            if why:
                yield Fault(path=("jobs", name, "topics", index), message=why)


def _listener_faults(name: str, table: Mapping[str, Any], ends: _Ends) -> Iterator[Fault]:
    found, listener = ends.found(table.get("source")), table.get("listener")
    if found is None or not isinstance(listener, str) or table.get("intake"):
        return
    if why := unknown_listener(found, listener):
        yield Fault(path=("jobs", name, "listener"), message=why)


def _folder_faults(name: str, table: Mapping[str, Any], state: StateAt | None) -> Iterator[Fault]:
    spool = table.get("spool")
    said = isinstance(spool, dict) and "folder" in spool
    if isinstance(state, ConnectedState) and not said:
        message = (
            "what waits for the sink is kept on this machine's disk, and the state is elsewhere:"
            " say spool.folder, a folder that outlives a restart"
        )
        yield Fault(path=("jobs", name), message=message, at_key=True)


def _merge_faults(
    name: str, table: Mapping[str, Any], tables: Mapping[str, object], ends: _Ends
) -> Iterator[Fault]:
    of = table.get("of")
    if isinstance(of, str) and (why := _not_merged(of, tables)):
        yield Fault(path=("jobs", name, "of"), message=why)
    yield from _zombie_faults(name, table, ends)
    twins = [
        other
        for other, each in tables.items()
        if isinstance(each, dict) and each.get("kind") == "merge" and each.get("of") == of
    ]
    if isinstance(of, str) and twins and twins[0] != name:
        message = f"job {twins[0]!r} merges {of!r} already; run it in more processes instead"
        yield Fault(path=("jobs", name, "of"), message=message)


def _zombie_faults(name: str, table: Mapping[str, Any], ends: _Ends) -> Iterator[Fault]:
    zombies = table.get("zombies")
    asks = zombies.get("connection") if isinstance(zombies, dict) else None
    if why := ends.missing(asks, "lookup", what="cannot be asked whether something has ended"):
        yield Fault(path=("jobs", name, "zombies", "connection"), message=why)


def _not_merged(of: str, tables: Mapping[str, object]) -> str | None:
    match tables.get(of):
        case {"kind": "events", "dedupe": "merge"}:
            return None
        case {"kind": "events"}:
            return f'job {of!r} leaves nothing to merge; say dedupe = "merge" there'
        case None:
            mirrors = [
                n for n, t in tables.items() if isinstance(t, dict) and t.get("kind") == "events"
            ]
            return f"there is no job {of!r}; {nearest(of, mirrors, 'jobs')}"
        case _:
            return f"job {of!r} is not of kind 'events'"


def unused_merges(jobs: Mapping[str, Job]) -> Iterator[str]:
    """Yield the events jobs that nobody merges, though they leave it to a job of kind `merge`."""
    merged = {job.of for job in jobs.values() if job.kind == "merge"}
    for name, job in jobs.items():
        if job.kind == "events" and job.dedupe == "merge" and name not in merged:
            yield (
                f"jobs.{name}: nobody merges what its listeners write; write a job with"
                f' kind = "merge" and of = "{name}", or run one from another file'
            )


def doubled_mirrors(jobs: Mapping[str, Job]) -> Iterator[str]:
    """Yield the events jobs that tell a sink what another one tells it already."""
    first: dict[tuple[str, str, str], str] = {}
    for name, job in jobs.items():
        if job.kind != "events":
            continue
        for topic in job.topics:
            other = first.setdefault((job.source, job.sink, topic), name)
            if other != name:
                yield (
                    f"jobs.{name}: job {other!r} mirrors {topic!r} to {job.sink!r} as well: each"
                    " event is there twice; remove one, or give it another sink"
                )
                break


def listener_warnings(
    jobs: Mapping[str, Job], connections: Mapping[str, Connection]
) -> Iterator[str]:
    """Yield what is unwise about who listens for the events jobs."""
    asked: set[str] = set()
    for name, job in jobs.items():
        if job.kind != "events" or job.intake:
            continue
        source = connections[job.source]
        if source.name not in asked and source.connector.listener_warnings is not None:
            said = source.connector.listener_warnings(source.settings)
            yield from (f"connections.{source.name}.{each}" for each in said)
        asked.add(source.name)
        known = listeners_of(source)
        if known is not None and (why := _unwise(job, known, source.name)):
            yield f"jobs.{name}: {why}"


def _unwise(job: EventsJob, known: Sequence[str], source: str) -> str | None:
    if known:
        if job.listener in known:
            return None
        names = ", ".join(sorted(known))
        return f"it does not say as which listener it runs; say `listener`, or --listener: {names}"
    if job.dedupe == "state":
        return None
    return (
        f"dedupe = {job.dedupe!r} is for several listeners, and all of them would use the one"
        f" credential of {source!r}; write [connections.{source}.listeners.<name>] for each"
    )


__all__ = [
    "LISTENERS",
    "STREAMS",
    "doubled_mirrors",
    "listener_warnings",
    "listeners_of",
    "stream_faults",
    "unknown_listener",
    "unused_merges",
]
