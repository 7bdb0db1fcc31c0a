"""Which topics go on which channel of which OAuth client. Pure.

Source: Genesys Cloud keeps 20 channels for a client, and drops the least recently used one for the
21st; a channel holds 1,000 names. A channel that is about to end is replaced by a new one while it
still listens, so that some places are left free.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import field, frozen

from syncline.errors import ConfigError

MOST = 1000
"""Names of one channel."""
KEPT = 20
"""Channels that the vendor keeps for one client."""


@frozen(order=True)
class Slot:
    """The place of a channel: it outlives the channels that take it, one after another."""

    client: int
    """Index of the OAuth client."""
    number: int

    def __str__(self) -> str:
        return f"{self.client}.{self.number}"


@frozen(kw_only=True)
class Plan:
    """Names by slot; no slot is empty, and no name stands twice."""

    slots: Mapping[Slot, frozenset[str]] = field(factory=dict)

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*self.slots.values())


NOTHING = Plan()


def plan_channels(
    names: Collection[str], clients: Sequence[int], before: Plan = NOTHING, *, most: int = MOST
) -> Plan:
    """Return where names go: those that were placed stay, new ones fill what is free.

    Args:
        names: to subscribe to, a combined name once.
        clients: how many channels each OAuth client may have.
        most: names of one channel.

    Raises:
        ConfigError: the clients do not suffice; with the arithmetic.
    """
    wanted = frozenset(names)
    _suffices(len(wanted), clients, most)
    kept = _kept(wanted, clients, before, most)
    fresh = sorted(wanted.difference(*kept.values()))
    free = [slot for slot in _slots(clients) if slot not in kept]
    filled = {slot: set(held) for slot, held in kept.items()}
    for slot in [*sorted(kept, key=lambda one: (-len(kept[one]), one)), *free]:
        if not fresh:
            break
        room = most - len(filled.setdefault(slot, set()))
        filled[slot].update(fresh[:room])
        fresh = fresh[room:]
    return Plan(slots={slot: frozenset(filled[slot]) for slot in sorted(filled) if filled[slot]})


def _kept(
    wanted: frozenset[str], clients: Sequence[int], before: Plan, most: int
) -> dict[Slot, frozenset[str]]:
    kept: dict[Slot, frozenset[str]] = {}
    for slot, held in before.slots.items():
        if slot.client < len(clients) and slot.number < clients[slot.client]:
            stay = wanted & held
            kept[slot] = frozenset(sorted(stay)[:most]) if len(stay) > most else stay
    return {slot: stay for slot, stay in kept.items() if stay}


def _slots(clients: Sequence[int]) -> list[Slot]:
    """Return all places: the clients take turns, so that each has about as many channels."""
    places = [Slot(client, number) for client, many in enumerate(clients) for number in range(many)]
    return sorted(places, key=lambda slot: (slot.number, slot.client))


def _suffices(names: int, clients: Sequence[int], most: int) -> None:
    places, needed = sum(clients), -(-names // most)
    if needed <= places:
        return
    more = -(-(needed - places) // max(clients, default=KEPT - 2))
    raise ConfigError(
        [
            f"{_many(names, 'topic')} need {needed} channels of {most:,}, and "
            f"{_many(len(clients), 'OAuth client')} {'has' if len(clients) == 1 else 'have'} "
            f"{places} ({' + '.join(map(str, clients)) or 'none'}; the vendor keeps {KEPT} for "
            f"each, and renewing takes some): add {_many(more, 'OAuth client')} to the listener, "
            "or ask for fewer topics"
        ]
    )


def told(plan: Plan, clients: Sequence[int]) -> list[str]:
    """Return the plan for people, a line for each OAuth client."""
    lines = [f"{_many(len(plan.names), 'topic')} on {_many(len(plan.slots), 'channel')}"]
    for client, most in enumerate(clients):
        held = [len(names) for slot, names in plan.slots.items() if slot.client == client]
        topics = _many(sum(held), "topic")
        lines.append(f"OAuth client {client + 1}: {len(held)} of {most} channels, {topics}")
    return lines


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


__all__ = ["KEPT", "MOST", "NOTHING", "Plan", "Slot", "plan_channels", "told"]
