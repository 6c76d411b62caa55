"""An over-long input is an error that gives its count, the limit and the three ways out."""

from __future__ import annotations

import pytest

from any_llm import ContextLengthExceededError, InvalidRequestError
from interface_calls import BOTH, SPOKEN, at, texts_of
from loopback import Answer

LONG = "far too long " * 50
OPENAI = (
    "This model's maximum context length is 8192 tokens, however you requested 9001 tokens (9001 in your prompt; 0 for "
    "the completion). Please reduce your prompt; or completion length."
)
LLAMACPP = "input (1034 tokens) is too large to process. increase the physical batch size (current batch size: 512)"
VLLM = (
    "This model's maximum context length is 512 tokens. However, you requested 600 tokens in the input for embedding "
    "generation. Please reduce the length of the input."
)
REFUSALS = [
    ("openai", Answer(400, json={"error": {"message": OPENAI, "type": "invalid_request_error"}}), ["9001", "8192"]),
    (
        "openai",
        Answer(400, json={"error": {"message": "too long", "code": "context_length_exceeded"}}),
        [],
    ),
    (
        "llamacpp",
        Answer(500, json={"error": {"code": 500, "message": LLAMACPP, "type": "server_error"}}),
        ["1034", "512"],
    ),
    (
        "vllm",
        Answer(
            400,
            json={
                "error": {
                    "message": VLLM,
                    "type": "BadRequestError",
                    "code": 400,
                }
            },
        ),
        ["600", "512"],
    ),
    ("ollama", Answer(400, json={"error": "the input length exceeds the context length"}), []),
]


@BOTH
@pytest.mark.parametrize(
    ("provider", "refusal", "numbers"), REFUSALS, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("inputs", [LONG, [LONG], ["short", LONG], ["a", "b", LONG, "c", "d"]], ids=len)
def test_the_error_names_the_input_and_the_ways_out(embed, provider, *, refusal, numbers, inputs, loopback):
    def answer(request):
        return refusal if LONG in texts_of(request) else SPOKEN[provider].answer(request)

    with pytest.raises(ContextLengthExceededError) as caught:
        embed(**{**at(loopback(answer), provider), "inputs": inputs}, client_args={"max_retries": 0})
    assert isinstance(caught.value, InvalidRequestError)
    # Which of several it was, a reply does not say: it is searched for.
    assert caught.value.index == (0 if inputs == LONG else inputs.index(LONG))
    said = str(caught.value)
    assert [number for number in numbers if number not in said] == []
    assert "horten" in said
    assert 'overflow="truncate"' in said
    assert 'overflow="mean"' in said
    assert "far too long" not in said


@BOTH
def test_an_input_that_is_no_fault_is_not_blamed(embed, loopback):
    server = loopback(lambda _: Answer(400, json={"error": {"message": "no such option"}}))
    with pytest.raises(InvalidRequestError) as caught:
        embed(**at(server))
    assert not isinstance(caught.value, ContextLengthExceededError)
    assert caught.value.index is None
