"""Orders to the generator, and to single conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...kernel import settings
from ...kernel.simulator import BadAction, Impossible
from ..organization import Organization
from .conversation import Conversation
from .scripts import SCRIPTS

Action = Mapping[str, Any]


def traffic(org: Organization, action: Action) -> dict[str, Any]:
    """Change settings, and tell them with counts."""
    given = {name: value for name, value in action.items() if name != "do"}
    org.traffic.order(given)
    return {**settings.shown(org.traffic.habits), "counts": org.traffic.counts()}


def begin(org: Organization, action: Action) -> dict[str, Any]:
    """One conversation begins, with its first change; with `"by_hand": true` no other follows."""
    script = action.get("script")
    if script is not None and script not in SCRIPTS:
        raise BadAction(f"'script' is one of {', '.join(SCRIPTS)}, not {script!r}")
    org.traffic.order({})
    conversation = org.traffic.begin(script)
    org.traffic.go_on(conversation, by_hand=bool(action.get("by_hand")))
    return _shown(conversation)


def step(org: Organization, action: Action) -> dict[str, Any]:
    """The next `changes` of a conversation happen now; all of them with `"changes": "all"`."""
    conversation = _one(org, action)
    wanted = action.get("changes", 1)
    left = 10_000 if wanted == "all" else int(wanted)
    while left > 0 and org.traffic.step(conversation) is not None:
        left -= 1
    return _shown(conversation)


def drop_end(org: Organization, action: Action) -> dict[str, Any]:
    """Never publish the end of a conversation: it becomes a zombie."""
    conversation = _one(org, action)
    conversation.muted = True
    return _shown(conversation)


def tell(org: Organization, action: Action) -> dict[str, Any]:
    """Send the snapshot of a conversation, also one that has ended, as it is now."""
    wanted = str(action.get("conversation"))
    sent = org.traffic.publish_again(wanted)
    if sent is None:
        raise Impossible(f"there is no conversation {wanted!r}")
    return {"id": wanted, "frames": sent}


def replay(org: Organization, action: Action) -> dict[str, Any]:
    """Begin to replay the recording `path`; without one, tell how far the last one is."""
    if "path" not in action:
        if org.traffic.replay is None:
            raise Impossible("nothing is replayed")
        return org.traffic.replay.counts()
    given = {name: value for name, value in action.items() if name != "do"}
    if unknown := sorted(set(given) - {"path", "pace", "per_second", "everywhere"}):
        raise BadAction(f"there is no {unknown[0]!r} of a replay")
    try:
        return org.traffic.play(given).counts()
    except ValueError as error:
        raise BadAction(str(error)) from error


def purge(org: Organization, action: Action) -> dict[str, Any]:
    """Forget a conversation that has ended, or all of them."""
    wanted = action.get("conversation")
    if wanted is None:
        return {"purged": org.traffic.archive.purge_all()}
    if not org.traffic.archive.purge(str(wanted)):
        raise Impossible(f"there is no ended conversation {wanted!r}")
    return {"purged": 1}


def _one(org: Organization, action: Action) -> Conversation:
    wanted = action.get("conversation")
    found = org.traffic.open.get(wanted) if isinstance(wanted, str) else None
    if found is None:
        raise Impossible(f"there is no open conversation {wanted!r}")
    return found


def _shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "media_type": conversation.medium,
        "direction": conversation.direction,
        "participants": len(conversation.participants),
        "open": conversation.open,
        "topics": list(conversation.topics),
    }


DEEDS: Mapping[str, Callable[[Organization, Action], dict[str, Any]]] = {
    "traffic": traffic,
    "begin": begin,
    "step": step,
    "drop-end": drop_end,
    "tell": tell,
    "purge": purge,
    "replay": replay,
}
"""The actions, by the word of `do`."""
