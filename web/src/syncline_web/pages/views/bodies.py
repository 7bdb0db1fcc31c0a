"""Bodies in frames of their own, and the files they refer to."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence

from starlette.responses import HTMLResponse, Response

from syncline import body as _body
from syncline.engine.status import browsing
from syncline.errors import NotFound
from syncline.model import Document, Ref, Side

from ..frames import POLICY, blocks_of, document
from ..pictures import media_type, pictures, read
from ..rendering import version
from ..visit import HEADERS, Forbidden, Missing, Visit

logger = logging.getLogger(__name__)

_SHA256 = re.compile(r"[0-9a-f]{64}")


async def article(visit: Visit) -> Response:
    """Show what one side of a pair held when both last agreed."""
    found = browsing.article(visit.articles, visit.ref())
    if found is None or found.link is None:
        raise Missing("Nothing is kept of that article's text.")
    see(visit, found.link.pair)
    side = _side(visit.query("side"))
    value = found.left if side is Side.LEFT else found.right
    return await _shown(visit, value, [found.link.half(side).ref])


async def entry(visit: Visit) -> Response:
    """Show what was written over, or what was written, by one line of the history."""
    line = visit.articles.state.entry(visit.job, visit.line())
    if line is None:
        raise Missing("There is no such line in the history.")
    see(visit, line.pair)
    key = {"before": line.before, "after": line.after}.get(visit.path("which"), "")
    refs = [line.left if line.side is Side.LEFT else line.right, line.left, line.right]
    return await _shown(visit, visit.articles.state.value(key), refs)


async def conflict(visit: Visit) -> Response:
    """Show one of the texts of a conflict."""
    view = visit.articles.conflict(visit.path("id"))
    see(visit, view.record.pair)
    which = visit.path("which")
    texts = {"base": view.base, "left": view.left, "right": view.right, "proposed": view.proposed}
    return await _shown(visit, texts.get(which), _refs(view.record.left, view.record.right, which))


async def draft(visit: Visit) -> Response:
    """Show what this person typed, as it would be written."""
    record = visit.articles.conflict(visit.path("id")).record
    see(visit, record.pair)
    kept = visit.pages.drafts.get((visit.person.name, visit.job, record.id))
    return await _shown(
        visit, kept.value if kept else None, _refs(record.left, record.right, "left")
    )


def _refs(left: Ref | None, right: Ref | None, which: str) -> list[Ref | None]:
    return [right, left] if which == "right" else [left, right]


def _side(name: str) -> Side:
    try:
        return Side(name)
    except ValueError:
        raise Missing(f"{name!r} is no side.") from None


def hidden_reason(visit: Visit, ref: Ref | None) -> bool:
    """Tell whether this person may not read why an item failed: a reason may quote its text."""
    if ref is None or visit.person.may("operator"):
        return False
    link = visit.session.state.link(visit.job, ref)
    return link is not None and browsing.is_veiled(visit.session.state, visit.job, link.pair)


def see(visit: Visit, pair: str) -> None:
    """Go on only if this person may see the text of a pair; an operator's look is logged.

    Raises:
        Forbidden: it is restricted, withdrawn, or who may see it is unknown.
    """
    if not browsing.is_veiled(visit.session.state, visit.job, pair):
        return
    if not visit.person.may("operator"):
        raise Forbidden("This text is withdrawn or restricted: operators may see it.")
    logger.warning(
        "a person looked at a text that is withdrawn or restricted",
        extra={"job": visit.job, "pair": pair, "person": visit.person.name},
    )


async def _shown(visit: Visit, value: Document | None, refs: Sequence[Ref | None]) -> Response:
    if value is None:
        raise Missing("Nothing is kept of that text.")
    body = await asyncio.to_thread(lambda: _body.render(blocks_of(value.body)))
    images = await pictures(_body.assets(body), lambda sha256: _fetch(visit, refs, sha256))
    text = await asyncio.to_thread(
        document,
        value.title,
        body,
        images,
        stylesheet=visit.url("static", "body.css", v=version("body.css")),
        language=value.language,
    )
    return HTMLResponse(text, headers={**HEADERS, "Content-Security-Policy": POLICY})


async def _fetch(visit: Visit, refs: Sequence[Ref | None], sha256: str) -> bytes:
    session = visit.articles
    ref = next((ref for ref in refs if ref is not None), None)
    if ref is None:
        raise NotFound("there is no article that has the file")
    store = session.left if ref.connection == session.left_name else session.right
    return await store.asset(ref, sha256)


async def file(visit: Visit) -> Response:
    """Hand out a file that an article's text refers to: a picture to look at, else a download."""
    ref, sha256 = visit.ref(), visit.query("sha256")
    found = browsing.article(visit.articles, ref)
    if found is None or found.link is None:
        raise Missing(f"Nothing is known of {ref}.")
    see(visit, found.link.pair)
    value = found.left if found.side is Side.LEFT else found.right
    if value is None or not _SHA256.fullmatch(sha256) or sha256 not in _body.assets(value.body):
        raise Missing("The article's text refers to no such file.")
    content = await read(sha256, lambda name: _fetch(visit, [ref], name))
    if content is None:
        raise Missing("The store does not have that file any more, or not as it was.")
    return _file(content)


def _file(content: bytes) -> Response:
    kind = media_type(content)
    shown = "inline" if kind else "attachment"
    headers = {
        **HEADERS,
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "Content-Disposition": shown,
    }
    return Response(content, media_type=kind or "application/octet-stream", headers=headers)


__all__ = ["article", "conflict", "draft", "entry", "file", "hidden_reason", "see"]
