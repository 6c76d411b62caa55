"""A server whose vectors say which text they belong to, and calls to it: the text "7" is the vector [7.0, 1.0]."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from any_llm import AnyLLM
from any_llm.flow.memory import MEMORY
from any_llm.flow.search import WORD
from loopback import Answer

if TYPE_CHECKING:
    from any_llm import CreateEmbeddingResponse
    from loopback import Request

KEY = "sk-never-to-be-seen"
NOT_GIVEN = dict.fromkeys(
    (
        *("dimensions", "dtype", "input_type", "overflow", "normalize", "batch_size", "on_error", "dedupe"),
        *("extra_headers", "extra_query", "extra_body"),
    )
)


def to(url: str, api_key: Any = KEY, **client_args: Any) -> dict[str, Any]:
    """Arguments of a call to the server at this address."""
    return {"model": "m", "provider": "openai", "api_key": api_key, "api_base": url, "client_args": client_args}


def known(url: str, api_key: Any = KEY, **client_args: Any) -> dict[str, Any]:
    """The same, for a server that has answered such a call before: no request need go first, alone."""
    arguments = to(url, api_key, **client_args)
    client = AnyLLM.create("openai", api_key, url, **client_args)
    job = client._job("m", ["a"], {}, **NOT_GIVEN)
    MEMORY.learn(job.setting.place, time.monotonic(), answered=frozenset([job._kind]))
    return arguments


def vectors(request: Request) -> Answer:
    """Answer as OpenAI does."""
    data = [
        {"embedding": [float(text) if text != WORD else 0.5, 1.0], "index": index}
        for index, text in enumerate(request.json["input"])
    ]
    return Answer(json={"data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def texts(count: int) -> list[str]:
    """Make "0", "1", "2" and so on."""
    return [str(number) for number in range(count)]


def numbers(result: CreateEmbeddingResponse) -> list[int]:
    """Read the texts back from their vectors."""
    return [int(each.embedding[0]) for each in result.data]
