"""Does docs/cli.md show what the command prints?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli_command import COMMAND, environment, run_process

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
BLOCKS = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def _commands(block: str) -> list[tuple[str, str]]:
    """Split a block into each `$ command` and what is shown below it."""
    return [(found[1], found[2]) for found in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.MULTILINE)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: _commands(block)[0][0])
def test_a_block_of_the_page_runs_and_prints_what_it_shows(block, tmp_path):
    name = " ".join(f"'{word}'" for word in COMMAND)
    for command, shown in _commands(block):
        script = f'omniembed() {{ {name} "$@"; }}\n{command}'
        ran = run_process("bash", "-c", script, cwd=tmp_path, env=environment(COLUMNS="100", OPENAI_API_KEY=""))
        assert ran.stdout.decode() + ran.stderr == shown


@pytest.mark.parametrize(
    "command",
    ["", "embed", "bulk", "similarity", "providers", "models", "cache", "cache info", "cache clear", "cache prune"],
)
def test_the_help_of_every_command_is_on_the_page(command):
    title = f"$ omniembed {command} --help".replace("  ", " ")
    assert [block.splitlines()[0] for block in BLOCKS].count(title) == 1
