"""Look a name up for tasks: in a thread that may be left behind, for the system's resolver knows no timeout."""

from __future__ import annotations

import socket
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

from any_llm.transport.apart import apart


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
