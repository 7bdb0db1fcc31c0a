"""Decompression that cannot be made to fill the memory."""

from __future__ import annotations

import zlib


class TooLarge(Exception):
    """The decoded body is larger than allowed."""


class Garbled(Exception):
    """The body is not what its headers say; the message says in what way."""


_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}

ACCEPTED = "gzip, deflate"
"""What `Accept-Encoding` offers: only what can be decoded with a bound."""


class Body:
    """Collects a body as it arrives, decoded, and never holds more than `cap` bytes plus one read.

    httpx decodes whole reads (300 KiB on the wire become 300 MiB) and takes a compressed body that
    ends early for complete; this does neither.
    """

    def __init__(self, encoding: str, cap: int) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity") and name not in _WINDOWS:
            raise Garbled("it has a content encoding that was not offered")
        self._window = _WINDOWS.get(name, 0)
        self._inflate = zlib.decompressobj(self._window) if self._window else None
        self._cap = cap
        self._size = 0
        self._chunks: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the wire.

        Raises:
            TooLarge, Garbled
        """
        try:
            while data:
                data = self._step(data)
        except zlib.error:
            raise Garbled("its compression is broken") from None

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            Garbled: a compressed body ended early.
        """
        if self._inflate is not None and self._size and not self._inflate.eof:
            raise Garbled("its compressed body ended early")
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def _step(self, data: bytes) -> bytes:
        """Take some of `data`, no more than fits, and return the rest."""
        if self._inflate is None:
            self._keep(data)
            return b""
        if self._inflate.eof:
            # RFC 1952: a gzip file may consist of several members.
            self._inflate = zlib.decompressobj(self._window)
        self._keep(self._inflate.decompress(data, self._cap - self._size + 1))
        return self._inflate.unconsumed_tail or self._inflate.unused_data

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._cap:
            raise TooLarge
        if data:
            self._chunks.append(data)


__all__ = ["ACCEPTED", "Body", "Garbled", "TooLarge"]
