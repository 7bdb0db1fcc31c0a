"""How the notification service behaves, and what goes wrong there."""

from __future__ import annotations

import attrs

from ...kernel.settings import chance, seconds, setting, switch, whole, words


@attrs.define(kw_only=True)
class Habits:
    """The settings of `{"do": "notifications"}`."""

    heartbeat: float = setting(30.0, seconds)
    """Seconds between two heartbeats of a socket."""
    heartbeats: bool = setting(True, switch)
    """Off: sockets stay open and say nothing of their own; pings are not answered either."""
    expires: float = setting(86_400.0, seconds)
    """Seconds that a channel lives after its subscriptions were changed last."""
    channels: int = setting(20, whole)
    """Channels of a client; one more evicts the least recently used."""
    topics: int = setting(1000, whole)
    """Topics of a channel."""
    announce_eviction: bool = setting(False, switch)
    """Whether an evicted socket is told, before it hears nothing any longer."""
    buffer: int = setting(32 * 1024 * 1024, whole)
    """Bytes that may wait for a slow reader before its socket is dropped."""
    refuse: int = setting(0, whole)
    """The HTTP status with which upgrades are refused; 0 for none."""
    refuse_for: float = setting(0.0, seconds)
    """Seconds for which every upgrade is refused with 503, counted from when it is set."""
    close_every: float = setting(0.0, seconds)
    """All sockets are closed every so many seconds; 0 for never."""
    close_how: str = setting("reset", str)
    """How: `reset`, `close` (with a close frame), or `closing` (announced by `socket_closing`)."""
    closing_notice: float = setting(60.0, seconds)
    """Seconds between `socket_closing` and the end of the socket."""
    drop: float = setting(0.0, chance)
    """Share of changes that the vendor never publishes; the truth says so."""
    drop_types: frozenset[str] = setting(frozenset(), words)
    """Changes with one of these types of facts are never published; the truth says so."""
    drop_frames: float = setting(0.0, chance)
    """Share of single frames that are lost: another topic or socket may have the change."""
    duplicate: float = setting(0.0, chance)
    """Share of frames that come twice."""
    delay: float = setting(0.0, seconds)
    """Seconds by which every frame is late."""
    lag: float = setting(0.0, seconds)
    """Seconds by which a socket is behind as soon as its client has opened another one."""
    reorder: float = setting(0.0, seconds)
    """Seconds within which the topics overtake each other; within one topic frames keep order."""
    overtake: float = setting(0.0, chance)
    """Share of frames that are held back behind later ones of the same topic."""

    @property
    def plain(self) -> bool:
        """Whether frames simply go out."""
        return not (
            self.drop_frames
            or self.duplicate
            or self.delay
            or self.lag
            or self.reorder
            or self.overtake
        )
