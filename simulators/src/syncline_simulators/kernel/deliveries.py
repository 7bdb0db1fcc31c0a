"""What each kind of fault does to one exchange, on the wire."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
from starlette.responses import Response

from .exchange import Exchange
from .faults import Fault
from .reply import Reply, from_response

_PAGE = b"<!DOCTYPE html><html><head><title>%d</title></head><body><h1>%d</h1></body></html>"


async def _replaced(exchange: Exchange, fault: Fault, reply: Reply) -> None:
    """Answer this instead, before or after the request is carried out."""
    if fault.options["when"] == "after":
        await exchange.apply()
    else:
        exchange.call.status = reply.status
    exchange.send(reply)


async def _rate_limited(exchange: Exchange, fault: Fault) -> None:
    options = fault.options
    simulator = exchange.site.simulator
    reply = from_response(simulator.rate_limited(float(options["retry_after"]), options["form"]))
    exchange.call.status = reply.status
    exchange.send(reply)


async def _status(exchange: Exchange, fault: Fault) -> None:
    status, body = int(fault.options["status"]), fault.options["body"]
    if body is None:
        reply = from_response(exchange.site.simulator.unavailable(status))
    else:
        content = json.dumps(body).encode()
        reply = from_response(Response(content, status, media_type="application/json"))
    await _replaced(exchange, fault, reply)


async def _html(exchange: Exchange, fault: Fault) -> None:
    status = int(fault.options["status"])
    page = Response(_PAGE % (status, status), status, media_type="text/html")
    await _replaced(exchange, fault, from_response(page))


async def _empty(exchange: Exchange, fault: Fault) -> None:
    await _replaced(exchange, fault, from_response(Response(b"", int(fault.options["status"]))))


def _part(reply: Reply, fault: Fault) -> bytes:
    """The first share of the body, and never the whole of it."""
    size = int(len(reply.body) * float(fault.options["share"]))
    return reply.body[: max(0, min(size, len(reply.body) - 1))]


async def _cut_json(exchange: Exchange, fault: Fault) -> None:
    reply = await exchange.apply()
    exchange.send(attrs.evolve(reply, body=_part(reply, fault)))


async def _short_body(exchange: Exchange, fault: Fault) -> None:
    reply = await exchange.apply()
    announced = max(1, len(reply.body))
    exchange.connection.write(_with_length(reply, announced) + _part(reply, fault))
    exchange.connection.close()


async def _long_body(exchange: Exchange, fault: Fault) -> None:
    """Announce less than is sent, and stay open: the rest meets the client's next request."""
    reply = await exchange.apply()
    part = _part(reply, fault)
    rest = reply.body[len(part) :] or b"\n"
    exchange.connection.write(_with_length(reply, len(part)) + part + rest)


def _with_length(reply: Reply, length: int) -> bytes:
    """A head that announces a body, even where the status allows none."""
    status = 200 if reply.status == 204 else reply.status
    return attrs.evolve(reply, status=status).head(length)


async def _reset(exchange: Exchange, fault: Fault) -> None:
    if fault.options["when"] == "after":
        await exchange.apply()
    exchange.connection.reset()


async def _hang_up(exchange: Exchange, fault: Fault) -> None:
    if fault.options["when"] == "after":
        await exchange.apply()
    exchange.connection.close()


