"""Ids of events: made of what the vendor says, so that every listener makes the same. Pure.

Neither the topic, nor when or by whom it was heard, nor what was known before takes part. What can
happen once only (a communication rings, is connected, ends) has no time in its id: look-ups repeat
such times with another precision, and it is still the same thing.
"""

from __future__ import annotations

from hashlib import blake2b


def event_id(
    type: str, conversation: str, participant: str = "", communication: str = "", mark: str = ""
) -> str:
    """Return 32 hexadecimal digits.

    Args:
        mark: what tells it from others of the same type and place, such as the time of a hold.
    """
    text = f"{type}\0{conversation}\0{participant}\0{communication}\0{mark}"
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


__all__ = ["event_id"]
