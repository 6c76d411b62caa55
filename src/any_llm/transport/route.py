"""Which way does a request go: to its host, or by a proxy? Read once an address, for threads and tasks alike."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from any_llm.transport.proxy import PORTS, Proxies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.transport.proxy import Proxy

NOTHING: Mapping[str, str] = MappingProxyType({})


class Hop(NamedTuple):
    """Where a connection leads."""

    host: str
    """A name or a number, as a look-up and a certificate want it: in ASCII, without brackets."""
    port: int
    secure: bool
    """In TLS."""

    @property
    def authority(self) -> str:
        """Both in one word."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Route(NamedTuple):
    """The way to a host. Connections of equal routes serve each other's requests."""

    host: Hop
    name: str
    """Its Host header."""
    proxy: Proxy | None = None

    @property
    def first(self) -> Hop:
        """Whom to open a connection to."""
        return self.host if self.proxy is None else hop(self.proxy.url)

    @property
    def tunnel(self) -> bool:
        """Whether the proxy is asked for a way through: it shall not read what is meant for a host in TLS."""
        return self.proxy is not None and self.host.secure


class Routes:
    """A client's routes to its hosts."""

    def __init__(self, proxy: str | None) -> None:
        """Prefer this proxy to the environment's."""
        self._proxies = Proxies(proxy)
        self._known: dict[tuple[str, str], Route] = {}

    def to(self, url: str) -> tuple[Route, str, Mapping[str, str]]:
        """Find the way, what the request line names, and headers for a proxy that reads the request.

        Raises InvalidRequestError for a proxy that cannot be used.
        """
        parts = urlsplit(url)
        origin = (parts.scheme, parts.netloc)
        route = self._known.get(origin) or self._known.setdefault(origin, self._find(url))
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        if route.proxy is None or route.host.secure:
            return route, target, NOTHING
        return route, f"http://{route.name}{target}", route.proxy.headers

    def _find(self, url: str) -> Route:
        host = hop(url)
        usual = host.port == PORTS["https" if host.secure else "http"]
        return Route(host, host.authority.rpartition(":")[0] if usual else host.authority, self._proxies.to(url))


def hop(url: str) -> Hop:
    """Read where an address leads."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = name if name.isascii() else name.encode("idna").decode()
    return Hop(name, parts.port or PORTS[parts.scheme], parts.scheme == "https")
