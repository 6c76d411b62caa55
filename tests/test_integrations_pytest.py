"""Does the fixture of our pytest plugin do as its page says, in a pytest of its own, and cost its start nothing?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "integrations-data.md"

MORE = """
@pytest.mark.parametrize("how, error", [
    ("NaN", InvalidResponseError), ("zeros", InvalidResponseError), ("hangs up", ConnectionError), (503, Exception),
    ("shuffled", None), (429, None),
])
def test_each_fault(any_llm_fake, how, error):
    any_llm_fake.fails(how, times=1 if error is None else math.inf)
    if error is None:
        right = embedding("fake:text-embedding-3-small", ["a", "b"], dimensions=1536)
        assert (index(["a", "b"]).to_numpy() == right.to_numpy()).all()
    else:
        with pytest.raises(error):
            embedding("openai:text-embedding-3-small", ["a", "b"], client_args={"max_retries": 0})


def test_a_word_it_does_not_know(any_llm_fake):
    with pytest.raises(ValueError, match="hangs up"):
        any_llm_fake.fails("nan")
"""


def test_the_page_s_tests_pass(tmp_path):
    block = PAGE.read_text(encoding="utf-8").partition("## pytest")[2].split("```python\n")[1].partition("```")[0]
    (tmp_path / "test_mine.py").write_text(block + MORE, encoding="utf-8")
    plugin = ("-p", "any_llm.integrations.pytest", "-p", "no:cacheprovider", "-W", "error", "-q")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "test_mine.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "10 passed" in ran.stdout


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import pytest, any_llm.integrations.pytest", {"http.server", "numpy", "any_llm.client"}),
        (
            "from any_llm import *",
            {
                "pandas",
                "polars",
                "duckdb",
                "sqlite3",
                "daft",
                "ray",
                "pyspark",
                "mteb",
                "pyarrow",
                "any_llm.integrations",
            },
        ),
    ],
)
def test_what_is_not_asked_for_is_not_loaded(program, absent):
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"], capture_output=True, check=True
    )
    assert absent & set(ran.stdout.decode().split()) == set()
