"""Opens the webhook of a connection: its secrets are looked up, nothing else is touched."""

from __future__ import annotations

from ..config import Config
from ..connector import Context
from ..engine.opening.secrets import resolve_secrets
from ..errors import NotFound
from ..ports import Webhook


async def open_webhook(config: Config, context: Context) -> Webhook:
    """Return what reads the deliveries of the connection that `context` names.

    Raises:
        NotFound: there is no such connection, or it has no webhook.
        ConfigError: a secret cannot be resolved or cannot be used, or a key set not be found.
    """
    connection = config.connections.get(context.connection)
    if connection is None or connection.webhook is None:
        raise NotFound(f"connections.{context.connection} has no webhook")
    hook = connection.webhook
    values = await resolve_secrets(config, connection, context, hook.secrets)
    return hook.form.open(hook.ready(values), context)


__all__ = ["open_webhook"]
