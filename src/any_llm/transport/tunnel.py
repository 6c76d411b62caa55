"""A way through a proxy to a host in TLS: how it is asked for, and what answer will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.transport.http1 import GarbledError, Reader, request
from any_llm.wire import Send

if TYPE_CHECKING:
    from any_llm.transport.exchange import Exchange
    from any_llm.transport.route import Route

OK = range(200, 300)


class RefusedError(OSError):
    """The proxy says no."""

    def __init__(self, status: int) -> None:
        """Keep its status: its words may repeat a login."""
        super().__init__("the proxy refused")
        self.status = status


def asking(route: Route) -> bytes:
    """What the proxy is asked."""
    assert route.proxy is not None
    return request("CONNECT", route.host.authority, route.host.authority, route.proxy.headers, None)


def answering(exchange: Exchange) -> Reader:
    """What reads its answer."""
    return Reader(Send(url=""), exchange, bodiless=True)


def checked(answer: Reader) -> None:
    """Raise RefusedError unless the way is open, GarbledError where somebody speaks on it before the handshake."""
    if answer.status not in OK:
        raise RefusedError(answer.status)
    if not answer.quiet:
        raise GarbledError("more came behind the proxy's leave")
