"""What every simulator is built on: time, ids, limits, faults, the wire and the admin API."""

from .calls import Call, CallLog
from .clock import SimClock
from .duration import Rate, duration, rate
from .faults import KINDS, Fault, FaultBook
from .ids import Ids
from .listing import Listing, listing
from .rates import RateLimiter, Verdict
from .service import Service, Setup
from .simulator import (
    Answer,
    BadAction,
    Impossible,
    Options,
    RetryAfter,
    Simulator,
    retry_after_header,
    side_url,
)

__all__ = [
    "KINDS",
    "Answer",
    "BadAction",
    "Call",
    "CallLog",
    "Fault",
    "FaultBook",
    "Ids",
    "Impossible",
    "Listing",
    "Options",
    "Rate",
    "RateLimiter",
    "RetryAfter",
    "Service",
    "Setup",
    "SimClock",
    "Simulator",
    "Verdict",
    "duration",
    "listing",
    "rate",
    "retry_after_header",
    "side_url",
]
