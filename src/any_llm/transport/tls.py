"""TLS for a thread: on a socket, and within another TLS, to a host behind a proxy that is spoken to in TLS."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import TypeAlias

    Channel: TypeAlias = "socket.socket | Inner"

PIECE = 1 << 16


class Inner:
    """TLS whose records travel in another."""

    def __init__(self, outer: Channel, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Shake hands."""
        self.outer = outer
        self.settimeout(seconds)
        self._going = b""
        """What the outer has not taken."""
        self._come, self._go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._go, server_hostname=host)
        self._carry(self._tls.do_handshake)

    def send(self, data: Any) -> int:
        """Send, and say how much."""
        count: int = self._carry(self._tls.write, data)
        return count

    def recv_into(self, room: memoryview) -> int:
        """Receive once; 0: the other side has ended."""
        try:
            count: int = self._carry(self._tls.read, len(room), room)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return 0
        return count

    def _carry(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Do it, carrying records between the two as it wants them."""
        while True:
            try:
                done = step(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                self._bound()
                if came := self.outer.recv(PIECE):
                    self._come.write(came)
                else:
                    self._come.write_eof()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        self._going += self._go.read()
        while self._going:
            self._bound()
            self._going = self._going[self.outer.send(self._going) :]

    def _bound(self) -> None:
        """Bound the outer's next wait: many of them may be one of ours."""
        left = self._until - time.monotonic()
        if left <= 0 < self._seconds:
            raise TimeoutError
        self.outer.settimeout(max(0.0, left))

    def pending(self) -> int:
        """Bytes that came and were not read."""
        return self._tls.pending() + self._come.pending

    def recv(self, most: int) -> bytes:
        """Receive once."""
        room = bytearray(most)
        return bytes(room[: self.recv_into(memoryview(room))])

    def settimeout(self, seconds: float) -> None:
        """Bound each wait; 0: wait for nothing."""
        self._seconds, self._until = seconds, time.monotonic() + seconds

    def fileno(self) -> int:
        """The system's number of the socket below."""
        return self.outer.fileno()

    def close(self) -> None:
        """End both."""
        self.outer.close()


def secured(channel: Channel, context: ssl.SSLContext, host: str, seconds: float) -> Channel:
    """Shake hands with the host, and show that it is the one. Raises ssl.SSLError, OSError."""
    if isinstance(channel, ssl.SSLSocket | Inner):
        return Inner(channel, context, host, seconds)
    through = context.wrap_socket(channel, server_hostname=host, do_handshake_on_connect=False)
    try:
        through.settimeout(seconds)
        through.do_handshake()
    except BaseException:  # Ctrl-C: Python 3.11 would leave the socket open
        through.close()
        raise
    return through
