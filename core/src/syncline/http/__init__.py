"""HTTP for adapters: one client for each API, one pace and one auth for each credential.

Import it late, inside a connector's factory: it loads httpx (110 ms).
"""

from __future__ import annotations

from .auth import Auth, BasicAuth, BearerAuth
from .client import SUCCESS, Client
from .limits import Limits, ReadLimits
from .pace import Pace
from .response import Response
from .tokens import ClientCredentials, RefreshToken
from .transport import Timeouts
from .verdict import Retries

__all__ = [
    "SUCCESS",
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "Client",
    "ClientCredentials",
    "Limits",
    "Pace",
    "ReadLimits",
    "RefreshToken",
    "Response",
    "Retries",
    "Timeouts",
]
