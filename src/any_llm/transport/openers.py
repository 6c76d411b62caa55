"""What opens an address for a thread: its host's pool, or that of the proxy on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3

from any_llm.transport.connection import BoundedHTTPPool, BoundedHTTPSPool
from any_llm.transport.network import CONNECTIONS, TLS, Network
from any_llm.transport.proxy import PORTS, Proxies

if TYPE_CHECKING:
    from any_llm.transport.proxy import Proxy

KEPT = 1000
"""Connections kept at most for later calls: urllib3 makes room for each at once."""
Opener = BoundedHTTPPool | BoundedHTTPSPool | urllib3.ProxyManager
POOLS: dict[str, type[BoundedHTTPPool | BoundedHTTPSPool]] = {"http": BoundedHTTPPool, "https": BoundedHTTPSPool}


class Openers:
    """A client's connections, by host."""

    def __init__(self, network: Network) -> None:
        """Open nothing yet."""
        self._network = network
        self._tls = TLS(network)
        self._proxies = Proxies(network.proxy)
        self._known: dict[tuple[str, str], Opener] = {}

    def opener(self, url: str) -> tuple[Any, str]:
        """What opens this address, and the target to name to it."""
        parts = urlsplit(url)
        origin = (parts.scheme, parts.netloc)
        known = self._known.get(origin) or self._known.setdefault(origin, self._open(url))
        if isinstance(known, urllib3.ProxyManager):
            return known, url
        return known, f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    def _open(self, url: str) -> Opener:
        parts = urlsplit(url)
        proxy = self._proxies.to(url)
        options: dict[str, Any] = {"maxsize": min(KEPT, max(CONNECTIONS, self._network.connections))}
        if parts.scheme == "https" or (proxy and proxy.url.startswith("https:")):
            options["ssl_context"] = self._tls.context()
        if proxy is None:
            # Without a port, the end of an IPv6 address would be taken for one.
            return POOLS[parts.scheme](parts.hostname or "", parts.port or PORTS[parts.scheme], **options)
        return self._by_way_of(proxy, options)

    def _by_way_of(self, proxy: Proxy, options: dict[str, Any]) -> urllib3.ProxyManager:
        # The proxy is trusted as the host is: by the same authorities, with the same certificate shown.
        context = options.get("ssl_context")
        manager = urllib3.ProxyManager(proxy.url, proxy_headers=proxy.headers, proxy_ssl_context=context, **options)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def close(self) -> None:
        """Close what is idle; a call in flight ends undisturbed, and a later one opens anew."""
        openers, self._known = self._known, {}
        for opener in openers.values():
            pools: list[Any] = [opener]
            if isinstance(opener, urllib3.ProxyManager):
                pools = [opener.pools.get(key) for key in opener.pools.keys()]  # noqa: SIM118  # it cannot be iterated
            for pool in pools:
                pool.pool.retire()

    def forget(self) -> None:
        """In a forked child: these connections belong to the parent."""
        self._known = {}
        self._tls.unlock()
