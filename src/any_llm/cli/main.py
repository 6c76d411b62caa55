"""How does the command start, and how does it end? Nothing is imported here that may be missing."""

from __future__ import annotations

import signal
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from any_llm.cli.failure import INTERRUPTED, REFUSED, TERMINATED, USAGE, Failure, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALL = 'pip install "omniembed[cli]"'


def run() -> None:
    """Run the command line of this process. The entry point of `omniembed`."""
    signal.signal(signal.SIGTERM, _terminate)
    raise SystemExit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, or what `failure` names. Every error is one line on stderr."""
    debug = "--debug" in takewhile(lambda word: word != "--", arguments)
    try:
        _check_installation(Path(__file__).parent.parent)
        return _command(arguments)
    except KeyboardInterrupt:
        code, message = INTERRUPTED, ""
    except Exception as error:  # noqa: BLE001  # this is where every error is told
        if debug:
            import traceback  # noqa: PLC0415

            traceback.print_exc()
        code, message = _told(error)
        if isinstance(error, OSError):
            from any_llm.cli.target import abandon  # noqa: PLC0415

            abandon()
    if message:
        print(f"omniembed: {one_line(message)}", file=sys.stderr)  # noqa: T201  # a command's word
    return code


def _terminate(*_: object) -> None:
    """End as Ctrl-C does, so that no unfinished file is left behind."""
    raise SystemExit(TERMINATED)


def _check_installation(package: Path) -> None:
    """any-llm-sdk owns the same folder: whichever is installed, or removed, last breaks the other."""
    if (package / "any_llm.py").exists():
        raise Failure(
            "any-llm-sdk is installed into the same folder, and each breaks the other. "
            "Run: pip uninstall any-llm-sdk omniembed; then install the one you want."
        )
    if not (package / "__init__.py").exists():
        raise Failure(f"this installation is not whole. Run: pip uninstall omniembed; {INSTALL}")


def _command(arguments: Sequence[str]) -> int:
    try:
        import rich  # noqa: F401, PLC0415
        from typer.main import get_command  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        package = (missing.name or "a package").partition(".")[0]
        raise Failure(f"the command needs {package}. Run: {INSTALL}") from missing
    from any_llm.cli.app import app  # noqa: PLC0415

    # No command at all is answered with the help, and is still no command.
    code = get_command(app).main(list(arguments) or ["--help"], prog_name="omniembed", standalone_mode=False) or 0
    return int(code) if arguments else USAGE


def _told(error: Exception) -> tuple[int, str]:
    """Exit code and message of an error."""
    from any_llm.exceptions import AnyLLMError, MissingApiKeyError  # noqa: PLC0415

    match error:
        case Failure():
            return error.code, error.message
        case MissingApiKeyError():  # its own words name an argument, which a command line has not
            return REFUSED, f"[{error.provider_name}] no API key: set the environment variable {error.env_var_name}."
        case AnyLLMError():
            return REFUSED, " ".join(_sentence(words) for words in [str(error), *getattr(error, "__notes__", [])])
        case OSError():
            return REFUSED, f"{error.filename}: {error.strerror}" if error.filename else str(error)
        case _ if told := getattr(error, "format_message", None):  # typer's own: the command line is wrong
            return USAGE, told()
        case _:
            return REFUSED, f"unexpected {type(error).__name__}: this is a bug. --debug shows where it happened."


def _sentence(words: str) -> str:
    words = words.rstrip()
    return words if words.endswith((".", "!", "?")) else words + "."
