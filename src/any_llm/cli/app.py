"""Which commands are there? embed, bulk, similarity, providers, models and cache."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from any_llm.cli.options import Arguments, Debug, File, ModelOptions, takes_model_options
from any_llm.cli.output import Format

# Plain help: the same words on a terminal, in a pipe and in docs/cli.md.
app = typer.Typer(
    name="omniembed",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:  # noqa: FBT001  # typer calls it so
    if not asked:
        return
    from any_llm import __version__  # noqa: PLC0415
    from any_llm.cli.target import show  # noqa: PLC0415

    show(f"omniembed {__version__}\n")
    raise typer.Exit


@app.callback()
def omniembed(
    *,
    version: Annotated[  # its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    debug: Debug = False,  # read by main()
) -> None:
    """Turn texts into vectors with any provider.

    Keys come from the environment alone (see `omniembed providers`): on the command line, others could read them.

    Exit codes: 0 done, 1 the work could not be done, 2 the command line is wrong, 130 Ctrl-C.
    """


@app.command()
@takes_model_options
def embed(
    *,
    texts: Arguments = None,
    file: File = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write FILE: whole, or not at all."),
    ] = None,
    format: Annotated[  # noqa: A002  # the option's name
        Format | None,
        typer.Option("--format", help="Default: what the suffix of --output means, else text."),
    ] = None,
    options: ModelOptions,
) -> None:
    """Print or write the vector of each text.

    A line of a file is a text, without its newline. Blank lines count, as empty texts, so that line n is always
    vector n; a provider that refuses an empty text says which line it was. A text that begins with - goes after --.
    """
    from any_llm.cli import call, inputs, target  # noqa: PLC0415
    from any_llm.cli import output as outputs  # noqa: PLC0415

    chosen = outputs.choose(format, output, terminal=sys.stdout is not None and sys.stdout.isatty())
    given = inputs.gather(texts, file)
    with target.opened(output, source=given.path) as stream:
        outputs.write(stream, call.embed(given, options), given.texts, format=chosen)


@app.command()
@takes_model_options
def bulk(
    *,
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="What to read, or a folder of it; - is standard input.")
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help=".parquet, .arrow, .jsonl, .npy or .lance.")
    ] = None,
    column: Annotated[str, typer.Option(metavar="NAME", help="Which column holds the texts.")] = "text",
    id_column: Annotated[str | None, typer.Option(metavar="NAME", help="What names a row, for .npy.")] = None,
    input_format: Annotated[
        Literal["parquet", "arrow", "jsonl", "csv", "tsv", "text"] | None,
        typer.Option(help="Default: what the suffix means; of standard input, text."),
    ] = None,
    vector_type: Annotated[
        Literal["fixed", "list"], typer.Option(help="list, for readers without lists of one size (Spark).")
    ] = "fixed",
    on_error: Annotated[Literal["keep", "stop"], typer.Option(help="What to do at a bad row.")] = "keep",
    estimate: Annotated[bool, typer.Option("--estimate", help="Say what it would cost; send nothing.")] = False,
    max_cost: Annotated[float | None, typer.Option(metavar="USD", help="What all runs together may cost.")] = None,
    max_concurrency: Annotated[int | None, typer.Option(metavar="N", help="Requests under way at once.")] = None,
    rpm: Annotated[int | None, typer.Option(metavar="N", help="Requests a minute.")] = None,
    tpm: Annotated[int | None, typer.Option(metavar="N", help="Tokens a minute.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what there is, and begin anew.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as an object.")] = False,
    options: ModelOptions,
) -> None:
    """Embed a file of rows into a file of rows and vectors.

    The same command run again goes on where it stopped, also after a kill, and tries rows that failed once more.
    Ctrl-C waits for what is under way and keeps it; a second one leaves at once.
    """
    from any_llm.cli import bulk as jobs  # noqa: PLC0415
    from any_llm.cli import target  # noqa: PLC0415

    asked = jobs.arguments(options.keywords(), max_concurrency=max_concurrency, rpm=rpm, tpm=tpm)
    asked |= {"column": column, "input_format": input_format}
    if estimate:
        found = jobs.foretold(source, **asked)
        target.show(jobs.as_json(found) if json else jobs.estimate(found))
        return
    made = jobs.run(
        source, output, id_column=id_column, vector_type=vector_type, on_error=on_error, max_cost=max_cost,
        restart=restart, **asked,
    )  # fmt: skip
    target.show(jobs.as_json(made) if json else jobs.report(made))


@app.command()
@takes_model_options
def similarity(
    *,
    texts: Arguments = None,
    file: File = None,
    format: Annotated[Literal["text", "json"], typer.Option("--format", help="For a person, or a program.")] = "text",  # noqa: A002
    options: ModelOptions,
) -> None:
    """Print how alike the texts are: the cosine of each with each, -1 to 1.

    Lines and blank lines are read as `omniembed embed` reads them.
    """
    from any_llm.cli import call, inputs, target  # noqa: PLC0415
    from any_llm.cli import similarity as matrix  # noqa: PLC0415

    given = inputs.gather(texts, file)
    response = call.embed(given, options)
    target.show(matrix.as_json(response) if format == "json" else matrix.as_table(response, given.texts))


@app.command()
def providers(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    debug: Debug = False,  # noqa: ARG001  # read by main()
) -> None:
    """List the providers, and whether the key of each is set.

    The key itself is never shown, nor a part of it.
    """
    from any_llm.cli import providers as table  # noqa: PLC0415
    from any_llm.cli import target  # noqa: PLC0415

    rows = table.listed()
    target.show(table.as_json(rows) if json else table.as_table(rows))


@app.command()
def models(
    *,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this provider offers.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the provider which models it has now.")] = False,
    api_base: Annotated[str | None, typer.Option(metavar="URL", help="The base URL to ask, with --live.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    debug: Debug = False,  # noqa: ARG001  # read by main()
) -> None:
    """List the models that something is known of: widths, longest input, price.

    Any other model works too. A ~ marks what is estimated; a - what is not known. USD is the price of a million tokens.
    """
    from any_llm.cli import models as table  # noqa: PLC0415
    from any_llm.cli import target  # noqa: PLC0415

    rows = table.asked(provider, live=live, api_base=api_base)
    target.show(table.as_json(rows) if json else table.as_table(rows))


cache = typer.Typer(rich_markup_mode=None, help="Look after the file of vectors that --cache keeps.")
app.add_typer(cache, name="cache")

CacheFile = Annotated[
    Path | None,
    typer.Option("--path", metavar="FILE", help="Default: ANY_LLM_CACHE, else where --cache keeps it."),
]


@cache.command()
def info(
    *,
    path: CacheFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
    debug: Debug = False,  # noqa: ARG001  # read by main()
) -> None:
    """Print where it is, how many vectors it has and how large it is."""
    from any_llm.cli import cache as care  # noqa: PLC0415
    from any_llm.cli import target  # noqa: PLC0415

    target.show(care.info(path, json=json))


@cache.command()
def clear(*, path: CacheFile = None, debug: Debug = False) -> None:  # noqa: ARG001  # read by main()
    """Remove every vector."""
    from any_llm.cli import cache as care  # noqa: PLC0415
    from any_llm.cli import target  # noqa: PLC0415

    target.show(care.clear(path))


@cache.command()
def prune(
    *,
    max_size: Annotated[str, typer.Option(metavar="SIZE", help="Largest size to keep, such as 500MB or 2GB.")],
    path: CacheFile = None,
    debug: Debug = False,  # noqa: ARG001  # read by main()
) -> None:
    """Remove the vectors that were not used for longest, until it is no larger than SIZE."""
    from any_llm.cli import cache as care  # noqa: PLC0415
    from any_llm.cli import target  # noqa: PLC0415

    target.show(care.prune(path, max_size))
