"""Checks of who sent a webhook, and the form that every connection can have.

Each check is a pure function of a request, the secrets and the time: `signatures` (HMAC and secret
headers), `standard` (the Standard Webhooks shape), `tokens` (JSON Web Tokens), `qsh` (Atlassian's
binding of a token to its request). Comparisons are in constant time, on the bytes as they arrived.
`opening` opens the webhook of a connection.

Imported with every configuration, so what checks signatures is imported when a form is opened.
"""

from __future__ import annotations

from ..connector import WebhookForm, opened_late
from .settings import GenericSettings

GENERIC = WebhookForm(
    summary="Any sender: Standard Webhooks, an HMAC of the body, or a secret in a header.",
    settings=GenericSettings,
    open=opened_late(f"{__name__}.generic:open_generic"),
)

__all__ = ["GENERIC", "GenericSettings"]
