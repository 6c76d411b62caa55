"""Open a connection for a thread: look the name up, try its addresses, pass a proxy, shake hands, all in one time."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from any_llm.transport.connection import Connection
from any_llm.transport.exchange import Exchange
from any_llm.transport.network import CONNECT, SHARE
from any_llm.transport.tunnel import answering, asking, checked

if TYPE_CHECKING:
    from any_llm.transport.network import TLS
    from any_llm.transport.route import Hop, Route
    from any_llm.transport.scope import Scope
    from any_llm.transport.tls import Channel


def opened(route: Route, tls: TLS, scope: Scope) -> Connection:
    """Connect. Raises OSError, TransportError, GarbledError; InvalidRequestError for a certificate's file."""
    scope = scope.within(min(CONNECT, scope.left()))
    first = route.first
    with ExitStack() as waiting:
        channel: Channel = _connected(first, scope, waiting)
        try:
            if first.secure:
                channel = _secured(channel, tls, first.host, scope)
            if route.tunnel:
                _tunnel(channel, route, scope)
                channel = _secured(channel, tls, route.host.host, scope)
        except BaseException:
            channel.close()
            raise
    return Connection(channel)


def _secured(channel: Channel, tls: TLS, host: str, scope: Scope) -> Channel:
    from any_llm.transport.tls import secured  # noqa: PLC0415  # ssl costs 10 ms, for those who need it

    context = tls.context()
    return secured(channel, context, host.rstrip("."), scope.left())


def _tunnel(channel: Channel, route: Route, scope: Scope) -> None:
    """Ask the proxy for a way through: its answer is a reply like any other, and as slow as it likes."""
    line, exchange = Connection(channel), Exchange()
    answer = answering(exchange)
    line.exchange(asking(route), b"", answer, scope, exchange)
    checked(answer)


def _connected(hop: Hop, scope: Scope, waiting: ExitStack) -> socket.socket:
    """Try each address of the name. An abort reaches the attempt under way, and what is done until `waiting` ends."""
    found = _look_up(hop, scope)
    problem: OSError = OSError("the name has no address")
    for position, (family, kind, protocol, _, target) in enumerate(found):
        left = scope.left()
        share = min(left, max(SHARE, left / (len(found) - position)))
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # a machine without IPv6, or without a file to spare
            problem = error
            continue
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # TLS will take the socket over before it shakes hands; shutting down its twin ends that wait too.
            twin = waiting.enter_context(sock.dup())
            waiting.callback(scope.forget, twin)
            scope.watch(twin)
            sock.settimeout(share)
            sock.connect(target)
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


def _look_up(hop: Hop, scope: Scope) -> list[Any]:
    """Find the addresses of a name. The system's resolver knows no timeout, so it is asked in a thread apart."""
    ask = partial(socket.getaddrinfo, hop.host, hop.port, type=socket.SOCK_STREAM)
    try:
        return ask(flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return scope.apart(ask, scope.left())