async def _drip(exchange: Exchange, fault: Fault) -> None:
    reply = await exchange.apply()
    data = reply.wire(exchange.received.method)
    pieces = max(1, int(fault.options["pieces"]))
    size = max(1, -(-len(data) // pieces))
    for start in range(0, len(data), size):
        if not exchange.connection.open:
            return
        exchange.connection.write(data[start : start + size])
        await asyncio.sleep(float(fault.options["seconds"]) / pieces)


async def _gzip_bomb(exchange: Exchange, fault: Fault) -> None:
    reply = await exchange.apply()
    body = _bomb(int(fault.options["bytes"]))
    exchange.send(attrs.evolve(reply, body=body).with_headers({"content-encoding": "gzip"}))


@lru_cache(maxsize=2)
def _bomb(size: int) -> bytes:
    """A gzip file that unpacks to a JSON string of this many bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"a" * 1_048_576
    parts = [packer.compress(b'"')]
    parts += [packer.compress(block) for _ in range(max(0, size - 2) // len(block))]
    parts += [packer.compress(b"a" * (max(0, size - 2) % len(block)) + b'"'), packer.flush()]
    return b"".join(parts)


async def _big_header(exchange: Exchange, fault: Fault) -> None:
    reply = await exchange.apply()
    exchange.send(reply.with_headers({"X-Padding": "a" * int(fault.options["bytes"])}))


async def _redirect(exchange: Exchange, fault: Fault) -> None:
    where = str(fault.options["to"]).rstrip("/") + exchange.received.target.decode("latin-1")
    status = int(fault.options["status"])
    exchange.call.status = status
    exchange.send(from_response(Response(b"", status, headers={"Location": where})))


async def _duplicate(exchange: Exchange, fault: Fault) -> None:
    """Carry the request out twice, as a proxy that repeats it does."""
    first = await exchange.apply()
    second = await exchange.apply()
    chosen = first if fault.options["answer"] == "first" else second
    exchange.call.status = chosen.status
    exchange.send(chosen)


async def _extra(exchange: Exchange, fault: Fault) -> None:
    reply = await exchange.apply()
    if reply.is_json and reply.body:
        changed = _extended(json.loads(reply.body), fault.options["values"])
        reply = attrs.evolve(reply, body=json.dumps(changed).encode())
    exchange.send(reply)


def _extended(value: Any, values: Mapping[str, Any]) -> Any:
    """The same JSON with a property nobody knows in each object, and these values put in."""
    if isinstance(value, list):
        return [_extended(entry, values) for entry in value]
    if not isinstance(value, dict):
        return value
    known = {k: values.get(k, _extended(v, values)) for k, v in value.items()}
    return known | {"xIntroducedLater": {"kind": "NOT_YET_KNOWN"}}


async def _expired_token(exchange: Exchange, fault: Fault) -> None:
    exchange.site.simulator.expire_tokens()
    exchange.send(await exchange.apply())


async def _restart(exchange: Exchange, fault: Fault) -> None:
    if fault.options["when"] == "after":
        await exchange.apply()
    await exchange.site.front.restart(float(fault.options["seconds"]))


DELIVERIES: Mapping[str, Callable[[Exchange, Fault], Awaitable[None]]] = {
    "rate-limited": _rate_limited,
    "status": _status,
    "html": _html,
    "empty": _empty,
    "cut-json": _cut_json,
    "short-body": _short_body,
    "long-body": _long_body,
    "reset": _reset,
    "hang-up": _hang_up,
    "drip": _drip,
    "gzip-bomb": _gzip_bomb,
    "big-header": _big_header,
    "redirect": _redirect,
    "duplicate": _duplicate,
    "extra": _extra,
    "expired-token": _expired_token,
    "restart": _restart,
}
"""The kinds that decide how an exchange ends; latencies and listing faults come on top."""


async def deliver(exchange: Exchange) -> None:
    """Delay, apply and answer the request as its faults say; in good order when there are none."""
    drawn = exchange.drawn
    delays = [fault for fault in drawn if fault.kind == "latency"]
    struck = next((fault for fault in drawn if fault.kind in DELIVERIES), None)
    exchange.call.fault = struck.kind if struck else drawn[0].kind if drawn else None
    await _wait(delays, "before", exchange.site.latency)
    if struck is None:
        reply = await exchange.apply()
        await _wait(delays, "after", 0.0)
        exchange.send(reply)
    else:
        await _wait(delays, "after", 0.0)
        await DELIVERIES[struck.kind](exchange, struck)


async def _wait(delays: Sequence[Fault], when: str, more: float) -> None:
    seconds = more + sum(f.options["seconds"] for f in delays if f.options["when"] == when)
    if seconds > 0:
        await asyncio.sleep(seconds)
