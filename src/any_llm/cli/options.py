"""Which options does every command that embeds take? What they are, and what they become in the call."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
import typer

from any_llm.cli.failure import USAGE, Failure

DEFAULT_MODEL = "local:all-MiniLM-L6-v2"

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
"""Read from the bare arguments by main(), so that it holds for every error; named here for the help."""
File = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="FILE", help="Read texts from FILE, a line each; - is standard input."),
]
Arguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="Texts to embed. Without any, lines are read from standard input."),
]


class ModelOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the model: every field is an option of the command line."""

    model: Annotated[str, typer.Option("--model", "-m", metavar="PROVIDER:MODEL", help="Which model.")] = DEFAULT_MODEL
    dimensions: Annotated[int | None, typer.Option(metavar="N", help="Width asked for.")] = None
    dtype: Annotated[
        Literal["float32", "int8", "uint8", "binary", "ubinary"] | None,
        typer.Option(help="What a vector is made of, where the provider offers it."),
    ] = None
    input_type: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE",
            help="query, document, classification, clustering, similarity, or the provider's own word.",
        ),
    ] = None
    overflow: Annotated[
        Literal["error", "truncate", "mean"] | None, typer.Option(help="What to do with a text that is too long.")
    ] = None
    normalize: Annotated[bool | None, typer.Option("--normalize/--no-normalize", help="Unit length, or untouched.")] = (
        None
    )
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="At most so many texts a request.")] = None
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Longest wait for each read.")] = None
    deadline: Annotated[float | None, typer.Option(metavar="SECONDS", help="Longest time for the whole call.")] = None
    api_base: Annotated[str | None, typer.Option(metavar="URL", help="The provider's base URL.")] = None
    cache: Annotated[
        bool | None,
        typer.Option("--cache/--no-cache", help="Keep vectors in a file, and look there before anything is sent."),
    ] = None
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A header to send too; may be repeated.")
    ] = None
    query: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A query parameter to send too; may be repeated.")
    ] = None
    body: Annotated[
        str | None, typer.Option(metavar="JSON", help='Fields of the provider to send too: \'{"truncate": "END"}\'.')
    ] = None
    client: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=JSON",
            help="A client option, such as max_retries=5 or organization=org-1; may be repeated.",
        ),
    ] = None

    def keywords(self) -> dict[str, Any]:
        """Build what embedding() is called with, but for the inputs. Raises Failure before anything is sent."""
        asked = {
            "model": self.model,
            "dimensions": self.dimensions,
            "dtype": self.dtype,
            "input_type": self.input_type,
            "overflow": self.overflow,
            "normalize": self.normalize,
            "batch_size": self.batch_size,
            "timeout": self.timeout,
            "deadline": self.deadline,
            "api_base": self.api_base,
            "extra_headers": _pairs(self.header, "--header"),
            "extra_query": _pairs(self.query, "--query"),
            "extra_body": _fields(self.body),
            "client_args": _client(self.client, self.cache),
        }
        return {name: value for name, value in asked.items() if value is not None}


def takes_model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command every field of ModelOptions as an option; it receives them together, as `options`."""
    fields = get_type_hints(ModelOptions, include_extras=True)
    defaults = {field.name: field.default for field in msgspec.structs.fields(ModelOptions)}
    signature = inspect.signature(command)
    own = [parameter for parameter in signature.parameters.values() if parameter.name not in {"options", "debug"}]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
        for name, annotation in fields.items()
    ]
    debug = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)

    @wraps(command)
    def whole(*, debug: bool, **given: Any) -> None:
        del debug
        command(options=ModelOptions(**{name: given.pop(name) for name in fields}), **given)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own] + [*shared, debug]
    whole.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    whole.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return whole


def _pairs(given: list[str] | None, option: str) -> dict[str, str] | None:
    """NAME=VALUE -> a mapping. The value stays out of the error: it may be a secret."""
    if not given:
        return None
    found = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise Failure(f"{option} wants NAME=VALUE.", code=USAGE)
        found[name] = value
    return found


def _fields(body: str | None) -> dict[str, Any] | None:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Failure("--body wants a JSON object.", code=USAGE) from error


def _client(given: list[str] | None, cache: bool | None) -> dict[str, Any] | None:  # noqa: FBT001  # an option's value
    """NAME=JSON -> client options. What is no JSON at all is text, so that nobody has to quote a quote."""
    pairs = _pairs(given, "--client")
    if pairs is None:
        return None if cache is None else {"cache": cache}
    if "api_key" in pairs:
        raise Failure("a key on the command line shows in process lists; set the provider's variable.", code=USAGE)
    options = {name: _json_or_text(name, value) for name, value in pairs.items()}
    return options if cache is None else {**options, "cache": cache}


def _json_or_text(name: str, value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError) as error:
        if value.lstrip().startswith(("{", "[", '"')):
            raise Failure(f"--client {name} wants JSON, and this cannot be read as such.", code=USAGE) from error
        return value
