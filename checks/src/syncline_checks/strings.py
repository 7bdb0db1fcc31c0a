"""Secrets to look for: random, and awkward in every encoding."""

from __future__ import annotations

import secrets


def canary() -> str:
    """Return a new secret; its odd characters look different in each way of writing it."""
    return f"c4n-{secrets.token_hex(8)}/+&%"
