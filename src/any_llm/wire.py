"""All that passes between thought (flow, providers: pure) and deed (transport, local: they wait).

A conversation is a generator. It yields a Command and is resumed with an Outcome, or with a TransportError thrown in.
What an adapter is given and gives is public: Batch, Call, Page, Part, Refusal, Reply, Run, Send and Token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from any_llm.providers.row import Applied, Row
    from any_llm.types.loaded import Loaded
    from any_llm.types.model import Model
    from any_llm.types.vectors import Dtype, Vectors

Now = tuple[float, float]
"""Monotonic and wall-clock seconds, read by the driver: the pure side has no clock."""

KeySource = Callable[[], str | Awaitable[str]]
"""A callable `api_key`: asked anew for each request, so that a rotated key is used at once."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asked for in our own words. None: not asked."""

    dimensions: int | None = None
    dtype: Dtype | None = None
    input_type: str | None = None
    overflow: Literal["error", "truncate", "mean"] | None = None
    normalize: bool | None = None
    batch_size: int | None = None
    encoding_format: Literal["float", "base64"] | None = None
    on_error: Literal["raise", "collect"] | None = None
    dedupe: bool | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is the same for every batch of one call."""

    row: Row
    model: str
    base: str
    options: Options
    extra: Mapping[str, Any] = {}
    """The provider's own body fields, by its own names, untouched."""
    headers: Mapping[str, str] = {}
    """Sent with every request of this call; the key is among them, unless `key` gives it."""
    query: Mapping[str, str] = {}
    client: Mapping[str, Any] = {}
    """Client options that only this provider has (api_version, azure_deployment, ...)."""
    key: KeySource | None = None
    prefix: str = ""
    """Stands before each text on the wire: the words in which this model is told of a role."""
    applied: Applied | None = None
    """How the role reaches the model; None where none was asked for."""
    base64: bool = True
    """False once this host has refused encoding_format."""

    def __repr__(self) -> str:
        """Who and what, never the key or a caller's field."""
        return f"Call({self.row.name!r}, {self.model!r})"


class Batch(msgspec.Struct, frozen=True):
    """Inputs that travel in one request, prefix and all. `indexes[k]` is the position in the call of `texts[k]`."""

    texts: Sequence[str]
    indexes: Sequence[int]
    tokens: int
    """An upper estimate, for admission."""

    def __len__(self) -> int:
        """How many inputs."""
        return len(self.texts)

    def __repr__(self) -> str:
        """Counts only: no text ever reaches a log."""
        return f"Batch({len(self.texts)} inputs, about {self.tokens} tokens)"


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Command: send this request, answer with a Reply."""

    url: str
    body: bytes = b""
    headers: Mapping[str, str] = {}
    method: Literal["POST", "GET", "PUT"] = "POST"
    sign: Callable[[Send, float], Mapping[str, str]] | None = None
    """Headers that depend on the time (wall-clock seconds): asked for just before the socket, anew on each try."""
    limit: int = 1 << 26
    """Bytes its reply may have once it is decompressed; more is no reply to this."""

    def __repr__(self) -> str:
        """Address and size only: headers carry the key and the body the texts."""
        return f"Send({public(self.url)!r}, {len(self.body)} bytes)"


class Run(msgspec.Struct, frozen=True):
    """Command: call this blocking function, answer with what it returns. A coroutine it returns is awaited."""

    function: Callable[[], Any]
    apart: bool = False
    """True: a call that ends first may leave it behind in a thread of its own, as one that waits for a key."""


class Waiter(Protocol):
    """Who waits to be admitted. `holds`: the event loop that stands still meanwhile, if any."""

    holds: Any

    def wake(self) -> None:
        """Have it ask again now. From any thread."""

    def sleeps(self, other: Waiter) -> bool:
        """Whether its event loop stands still, by itself or until `other` is through."""


class Admit(msgspec.Struct, frozen=True):
    """Command: wait until `ask(monotonic seconds, waiter)` says 0, or after how many seconds to ask again.

    Infinitely many: until the waiter is woken, though to look now and then does no harm.
    """

    ask: Callable[[float, Waiter], float]


class Sleep(msgspec.Struct, frozen=True):
    """Command: wait so many seconds."""

    seconds: float


class Once(msgspec.Struct, frozen=True):
    """Command: run a flow once for all who ask under this key at the same time, answer with what it returns."""

    key: Hashable
    flow: Callable[[], Generator[Command, Outcome, Any]]


Command = Send | Run | Admit | Sleep | Once


class Token(msgspec.Struct, frozen=True):
    """What an exchange of credentials gave: headers to send, and until when (monotonic seconds)."""

    headers: Mapping[str, str]
    expires: float
    sign: Callable[[Send, float], Mapping[str, str]] | None = None
    """Signs each request sent under it, where headers alone do not do: Send.sign."""
    found: Mapping[str, str] = {}
    """Names that stand in braces in the address -> what the credentials say there: a region, a project."""

    def __repr__(self) -> str:
        """Never the token."""
        return "Token(***)"


def public(url: str) -> str:
    """An address without what may be secret in it: its login and its query."""
    scheme, _, rest = url.partition("?")[0].rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if scheme else rest


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray

    def __repr__(self) -> str:
        """Status and size only."""
        return f"Reply({self.status}, {len(self.body)} bytes)"


class Outcome(msgspec.Struct, frozen=True):
    """What a command led to, and when."""

    value: Any
    now: Now
    sent: int = 1
    """How often a request was sent for it, at least in part: twice, when its first connection was at its end."""

    def __repr__(self) -> str:
        """When, and of what kind: the value may be a key."""
        return f"Outcome({type(self.value).__name__}, {self.now})"


class TransportError(Exception):
    """No reply: refused, reset, timed out. Thrown into the conversation by the driver."""

    def __init__(self, message: str, *, timed_out: bool = False, retryable: bool = True, begun: bool = False) -> None:
        """Say what broke, without the address's query or any header. `begun`: a reply had begun, and was cut off."""
        super().__init__(message)
        self.timed_out, self.retryable, self.begun = timed_out, retryable, begun
        self.sent = 1
        """How often the request was sent, at least in part: not at all, where no connection came about."""


class UnusableReplyError(TransportError):
    """A reply came, and cannot be read: it is too large, or in a coding nobody asked for."""

    def __init__(self, message: str) -> None:
        """Say what is wrong with it."""
        super().__init__(message, retryable=False, begun=True)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What an adapter read from a reply. Vectors are still undecoded."""

    vectors: Sequence[msgspec.Raw] | Vectors
    """JSON text of each vector (a base64 string or a list of numbers), or numbers made in this process."""
    indexes: Sequence[int] | None = None
    """The reply's own `index` of each vector; None when it has none and order is all there is."""
    prompt_tokens: int | None = None
    total_tokens: int | None = None
    model: str | None = None  # as the provider reports it
    estimated: bool = False
    """True when the token counts are ours, not the provider's."""
    applied: Applied | None = None
    """How the role reached the model, where only the loaded model could tell."""
    cut: Sequence[int] = ()
    """Positions in the batch of inputs that were cut or averaged, where the reply tells."""
    loaded: Loaded | None = None


class Page(msgspec.Struct, frozen=True):
    """What an adapter read from a list of models."""

    models: Sequence[Model]
    after: str | None = None
    """The provider's word for where the next page begins; None: this was the last."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's own words for why it refused."""

    message: str
    code: str | None = None
    param: str | None = None
    error_type: str | None = None

    def __repr__(self) -> str:
        """Code only: the message may echo the key and the texts."""
        return f"Refusal({self.code!r})"
