"""Webhooks as foreign content: bodies behind a right signature, and proofs that are anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

import jwt

from syncline.connector import Connector, Context
from syncline.errors import Forbidden, Rejected
from syncline.ports import Hints, Secret, WebhookRequest
from syncline.testing import FakeClock, MemoryCache
from syncline.webhooks import GenericSettings
from syncline.webhooks.generic import open_generic
from syncline.webhooks.payload import json_object
from syncline.webhooks.published import keys_of
from syncline.webhooks.qsh import canonical_request
from syncline_confluence import connector as confluence
from syncline_confluence.webhooks import events as pages
from syncline_confluence.webhooks.settings import ConnectSettings, DataCenterSettings
from syncline_genesys import connector as genesys
from syncline_genesys.webhooks import events as articles
from syncline_genesys.webhooks.settings import SecretSettings

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
KEY = "what-every-sender-of-this-check-knows"
CONTEXT = Context(connection="wiki", clock=FakeClock(), cache=MemoryCache())


class Shapeless(AssertionError):
    """A reader gave something that is no hint."""


class Forged(AssertionError):
    """A proof that nobody made was taken for one."""


def _with_secret(connector: Connector, form: str) -> Callable[[WebhookRequest], object]:
    settings = connector.webhooks[form].settings(secret=Secret(KEY), header="X-Key")
    return connector.webhooks[form].open(settings, CONTEXT).receive


_GENERIC = GenericSettings(secret=Secret(KEY), scheme="secret", header="X-Key")
_READERS = (
    open_generic(_GENERIC, CONTEXT).receive,
    _with_secret(confluence, "automation"),
    _with_secret(genesys, "eventbridge"),
    _with_secret(genesys, "process-automation"),
)
_EVENTS = (
    lambda body: pages.classic(body, str(body.get("event"))),
    lambda body: pages.classic(body, ""),
    pages.forge,
    pages.automation,
    lambda body: list(articles.audited(body)),
    lambda body: list(articles.called(body)),
)


def read_delivery(text: str) -> object:
    """Give a body to every reader; raise what the last one refused it with, if all did.

    Raises:
        Rejected: no reader makes sense of it.
    """
    body, refused, read = text.encode("utf-8", "surrogatepass"), None, 0
    for reader in _READERS:
        try:
            said = reader(_request(body, {"x-key": KEY}))
            if not isinstance(said, Hints):
                raise Shapeless(repr(said))
            read += 1
        except Rejected as error:
            refused = error
    for event in _EVENTS:
        try:
            event(json_object(body))
            read += 1
        except Rejected as error:
            refused = error
    if refused is not None and not read:
        raise refused
    return read


def _request(body: bytes, headers: Mapping[str, str], query: str = "") -> WebhookRequest:
    return WebhookRequest(
        method="POST",
        path="/webhooks/wiki",
        query=query,
        headers=tuple(headers.items()),
        body=body,
        received_at=NOW,
    )


_SIGNED = (
    open_generic(GenericSettings(secret=Secret(KEY)), CONTEXT),
    open_generic(GenericSettings(secret=Secret(KEY), scheme="hmac"), CONTEXT),
    confluence.webhooks["connect"].open(
        ConnectSettings(client_key="site", secret=Secret(KEY)), CONTEXT
    ),
    confluence.webhooks["data-center"].open(DataCenterSettings(secret=Secret(KEY)), CONTEXT),
    genesys.webhooks["eventbridge"].open(SecretSettings(secret=Secret(KEY)), CONTEXT),
)
_PROOFS = (
    "authorization",
    "webhook-signature",
    "x-signature",
    "x-hub-signature",
    "x-syncline-secret",
)


def read_token(text: str) -> object:
    """Send a text as each proof there is: whatever it is, all must refuse it with a reason."""
    headers = {"webhook-id": "m1", "webhook-timestamp": str(int(NOW.timestamp()))}
    request = _request(b"{}", {**headers, **dict.fromkeys(_PROOFS, text)})
    for webhook in _SIGNED:
        try:
            webhook.receive(request)
        except Forbidden as refusal:
            if not str(refusal):
                raise Shapeless("a refusal without a reason") from refusal
        else:
            raise Forged(f"accepted by {type(webhook).__name__}")
    return len(_SIGNED)


_CANONICAL = re.compile(r"POST&/x&[A-Za-z0-9%~_.,&=-]*")


def read_query(text: str) -> object:
    """Bring a query into its canonical form, which has few characters and one spelling."""
    query = text.encode("utf-8", "surrogatepass").decode("latin-1")
    made = canonical_request("post", "/x/", query)
    if not _CANONICAL.fullmatch(made):
        raise Shapeless(made[:200])
    return made


def read_key_set(text: str) -> object:
    """Read a key set. Raises Unavailable when it holds no key to check by."""
    return keys_of(text.encode("utf-8", "surrogatepass"))


DELIVERIES = (
    '{"changes": [{"id": "7"}, {"id": 8, "subtree": true}]}',
    '{"type": "x", "timestamp": "2026-01-01T00:00:00Z", "data": {"id": "7", "a": [1, 2.5e3]}}',
    '{"timestamp": 1706398859681, "updateTrigger": "edit_page", "event": "page_updated", "page":'
    ' {"id": 1, "idAsString": "1", "spaceKey": "IT", "version": 2, "contentType": "page"}}',
    '{"eventType": "avi:confluence:trashed:page", "content": {"id": "1", "type": "page", "space":'
    ' {"id": 1, "key": "IT"}, "container": {"id": "2", "type": "page"}}}',
    '{"detail": {"topicName": "v2.audits.entitytype.KnowledgeDocument.entityid.1", "eventBody":'
    ' {"entityType": "KnowledgeDocument", "entity": {"id": "a-b"}, "context": {"documentId": 1}}}}',
    '{"documentIds": ["a", "b"], "documentId": "c", "id": "1", "event": "page_moved"}',
)
_CLAIMS = {"iss": "site", "exp": int(NOW.timestamp()) + 60, "qsh": "x" * 64}
TOKENS = (
    "JWT " + jwt.encode(_CLAIMS, KEY + "-and-this-is-not-it", algorithm="HS256"),
    "JWT " + jwt.encode(_CLAIMS, "", algorithm="none"),
    "Bearer " + jwt.encode(_CLAIMS, (KEY + "-nor-is-this-one-it") * 2, algorithm="HS512"),
    "v1,MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI= v1a,AAAA",
    "sha256=" + "0" * 64,
)
# As long as a real modulus, and the same in every run: a seed has to make its input again.
_DIGITS = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(6))
_MODULUS = b"\xff" * 32 + _DIGITS + b"\xff" * 32
_PUBLIC = {"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(_MODULUS).decode().rstrip("=")}
KEY_SETS = (
    json.dumps({"keys": [{**_PUBLIC, "kid": "k1", "use": "sig", "alg": "RS256"}]}),
    '{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "e"}, {"kty": "oct"}]}',
)
"""One that holds a key, and one that does not."""

__all__ = [
    "DELIVERIES",
    "KEY_SETS",
    "TOKENS",
    "read_delivery",
    "read_key_set",
    "read_query",
    "read_token",
]
