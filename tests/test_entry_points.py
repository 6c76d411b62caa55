"""Do installed packages bring providers, asked once, when a name is not known, and does a broken one break nothing?

Each story has an environment of its own: a distribution is a module and a .dist-info folder on the path.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from cli_command import COMMAND, environment, run_process

TESTS = Path(__file__).parent
OURS = "our_house = our_house:row"


def install(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    """Put a distribution there, as an installer does."""
    info = folder / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[any_llm.providers]\n{entry_points}\n")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


@pytest.fixture
def site(tmp_path):
    """A folder of installed packages, with ours in it."""
    install(tmp_path, "our-house", OURS, our_house=(TESTS / "our_house.py").read_text(encoding="utf-8"))
    return tmp_path


def run(site: Path, program: str, *options: str):
    return run_process(sys.executable, *options, "-c", program, env=surroundings(site), cwd=site)


def surroundings(site: Path) -> dict[str, str]:
    ours = environment()
    return {**ours, "PYTHONPATH": os.pathsep.join([str(site), ours["PYTHONPATH"]])}


ASK = "import sys\nfrom any_llm import *\n"
FOUND = [
    ('print(LLMProvider("our-house"))', "our-house"),
    ('print(AnyLLM.create("our-house").embedding("m", "Hello").data[0].embedding)', "[5.0, 1.0]"),
    ('print(embedding("our-house:m", "Hello").data[0].embedding)', "[5.0, 1.0]"),
    ('print(embedding("m", "Hello", provider=" Our-House ").provider)', "our-house"),
    ('print("our-house" in AnyLLM.get_supported_providers())', "True"),
    ('print("our-house" in [one.name for one in AnyLLM.get_all_provider_metadata()])', "True"),
    ('print(AnyLLM.get_provider_metadata("our-house").doc_url)', "the wiki"),
    ('print(AnyLLM.get_provider_class("our-house").row.title)', "Our house"),
    # What is registered by hand as well is the same provider.
    ('import our_house; print(register_provider(our_house.row) is LLMProvider("our-house"))', "True"),
    ('import our_house; print(LLMProvider("our-house") is register_provider(our_house.row))', "True"),
]


@pytest.mark.parametrize(("program", "printed"), FOUND)
def test_an_installed_provider_is_found_by_every_door(program, printed, site):
    ran = run(site, ASK + program, "-W", "error")
    assert (ran.stdout.decode().strip(), ran.stderr, ran.code) == (printed, "", 0)


QUIET = [
    'LLMProvider("openai")',
    'LLMProvider.from_string("OpenAI")',
    'AnyLLM.create("openai", "k")',
    'AnyLLM.get_provider_metadata("voyage")',
    'embedding("fake:m", "Hello")',
    "import our_house; register_provider(our_house.row._replace(name='another'))",
]


@pytest.mark.parametrize("program", QUIET)
def test_nobody_is_asked_while_every_name_is_known(program, site):
    ran = run(site, f"{ASK}{program}\nprint(*{{'any_llm.installed'}} & sys.modules.keys())")
    assert (ran.stdout.decode().strip(), ran.stderr) == ("", "")


def test_the_page_shows_an_entry_point_as_it_must_be(site, tmp_path):
    page = (TESTS.parent / "docs" / "adding-a-provider.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    ((group, entries),) = tomllib.loads(block)["project"]["entry-points"].items()
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (tmp_path / "our_house-1.2.dist-info" / "entry_points.txt").write_text(f"[{group}]\n{lines}")
    ran = run(site, f"{ASK}print(LLMProvider('our-house'))", "-W", "error")
    assert (ran.stdout.decode().strip(), ran.stderr) == ("our-house", "")


def test_packages_are_asked_once(site):
    install(site, "counting", "counting = counting:rows", counting="def rows():\n    print('asked')\n    return []\n")
    tries = (
        "for name in ('x', 'y', 'our-house', 'z'):\n    try: LLMProvider(name)\n    except ValueError: print(name)\n"
    )
    ran = run(site, f"{ASK}{tries}AnyLLM.get_supported_providers()")
    assert (ran.stdout.decode().split(), ran.stderr) == (["asked", "x", "y", "z"], "")


def test_a_function_may_bring_several(site):
    install(site, "several", "several = our_house:rows")
    program = "print([embedding(f'{name}:m', 'abc').data[0].embedding for name in ('first', 'second')])"
    ran = run(site, ASK + program, "-W", "error")
    assert (ran.stdout.decode().strip(), ran.stderr) == ("[[3.0, 1.0], [3.0, 1.0]]", "")


ROW = "from any_llm import Row\nrow = Row(name={name!r}, title='T', kind='server', source='s', read='r', {fields})\n"
KEYLESS = "key_required=False"
BROKEN = [
    ("broken:row", "", "AttributeError"),
    ("nowhere:row", "", "ModuleNotFoundError: No module named 'nowhere'"),
    ("broken:row", "import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
    ("broken:row", "1 / 0", "ZeroDivisionError"),
    ("broken:row", "row = 3", "TypeError: a int is neither a Row nor"),
    ("broken:row", "row = 'openai'", "TypeError: a str is neither a Row nor"),
    ("broken:row", "row = ['openai']", "InvalidProviderError: a provider is registered as a Row, not as str"),
    ("broken:row", "def row(needed): pass", "TypeError: row() missing 1 required positional argument"),
    ("broken:row", "def row(): raise OSError('no disk')", "OSError: no disk"),
    ("broken:row", "def row():\n    yield 3", "InvalidProviderError"),
    ("broken:row", ROW.format(name="Broken", fields=KEYLESS), "name must be of a-z"),
    ("broken:row", ROW.format(name="broken", fields=""), "key_env must name the variable"),
    ("broken:row", ROW.format(name="openai", fields=KEYLESS), "the name 'openai' is this package's own"),
    ("broken:row", ROW.format(name="our-house", fields=KEYLESS), "'our-house' is registered already"),
]


@pytest.mark.parametrize(("value", "module", "words"), BROKEN)
def test_a_broken_one_is_one_warning_that_names_its_package_and_breaks_nothing_else(value, module, words, site):
    install(site, "z-broken-things", f"broken = {value}", broken=module)
    program = f"{ASK}import line\nprint(embedding('our-house:m', 'Hello').data[0].embedding)\nLLMProvider('our-house')"
    (site / "line.py").write_text("from any_llm import LLMProvider\nLLMProvider('our-house')\n")
    ran = run(site, program)
    assert (ran.stdout.decode().strip(), ran.code) == ("[5.0, 1.0]", 0)
    told = [line for line in ran.stderr.splitlines() if "Warning" in line]
    assert len(told) == 1
    assert told[0].startswith(
        f"{site / 'line.py'}:2: UserWarning: z-broken-things 1.2, by its entry point broken = {value}, brings no"
    )
    assert words in told[0]


def test_of_two_with_one_name_the_first_stands_and_the_second_is_told_of(site):
    install(
        site,
        "a-twin",
        "twin = twin:rows",
        twin="import our_house\ndef rows():\n    return [our_house.row._replace(title='Twin')]\n",
    )
    ran = run(site, f"{ASK}print(AnyLLM.get_provider_class('our-house').row.title)")
    assert ran.stdout.decode().strip() == "Twin"
    assert ran.stderr.count("UserWarning") == 1
    assert "is registered already, with another row" in ran.stderr


def test_half_of_an_entry_point_is_not_taken(site):
    rows = "[our_house.row._replace(name=name) for name in ('good', 'openai')]"
    text = f"import our_house\ndef rows():\n    return {rows}\n"
    install(site, "half", "half = half:rows", half=text)
    ran = run(site, f"{ASK}print('good' in AnyLLM.get_supported_providers())")
    assert (ran.stdout.decode().strip(), ran.stderr.count("UserWarning")) == ("False", 1)


def test_a_package_may_come_back_to_us_while_it_is_asked(site):
    text = (
        "import any_llm, our_house\n"
        "def rows():\n"
        "    try: any_llm.LLMProvider('our-house')\n"
        "    except ValueError: print('not yet')\n"
        "    any_llm.register_provider(our_house.row._replace(name='by-hand'))\n"
        "    return []\n"
    )
    install(site, "a-loop", "loop = loop:rows", loop=text)
    ran = run(site, f"{ASK}print(LLMProvider('our-house'), LLMProvider('by-hand'))", "-W", "error")
    assert (ran.stdout.decode().splitlines(), ran.stderr) == (["not yet", "our-house by-hand"], "")


def test_threads_that_ask_at_once_all_find_it(site):
    # Each waits inside the package's function for the other: with a lock around it, neither would come.
    text = "import threading, our_house\nboth = threading.Barrier(2, timeout=30)\ndef rows():\n    both.wait()\n"
    install(site, "both", "both = both:rows", both=f"{text}    return our_house.rows()\n")
    program = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as threads:\n"
        "    print(*threads.map(lambda _: embedding('second:m', 'ab').data[0].embedding[0], range(2)))\n"
    )
    ran = run(site, ASK + program)
    assert (ran.stdout.decode().strip(), ran.stderr) == ("2.0 2.0", "")


def test_a_member_goes_to_another_process_and_back(site):
    (site / "worker.py").write_text("def echo(member):\n    return member, member.value, type(member).__name__\n")
    program = (
        f"{ASK}import multiprocessing, worker\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        member, value, kind = pool.apply(worker.echo, [LLMProvider('our-house')])\n"
        "    print(member is LLMProvider('our-house'), value, kind)\n"
    )
    (site / "main.py").write_text(program)
    ran = run_process(sys.executable, str(site / "main.py"), env=surroundings(site), cwd=site)
    assert (ran.stdout.decode().strip(), ran.stderr) == ("True our-house LLMProvider", "")


def test_the_command_line_knows_it(site):
    def omniembed(*arguments):
        ran = run_process(*COMMAND, *arguments, env=surroundings(site), cwd=site)
        assert (ran.code, ran.stderr) == (0, "")
        return ran.stdout.decode()

    (ours,) = [one for one in json.loads(omniembed("providers", "--json")) if one["name"] == "our-house"]
    assert (ours["embedding"], ours["kind"], ours["source"]) == (True, "in-process", "the wiki")
    assert "\nour-house " in omniembed("providers")
    assert json.loads(omniembed("models", "--provider", "our-house", "--json")) == []
    vectors = json.loads(omniembed("embed", "--model", "our-house:m", "--format", "json", "Hello"))
    assert vectors["data"][0]["embedding"] == [5.0, 1.0]
