"""One HTTP connection to the endpoint: uvicorn's, with bounds on the head of a request, which nobody has authorised yet."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 65_536
"""Bytes of a request line and its headers (AWS takes about as many)."""

SLOWEST_HEAD: Final = 15.0
"""Seconds a client may take to send them, from the connection or the first byte on."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedConnection(HttpToolsProtocol):
    """Closes a connection whose request has too large or too slow a head."""

    _head = 0
    _in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Expect a head."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._expected()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Another request on the same connection begins."""
        super().on_message_begin()
        if not self._in_head:
            self._expect()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._expected()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that is not complete."""
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(_TOO_LARGE)

    def _expect(self) -> None:
        self._expected()
        self._in_head, self._head = True, 0
        self._deadline = self.loop.call_later(SLOWEST_HEAD, self._refuse, _TOO_SLOW)

    def _expected(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, answer: bytes) -> None:
        self._expected()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
