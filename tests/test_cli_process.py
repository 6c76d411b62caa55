"""How does the process begin and end? Signals, pipes, terminals, and what may not be installed."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

import any_llm
from cli_command import COMMAND, environment, run_process
from loopback import Loopback, Raw

FAKE = ("embed", "--model", "fake:any")
SILENT = ("embed", "--model", "openai:x", "a", "--api-base")


def test_a_whole_run_says_nothing_on_stderr():
    ran = run_process(*COMMAND, *FAKE, stdin=b"a\n" * 100)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(b"fake:any  100 texts")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_blocked_call_quietly_and_leaves_no_file(sent, code, tmp_path):
    asked = threading.Event()

    def hold(connection):
        asked.set()
        connection.wait(60)

    with Loopback(lambda _: Raw(hold)) as server:
        command = [*COMMAND, *SILENT, server.url, "-o", tmp_path / "vectors.json"]
        settings = environment(OPENAI_API_KEY="sk-test")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=settings) as process:
            assert asked.wait(30)
            assert len(list(tmp_path.iterdir())) == 1
            process.send_signal(sent)
            output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (code, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--deadline", "0.2"], "deadline"), (["--timeout", "0.2", "--client", "max_retries=0"], "no answer in time")],
)
def test_no_answer_in_time_is_an_error_of_one_line(options, told):
    with Loopback(lambda _: Raw(lambda connection: connection.wait(60) and None)) as server:
        command = [*COMMAND, *SILENT, server.url, *options]
        ran = run_process(*command, env=environment(OPENAI_API_KEY="sk-test"))
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (1, b"", 1)
    assert told in ran.stderr


@pytest.mark.parametrize("arguments", [[*FAKE, "--format", "csv", "a"], ["providers"], ["--version"]], ids=" ".join)
def test_a_reader_that_leaves_is_no_error(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, env=environment(), check=False
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("redirection", "told"),
    [(">/dev/full", "No space left on device"), (">&-", "standard output is closed; write to a file with --output.")],
)
def test_an_output_that_takes_nothing_is_an_error_of_one_line(redirection, told):
    ran = run_process("bash", "-c", f'"$@" {redirection}', "bash", *COMMAND, *FAKE, "a")
    assert (ran.code, ran.stderr.count("\n")) == (1, 1)
    assert told in ran.stderr


def _seen_on_a_terminal(texts: int) -> str:
    """Run with a terminal as stderr and return what it showed."""
    ours, theirs = pty.openpty()
    lines = b"".join(b"text %d\n" % number for number in range(texts))
    settings = environment(TERM="xterm", COLUMNS="100")
    ended = subprocess.run(
        [*COMMAND, *FAKE], input=lines, stdout=subprocess.PIPE, stderr=theirs, env=settings, check=False
    )
    os.close(theirs)
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"fake:any  {texts:,} texts".encode())
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal, suppress(OSError):  # Linux ends a terminal with an error
        while read := terminal.read(4096):
            shown += read
    return shown.decode()


@pytest.mark.parametrize(("texts", "shown"), [(63, False), (1000, True)])
def test_a_long_wait_shows_itself_on_a_terminal(texts, shown):
    seen = _seen_on_a_terminal(texts)
    assert ("Embedding 1,000 texts with fake:any" in seen) is shown
    assert shown or not seen


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_the_exact_command_is_told(missing):
    script = f"import sys; sys.modules[{missing!r}] = None; from any_llm.cli.main import run; run()"
    ran = run_process(sys.executable, "-c", script)
    assert (ran.code, ran.stdout) == (1, b"")
    assert ran.stderr == f'omniembed: the command needs {missing}. Run: pip install "omniembed[cli]"\n'


def _install_over(package):
    """What any-llm-sdk leaves when it is installed last: its own module, and its own `__init__`."""
    (package / "any_llm.py").touch()
    (package / "__init__.py").write_text("")


def _uninstall_from_under(package):
    """What it leaves when it is then uninstalled."""
    (package / "__init__.py").unlink()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_install_over, "pip uninstall any-llm-sdk omniembed"),
        (_uninstall_from_under, "this installation is not whole"),
    ],
)
def test_a_mixed_installation_is_told(change, told, tmp_path):
    package = tmp_path / "any_llm"
    shutil.copytree(Path(any_llm.__path__[0]), package, ignore=shutil.ignore_patterns("__pycache__", "data"))
    change(package)
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from any_llm.cli.main import run; run()"
    # -S: an editable install beside it would answer for the package that is gone.
    ran = run_process(sys.executable, "-S", "-c", script, env=environment(PYTHONPATH=str(tmp_path)))
    assert (ran.code, ran.stdout) == (1, b"")
    assert ran.stderr.startswith("omniembed: ")
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--version"], ["providers"]], ids=" ".join)
def test_small_commands_load_nothing_heavy(arguments):
    script = (
        "import sys; from any_llm.cli.main import main; code = main(sys.argv[1:]); "
        "print(*{'numpy', 'urllib3', 'aiohttp', 'onnxruntime', 'tokenizers'} & set(sys.modules), file=sys.stderr)"
    )
    ran = run_process(sys.executable, "-c", script, *arguments)
    assert (ran.code, ran.stderr) == (0, "\n")


def test_the_command_is_loaded_by_the_command_alone():
    script = "import sys, any_llm; any_llm.embedding; print(*{'typer', 'rich'} & set(sys.modules))"
    assert run_process(sys.executable, "-c", script).stdout == b"\n"
