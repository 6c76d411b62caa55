"""Is importing cheap: no HTTP library, no numpy, no other provider's module, under 60 ms of CPU?"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

COLD = "from any_llm import embedding, AnyLLM, LLMProvider; AnyLLM.get_provider_class('openai')"
HEAVY = {
    *("aiohttp", "asyncio", "http", "httpx", "numpy", "onnxruntime", "pydantic", "pydantic_core", "requests", "rich"),
    *("socket", "ssl", "tokenizers", "typer", "urllib3"),
    # Frameworks that have an adapter here.
    *("chromadb", "daft", "duckdb", "haystack", "lancedb", "langchain_core", "llama_index", "mteb", "pandas", "polars"),
    *("pyarrow", "pyspark", "pytest", "ray", "sqlite3"),
}


def test_importing_and_resolving_a_row_loads_nothing_heavy():
    program = f"{COLD}; import sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {module.split(".")[0] for module in loaded} & HEAVY == set()
    ours = {module for module in loaded if module.startswith("any_llm.")}
    assert not {module.split(".")[1] for module in ours} & {"cli", "flow", "integrations", "local", "transport"}
    used = {module.split(".")[2] for module in ours if module.startswith("any_llm.providers.")}
    assert used <= {"row", "table", "openai"}


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system counts no CPU time of one child")
def test_importing_and_resolving_a_row_is_cheap():
    cpu(COLD)  # writes the bytecode
    extra = statistics.median(cpu(COLD) - cpu("pass") for _ in range(9))
    assert extra < 0.060


def cpu(program: str) -> float:
    """Seconds of CPU an interpreter takes for it: user and system, so that a busy machine matters little."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", program], surroundings)
    _, status, usage = os.wait4(child, 0)
    assert status == 0
    return usage.ru_utime + usage.ru_stime
