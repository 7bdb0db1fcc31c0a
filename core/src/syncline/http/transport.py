"""One request, one answer: the only module that knows the HTTP library.

It uses httpx's transport and none of its client: no cookies, no redirects, no environment (the
proxy and the CA file are settings), no URL in the log, and the body is counted while it is decoded.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

from .. import fencing
from .decoding import ACCEPTED, Body, Garbled, TooLarge
from .response import Fault, Impossible, Response

Read = Callable[[int, Mapping[str, str], bytes], Response]


@frozen(kw_only=True)
class Timeouts:
    """Seconds. httpx's own limits are per read, so a dripping body needs `attempt`."""

    connect: float = 10.0
    read: float = 30.0
    """Between two pieces of an answer."""
    attempt: float = 60.0
    """For one request, from connecting to the last byte of its answer."""
    total: float = 600.0
    """For a call with all its repetitions and pauses (not its place in the line)."""


@frozen(kw_only=True)
class Exchange:
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None
    writes: bool = False
    """Whether it changes something: what was replaced meanwhile does not send it (`fencing`)."""


@lru_cache(maxsize=8)
def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return the TLS context that all clients share: each costs 65 ms and some MB."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def encode_form(data: Mapping[str, str] | None, files: Any) -> tuple[bytes, str]:
    """Return body and content type of a form, multipart when there are files."""
    request = httpx.Request("POST", "http://localhost", data=data, files=files)
    return request.read(), request.headers["content-type"]


def _name_only(record: logging.LogRecord) -> bool:
    """Leave of a record only which step it is about: the rest may be a header."""
    record.msg, record.args = str(record.msg).partition(" ")[0], None
    return True


def _without_query(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(str(a).partition("?")[0] for a in record.args)
        record.msg = str(record.msg).replace("%d", "%s")
    return True


for _part in ("connection", "http11", "http2", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_part}").addFilter(_name_only)
logging.getLogger("httpx").addFilter(_without_query)


async def _still_ours(step: str, _: Mapping[str, Any]) -> None:
    """Look as the first byte is about to leave: the line, a token and a connection took time."""
    if step.endswith("send_request_headers.started"):
        fencing.check()


class Transport:
    """A pool of connections.

    After any fault the connection is closed: what is left over on it would be read as the answer
    to the next request.
    """

    def __init__(
        self,
        *,
        timeouts: Timeouts,
        connections: int,
        ca_file: Path | None = None,
        proxy: str | None = None,
    ) -> None:
        self._timeouts = timeouts
        self._extensions = {
            "timeout": {
                "connect": timeouts.connect,
                "read": timeouts.read,
                "write": timeouts.read,
                "pool": timeouts.attempt,
            }
        }
        self._pool = httpx.AsyncHTTPTransport(
            verify=_tls(ca_file),
            trust_env=False,
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=20.0,
            ),
        )

    async def send(self, exchange: Exchange, *, within: float, cap: int, read: Read) -> Response:
        """Return `read(status, headers, body)` of the answer.

        Raises:
            Fault: there is none within `within` seconds, it breaks off, it is larger than `cap`
                bytes when decoded, or `read` raises `Garbled`.
        """
        request = httpx.Request(
            exchange.method,
            exchange.url,
            headers={"Accept-Encoding": ACCEPTED, **exchange.headers},
            content=exchange.content,
            extensions={**self._extensions, "trace": _still_ours}
            if exchange.writes
            else self._extensions,
        )
        try:
            async with asyncio.timeout(within):
                return await self._exchange(request, cap, read)
        except TimeoutError:
            raise Fault(f"no complete answer within {within:.3g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise self._fault(error) from None

    async def aclose(self) -> None:
        await self._pool.aclose()

    async def _exchange(self, request: httpx.Request, cap: int, read: Read) -> Response:
        answer = await self._pool.handle_async_request(request)
        try:
            content = await _content(answer, cap)
            response = read(answer.status_code, answer.headers, content)
            if _left_over(answer):
                raise Garbled("more came than its headers announce")
        except TooLarge:
            await _hang_up(answer)
            what = f"answered {answer.status_code} with more than {cap / 2**20:.3g} MiB"
            raise Fault(what, again=False, status=answer.status_code) from None
        except Garbled as error:
            await _hang_up(answer)
            what = f"answered {answer.status_code}, but {error}"
            raise Fault(what, status=answer.status_code) from None
        except BaseException:
            await _hang_up(answer)
            raise
        await answer.aclose()
        return response

    def _fault(self, error: Exception) -> Fault:
        match error:
            case httpx.ConnectTimeout():
                return Fault(f"no connection within {self._timeouts.connect:.3g} s", sent=False)
            case httpx.PoolTimeout():
                return Fault("no connection came free", sent=False)
            case httpx.ConnectError():
                return _not_connected(error)
            case httpx.ProxyError():
                return Fault("the proxy refused the connection", sent=False)
            case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
                return Impossible("it is no valid HTTP request")
            case httpx.ReadTimeout() | httpx.WriteTimeout():
                return Fault(f"silence for {self._timeouts.read:.3g} s")
            case httpx.RemoteProtocolError():
                return Fault("the answer broke off or is not HTTP")
            case _:
                return Fault("the connection broke")


async def _content(answer: httpx.Response, cap: int) -> bytes:
    body = Body(answer.headers.get("content-encoding", ""), cap)
    assert isinstance(answer.stream, httpx.AsyncByteStream)  # noqa: S101  an async transport's
    async for chunk in answer.stream:
        body.feed(chunk)
    return body.finish()


async def _hang_up(answer: httpx.Response) -> None:
    # The pool finds the socket closed and drops the connection instead of using it again.
    await answer.extensions["network_stream"].aclose()
    await answer.aclose()


_TO_PARSER = ("_httpcore_stream", "_stream", "_connection", "_h11_state", "trailing_data")


def _left_over(answer: httpx.Response) -> bool:
    """Return whether bytes followed the answer: they would be taken for the next one's.

    No public way leads to the parser's buffer, so this goes the private one and sees nothing
    where it ends; a test with a server that answers twice notices.
    """
    found: Any = answer.stream
    for name in _TO_PARSER:
        found = getattr(found, name, None)
    return bool(found and found[0])


def _not_connected(error: Exception) -> Fault:
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = f"its certificate was not accepted ({cause.verify_message}); set ca_file"
            return Fault(reason, sent=False, again=False)
        if isinstance(cause, ssl.SSLError):
            return Fault("no TLS connection could be made", sent=False)
    return Fault(f"no connection ({str(error) or 'refused'})", sent=False)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


__all__ = ["Exchange", "Timeouts", "Transport", "encode_form"]
