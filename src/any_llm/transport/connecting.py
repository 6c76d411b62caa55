"""Open a TCP connection to a name: look it up, and try its addresses, within one time for all of it."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import ExitStack

    from urllib3.connection import HTTPConnection

    from any_llm.transport.scope import Scope

SHARE = 0.25
"""Seconds each address gets at least: one that never answers must not use up the time of the next."""


def connect(address: tuple[str, int], connection: HTTPConnection, scope: Scope, waiting: ExitStack) -> socket.socket:
    """Try each address of the name. An abort reaches the attempt under way, and what is done until `waiting` ends."""
    found = _look_up(address, scope)
    problem: OSError = OSError(f"{address[0]} has no address")
    for position, (family, kind, protocol, _, target) in enumerate(found):
        left = scope.left()
        share = min(left, max(SHARE, left / (len(found) - position)))
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            # TLS will take the socket over before it shakes hands; shutting down its twin ends that wait too.
            twin = waiting.enter_context(sock.dup())
            waiting.callback(scope.forget, twin)
            scope.watch(twin)
            sock.settimeout(share)
            sock.connect(target)
            sock.settimeout(scope.left())
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


def _look_up(address: tuple[str, int], scope: Scope) -> list[Any]:
    """Find the addresses of a name. The system's resolver knows no timeout, so it is asked in a thread apart."""
    ask = partial(socket.getaddrinfo, *address, type=socket.SOCK_STREAM)
    try:
        return ask(flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return scope.apart(ask, scope.left())
