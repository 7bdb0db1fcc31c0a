"""What Genesys Cloud tells over notification channels, as a source of interaction events."""

from __future__ import annotations

from .plan import Plan, Slot, plan_channels

__all__ = ["Plan", "Slot", "plan_channels"]
