"""Call what nothing can interrupt in a thread of its own, which a task that is ended leaves behind.

Not asyncio.to_thread: a loop that ends waits for its threads, and so does the interpreter.
"""

from __future__ import annotations

import asyncio
import contextvars
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def apart(function: Callable[[], T]) -> T:
    """Call it, with the caller's context. Raises what it raises."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def run() -> None:
        value, error = None, None
        try:
            value = function()
        except BaseException as raised:  # noqa: BLE001  # raised again by the task that waits
            error = raised
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
    return await future


class Resolver(AbstractResolver):
    """Looks names up as the blocking transport does."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Find the addresses of a name. Raises OSError."""
        found = await apart(partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM))
        return [
            ResolveResult(
                hostname=host,
                host=f"{at[0]}%{at[3]}" if len(at) > 3 and at[3] else str(at[0]),  # noqa: PLR2004  # an IPv6 scope
                port=int(at[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, at in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""
