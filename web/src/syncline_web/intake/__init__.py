"""The receiver of webhooks: `POST /webhooks/<connection>`, and `GET /healthz` of the listener."""

from __future__ import annotations

from .app import Intake
from .desk import Desk, StateDesk
from .limits import Limits


def webhooks_app(runner: Desk) -> Intake:
    """Return the ASGI application that hands hints in at a runner."""
    return Intake(runner)


__all__ = ["Desk", "Intake", "Limits", "StateDesk", "webhooks_app"]
