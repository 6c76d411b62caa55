"""What a provider is: a row of data, and the three pure methods that speak its language.

Named tuples, because every import of the package pays for this file: msgspec would cost 40 ms here, dataclasses 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.wire import Batch, Call, Part, Refusal, Reply, Run, Send

Kind = Literal["cloud", "gateway", "server", "in-process"]

Applied = Literal["field", "prefix", "model", "not needed", "unknown"]
"""How a role reached a model: in a field, by words before each text, by another name of the model; or did not."""

ROLES = ("query", "document", "classification", "clustering", "similarity")
"""Our words for a text's role; every other word is taken for the provider's own."""


LEAST_ROOM = 16
"""Tokens of an input, at least, that a limit must leave room for: less holds no sentence."""


class Limits(NamedTuple):
    """What one request may hold. None: unknown, or no limit."""

    items: int | None = None
    """Inputs a request."""
    tokens: int | None = None
    """Tokens a request, summed over its inputs."""
    bytes: int | None = None
    """Bytes of UTF-8 text a request."""
    input_tokens: int | None = None
    """Tokens an input; more is an over-long input."""


UNLIMITED = Limits()


class Names(NamedTuple):
    """What a provider calls our options. None: it has no such field, and asking for it is an error."""

    dimensions: str | None = None
    dtype: str | None = None
    dtypes: Mapping[str, Any] = {}
    """Our dtype -> its value."""
    input_type: str | None = None
    roles: Mapping[str, str] = {}
    """Our role -> its word. Its own words pass too."""
    default_role: str | None = None
    """Its word for document, where it demands one."""
    prefixed: tuple[str, ...] = ()
    """Beginnings of model names for which it has no `input_type`: a role is written before the text."""
    role_chooses: Literal["model", "field"] | None = None
    """It has no `input_type`: a role's word ends the model's name, or names the field that takes the texts."""
    overflow: str | None = None
    policies: Mapping[str, Any] = {}
    """Our policy ("error", "truncate") -> its value; one that is missing cannot be asked for."""
    refuses_overflow: bool = False
    """Over-long input is always refused there, so "error" needs no field."""
    cuts_overflow: bool = False
    """Over-long input is cut there in silence, and nothing can tell it to refuse."""


class Row(NamedTuple):
    """One provider: data, with the page each fact was read on."""

    name: str
    title: str
    kind: Kind
    source: str
    """The page these facts were read on."""
    read: str
    """When, as an ISO date."""
    api_base: str | None = None
    """What the provider's own SDK calls its base URL."""
    bare_host: bool = False
    """Its base may lack scheme and port, as OLLAMA_HOST may."""
    variables: Mapping[str, str] = {}
    """Names in braces in `api_base` (account, region, ...): client option -> the variable that may hold it."""
    found: tuple[str, ...] = ()
    """Those of `variables` that its credentials may know, so that nobody need give them: Token.found."""
    path: str = "/embeddings"
    """What follows the base; a version both of them name is written once."""
    base_env: tuple[str, ...] = ()
    key_env: tuple[str, ...] = ()
    """Variables that may hold the key: any-llm's name first, then the SDK's own."""
    key_required: bool = True
    key_bases: Mapping[str, str] = {}
    """Beginnings of keys that belong to another host -> that host's base."""
    auth: tuple[str, str] = ("Authorization", "Bearer ")
    """Header name, and what stands before the key."""
    adapter: str | Adapter = "any_llm.providers.openai"
    """What speaks this provider's shape, or the module whose `adapter` does: loaded when the row is first used."""
    limits: Limits = Limits()
    counts_inputs: bool = False
    """Its limits a minute are for inputs, not for requests."""
    names: Names = Names()
    refuses_texts: Literal["empty", "blank"] | None = None
    """It refuses "", or any text of blanks alone."""
    read_together: tuple[str, ...] = ()
    """Fields of its own under which a vector depends on the other inputs of its request."""
    base64: bool = False
    """It understands encoding_format="base64", so we ask for it."""
    one_space: tuple[str, ...] = ()
    """Beginnings of model names whose queries and documents share one space, so that a role needs nothing."""
    token_options: tuple[str, ...] = ()
    """Options of its SDK's constructor that give a bearer token in place of the key."""
    token_env: tuple[str, ...] = ()
    """Variables that may hold such a token; looked at before the key's, as the SDK does."""
    credentials: tuple[str, ...] = ()
    """Options of its SDK's constructor that stand in for a key: beside one, no variable is looked at for a key."""
    client_options: tuple[str, ...] = ()
    """Options of its SDK's constructor that its adapter reads."""
    client_headers: Mapping[str, str] = {}
    """Options of its SDK's constructor that are sent as a header -> that header."""
    client_env: Mapping[str, str] = {}
    """Options of its SDK's constructor -> the variable the SDK reads for them."""
    client_aliases: Mapping[str, str] = {}
    """Options of its SDK's constructor -> what they are called here."""
    instead: Mapping[str, str] = {}
    """Call keywords its SDK has that are no fields of its API -> what to write instead."""
    any_model: bool = False
    """It takes any name for a model, so that no fact is known from one."""
    lists_models: bool = False
    """It can be asked which models it has."""
    models_path: str | None = None
    """Where, with its query, if that is not "models" beside its "embeddings"."""
    embedding: bool = True
    reason: str = ""
    """Why there are no embeddings, where there are none."""
    extra: str | None = None
    """The extra to install, where one is needed."""


class Adapter(Protocol):
    """A provider's language. Pure: no I/O, no clock, no state.

    More methods it may have, where its provider needs them:

    authorise(call) -> Generator[Command, Outcome, Token] | None: a flow that exchanges the key, or what stands in for
    one, for headers to send. It is run once for all who wait, again before the token expires, and once on a 401. None:
    the key goes as it is.

    follow(call, reply) -> Send | None: the request that asks whether a provider is done, None when this reply is final.

    status(reply) -> int: the HTTP status a final reply means, where the provider answers 200 to what it refuses, or has
    a code that says more than the status it came with. Never raises.

    for_model(call) -> Call: the call with a row as the model at hand has it, where names or limits differ between
    models. It is asked once for all calls that are alike, first of all: what the other methods get has been through it.

    loaded(call) -> Run: the function gives a Loaded, for an identity that only the model's files can tell.

    models(call, after) -> Send | Run and listed(call, reply) -> Page: ask for a page of the list of models, and read
    it. `after` is None for the first page, then what the page before gave. Else OpenAI's shape is used.
    """

    def encode(self, call: Call, batch: Batch) -> Send | Run:
        """Write the request for these inputs. Raises UnsupportedParameterError before anything is sent."""

    def decode(self, call: Call, reply: Any) -> Part:
        """Read a 200 reply (or what Run returned). Raises msgspec.DecodeError when it is not of this shape."""

    def explain(self, reply: Reply) -> Refusal:
        """Read a refusal. Never raises: an unreadable body is a message too."""
