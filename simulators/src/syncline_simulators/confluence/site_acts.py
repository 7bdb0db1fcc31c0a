"""Actions on the site as a whole: spaces, settings, credentials, subscribers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from ..kernel import BadAction, Impossible, duration
from .action import Act
from .events import FORMS, Subscription
from .restrictions import named
from .site import add_space


def _space(act: Act) -> dict[str, Any]:
    """A new space, which everybody may read unless `to` names who may."""
    key = act.needed("key")
    if act.wiki.space_by_key(key) is not None:
        raise Impossible(f"the key {key!r} is taken")
    to = act.texts("to")
    readers = None if to is None else named(act.wiki, to)
    kind = act.text("type") or "global"
    made = add_space(act.wiki, act.who, key, act.text("title") or key, kind=kind, readers=readers)
    return {"id": made.id, "key": made.key, "homepage": made.homepage}


def _settings(act: Act) -> dict[str, Any]:
    """Change how the site behaves; the settings as they are then."""
    settings = act.wiki.settings
    for name in ("local_ids", "rename_links", "folder_restrictions"):
        if name in act.fields:
            setattr(settings, name, act.flag(name))
    for name in ("search_lag", "archive_delay"):
        given = act.text(name)
        if given is not None:
            setattr(settings, name, _seconds(given))
    scopes, zone = act.texts("scopes"), act.text("time_zone")
    if scopes is not None:
        act.wiki.directory.scopes = frozenset(scopes)
    if zone is not None:
        for account in act.wiki.directory.accounts.values():
            account.time_zone = zone
    return attrs.asdict(settings)


def _seconds(text: str) -> float:
    try:
        return duration(text).total_seconds()
    except ValueError as error:
        raise BadAction(str(error)) from error


def _revoke(act: Act) -> dict[str, Any]:
    """Revoke all API tokens, or let them work again."""
    act.wiki.directory.revoked = not act.flag("undo")
    return {"revoked": act.wiki.directory.revoked}


def _subscribe(act: Act) -> dict[str, Any]:
    """Send events to an address on this machine from now on."""
    url, form = act.needed("url"), act.text("form") or "automation"
    if form not in FORMS:
        raise BadAction(f"'form' is one of {', '.join(FORMS)}, not {form!r}")
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
        raise BadAction(f"'url' is an http address on 127.0.0.1, not {url!r}")
    subscription = Subscription(
        url=url,
        form=form,
        secret=act.text("secret") or "",
        header=act.text("header") or "X-Secret",
        drop=act.share("drop"),
        duplicate=act.share("duplicate"),
        reorder=act.flag("reorder"),
    )
    act.wiki.events.subscribe(subscription)
    return {"url": url, "form": form}


SITE_ACTS: Mapping[str, tuple[Callable[[Act], Any], str]] = {
    "space": (_space, "key title type to"),
    "settings": (
        _settings,
        "local_ids rename_links folder_restrictions search_lag archive_delay scopes time_zone",
    ),
    "revoke": (_revoke, "undo"),
    "subscribe": (_subscribe, "url form secret header drop duplicate reorder"),
}
"""Actions with the fields that they know, as in `acts`."""
