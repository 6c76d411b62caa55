"""What every test may ask for: servers on this machine, and an environment without keys."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from any_llm.flow.memory import MEMORY
from any_llm.registry import REGISTRY
from loopback import Answer, Loopback, Raw, Request
from real_servers import Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

# Frameworks that tell their makers of each use, unless they are asked not to before they are imported.
os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", ANONYMIZED_TELEMETRY="False")

# Ends and beginnings of the names of variables that this library, an SDK or an HTTP library would read.
ENDS = ("_API_KEY", "_API_KEY_PATH", "_API_BASE", "_BASE_URL", "_API_URL", "_API_VERSION", "_PROXY", "_TOKEN")
BEGINNINGS = (
    *("OPENAI_", "AZURE_OPENAI_", "OLLAMA_", "OPENROUTER_", "TOGETHER_", "CO_API_", "GOOGLE_", "GEMINI_"),
    *("CLOUDFLARE_", "DASHSCOPE_", "DATABRICKS_", "MINIMAX_", "REPLICATE_", "SNOWFLAKE_", "YC_"),
)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().endswith(ENDS) or name.upper().startswith(BEGINNINGS):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _nothing_learnt() -> None:
    """Ports come round again: what was learnt of another test's server must not be held against this one's.

    What a test registers is its own affair too.
    """
    MEMORY.forget()
    REGISTRY.forget()


@pytest.fixture
def loopback() -> Iterator[Callable[[Callable[[Request], Answer | Raw]], Loopback]]:
    """Start a server with this `answer`; the test's end closes it."""
    with ExitStack() as servers:
        yield lambda answer: servers.enter_context(Loopback(answer))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers that others wrote, each well when it is first asked for."""
    with Servers(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture(scope="session", autouse=True)
def _servers_come_up_meanwhile(request: pytest.FixtureRequest) -> None:
    if hasattr(request.config, "workerinput"):
        return  # one of several workers: it may be another that will ask for them
    if any("servers" in case.fixturenames for case in request.session.items if isinstance(case, pytest.Function)):
        request.getfixturevalue("servers").start()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Names of cases are the same in every process: a set's order or an address in one is another each time."""
    passing = [case.nodeid for case in session.items if " at 0x" in case.nodeid]
    if passing:
        raise pytest.UsageError(f"a case cannot be run by this name again: {passing[0]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what these servers wrote, where a test with them fails."""
    report = yield
    if report.failed and "servers" in item.funcargs:
        report.sections += [(f"{each.name} wrote", each.said()) for each in item.funcargs["servers"].running.values()]
    return report


# The same examples on every run: what chance finds belongs into `make soak`, or into a table.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")
