"""Open a connection for a task: look the name up, try its addresses, pass a proxy, shake hands, all in one time."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from any_llm.transport.apart import apart
from any_llm.transport.exchange import Exchange
from any_llm.transport.network import CONNECT, SHARE
from any_llm.transport.protocol import Connection
from any_llm.transport.tunnel import answering, asking, checked

if TYPE_CHECKING:
    from any_llm.transport.network import TLS
    from any_llm.transport.route import Hop, Route


async def opened(route: Route, tls: TLS, timeout: float) -> Connection:  # noqa: ASYNC109  # seconds a read may take
    """Connect. Raises OSError, TransportError, GarbledError; InvalidRequestError for a certificate's file."""
    first = route.first
    context = None
    if first.secure or route.host.secure:
        context = tls.built or await asyncio.to_thread(tls.context)  # it reads files
    async with asyncio.timeout(min(CONNECT, timeout)) as limit:
        loop = asyncio.get_running_loop()
        sock = await _connected(first, loop, limit.when() or 0.0)
        line = Connection(loop)
        await loop.create_connection(lambda: line, sock=sock)  # from now on the loop's own, and closed by it
        try:
            if first.secure and context is not None:
                await line.secure(context, first.host)
            if route.tunnel and context is not None:
                await _ask(line, route, timeout)
                await line.secure(context, route.host.host)
        except BaseException:
            line.close()
            raise
        return line


async def _ask(line: Connection, route: Route, seconds: float) -> None:
    """Ask the proxy for a way through: its answer is a reply like any other, and as slow as it likes."""
    exchange = Exchange()
    answer = answering(exchange)
    await line.exchange(asking(route), b"", answer, seconds, exchange)
    checked(answer)


async def _connected(hop: Hop, loop: asyncio.AbstractEventLoop, until: float) -> socket.socket:
    """Try each address of the name."""
    found = await _look_up(hop)
    problem: OSError = OSError("the name has no address")
    for position, (family, kind, protocol, _, target) in enumerate(found):
        share = max(SHARE, (until - loop.time()) / (len(found) - position))
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # a machine without IPv6, or without a file to spare
            problem = error
            continue
        try:
            sock.settimeout(0)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(share):
                await loop.sock_connect(sock, target)
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


async def _look_up(hop: Hop) -> list[Any]:
    """Find the addresses of a name. The system's resolver knows no timeout, so it is asked in a thread apart."""
    ask = partial(socket.getaddrinfo, hop.host, hop.port, type=socket.SOCK_STREAM)
    try:
        return ask(flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return await apart(ask)
