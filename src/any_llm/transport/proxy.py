"""Which proxy leads to a host: the one given, else the environment's; alike for threads and tasks."""

from __future__ import annotations

import os
from base64 import b64encode
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from any_llm import checks
from any_llm.exceptions import InvalidRequestError
from any_llm.secret import Secret

if TYPE_CHECKING:
    from urllib.parse import SplitResult


PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A proxy, and what it wants to be told."""

    url: str
    """Without its login."""
    login: str | None
    """Its Proxy-Authorization, if it has one."""

    @property
    def headers(self) -> dict[str, str]:
        """What it wants to be told."""
        return {"Proxy-Authorization": self.login} if self.login else {}

    def __repr__(self) -> str:
        """Never the login."""
        return f"Proxy({self.url!r})"


class Proxies:
    """A client's way to each host."""

    def __init__(self, given: str | None) -> None:
        """Prefer the proxy given."""
        self._given = given
        self._known: dict[tuple[str, str], Proxy | None] = {}

    def to(self, url: str) -> Proxy | None:
        """Name the proxy for an address, None where there is none. Raises InvalidRequestError for one we cannot use."""
        parts = urlsplit(url)
        origin = (parts.scheme, parts.netloc)
        if origin not in self._known:
            self._known[origin] = self._find(parts)
        return self._known[origin]

    def _find(self, parts: SplitResult) -> Proxy | None:
        if self._given is not None:
            return proxy_at("proxy", self._given)
        variables = environment()
        kind = parts.scheme if variables.get(parts.scheme) else "all"
        port = parts.port or PORTS[parts.scheme]
        if not variables.get(kind) or excepted(parts.hostname or "", port, variables.get("no", "")):
            return None
        return proxy_at(f"{kind.upper()}_PROXY", variables[kind])


def environment() -> dict[str, str]:
    """Scheme -> what its variable says; "all" and "no" are schemes too. A name in small letters counts for more."""
    found = {name.lower(): value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    found.update((name.lower(), value) for name, value in os.environ.items() if name.endswith("_proxy"))
    if "REQUEST_METHOD" in os.environ:  # CGI would let whoever sends a header "Proxy" choose HTTP_PROXY
        found["http_proxy"] = os.environ.get("http_proxy", "")
    return {name.removesuffix("_proxy"): value for name, value in found.items() if value}


def proxy_at(name: str, url: str) -> Proxy:
    """Read a proxy's address. Raises InvalidRequestError that says where it was named, and shows no login."""
    url = url if "://" in url else f"http://{url}"
    if (scheme := url.partition("://")[0].lower()) not in {"http", "https"}:
        raise InvalidRequestError(
            f"{name} names a {scheme} proxy, which is not supported: name one as http://host:port."
        )
    parts = urlsplit(checks.address(name, url, login=True))
    login = None
    if parts.username:
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        login = Secret("Basic " + b64encode(words.encode()).decode())
    return Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", login)


def excepted(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names this host: by name or end of name, address, network (10.0.0.0/8), with a port, or as *."""
    return any(_names(word.strip().lower(), host.lower().rstrip("."), port) for word in no_proxy.split(","))


def _names(word: str, host: str, port: int) -> bool:
    if not word or word == "*":
        return bool(word)
    if "/" in word:
        return _within(host, word)
    name, colon, only = word.rpartition(":")
    if colon and only.isdecimal() and (":" not in name or name.endswith("]")):  # not the end of an IPv6 address
        if int(only) != port:
            return False
        word = name
    word = word.strip("[]").removeprefix("*").strip(".")
    return host == word or host.endswith(f".{word}")


def _within(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
