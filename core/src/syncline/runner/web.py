"""The web part, if it is installed: found by its entry point, loaded when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..entrypoints import entry_points
from ..errors import ConfigError, PluginError

if TYPE_CHECKING:
    from .runner import Runner

GROUP = "syncline.web"


class WebPart(Protocol):
    """What the module behind the entry point offers."""

    def webhooks_app(self, runner: Runner) -> Any:
        """Return the ASGI application that takes deliveries."""
        ...

    def pages_app(self, runner: Runner) -> Any:
        """Return the ASGI application of pages, health and metrics."""
        ...

    def serve(
        self, runner: Runner, listening: Callable[[str, str], None]
    ) -> AbstractAsyncContextManager[None]:
        """Serve both at the addresses of the configuration, in the running event loop."""
        ...


def installed() -> bool:
    """Tell whether there is a web part."""
    return bool(entry_points(GROUP))


def load() -> WebPart:
    """Return the web part.

    Raises:
        ConfigError: it is not installed.
        PluginError: it is, and cannot be loaded.
    """
    found = entry_points(GROUP)
    if not found:
        raise ConfigError(
            ["webhooks and pages are not part of this installation; `pip install syncline-web`"]
        )
    try:
        return cast("WebPart", found[0].load())
    except Exception as error:
        raise PluginError(f"{found[0].origin}: the web part cannot be loaded: {error}") from error


__all__ = ["WebPart", "installed", "load"]
