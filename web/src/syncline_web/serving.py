"""What the core finds under `syncline.web`: both applications, and both servers.

`webhooks_app(runner)` and `pages_app(runner)` are ASGI applications for anybody's server;
`serve(runner, listening)` starts two of our own in the running event loop. The receiver of webhooks
has a listener of its own: it is open to other machines, the pages mostly are not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from syncline.errors import ConfigError

from .intake import webhooks_app
from .listening.servers import serving
from .listening.sockets import bound, url_of
from .site import Site

if TYPE_CHECKING:
    from syncline.runner import Runner

Listening = Callable[[str, str], None]
"""Told `("pages", url)` and `("webhooks", url)` once both listen, and each new one-time address."""


def pages_app(runner: Runner) -> ASGIApp:
    """Return the ASGI application of pages, health and metrics."""
    return Site(runner)


@asynccontextmanager
async def serve(runner: Runner, listening: Listening) -> AsyncIterator[None]:
    """Serve pages and webhooks at the addresses of `[service]`, in the running event loop.

    They listen when the context is entered, and finish the answers at hand when it is left. No
    signal handler is installed.

    Raises:
        ConfigError: an address is taken, or a token or a webhook's secret cannot be used.
    """
    async with AsyncExitStack() as stack:
        said = await _webhooks(runner, stack)
        said += await _pages(runner, stack, listening)
        for name, url in said:
            listening(name, url)
        yield


async def _webhooks(runner: Runner, stack: AsyncExitStack) -> list[tuple[str, str]]:
    where = runner.config.service.webhooks_address
    if where is None:
        return []
    intake = webhooks_app(runner)
    await intake.open()
    listener = bound(where, "service.webhooks")
    stack.callback(listener.close)
    url = url_of(listener, where, https=False)
    await stack.enter_async_context(serving(intake, listener))
    return [("webhooks", url)]


async def _pages(
    runner: Runner, stack: AsyncExitStack, listening: Listening
) -> list[tuple[str, str]]:
    service = runner.config.service
    where = service.pages_address
    if where is None:
        return []
    site = Site(runner)
    stack.push_async_callback(site.aclose)
    await site.open()
    listener = bound(where, "service.pages")
    stack.callback(listener.close)
    url = url_of(listener, where, https=service.certificate is not None)
    site.announce(lambda path: listening("pages", url + path))
    try:
        server = serving(site, listener, certificate=service.certificate, key=service.key)
        await stack.enter_async_context(server)
    except OSError as error:  # ssl.SSLError is one, too
        reason = error.strerror or str(error)
        problem = f"service.certificate: {service.certificate} cannot be used: {reason}"
        raise ConfigError([problem]) from None
    return [("pages", url + site.path)]


__all__ = ["Listening", "pages_app", "serve", "webhooks_app"]
