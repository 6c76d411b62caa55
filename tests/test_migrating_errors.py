"""Where errors differ from any-llm's; one test a row of docs/migrating.md."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM, embedding, exceptions
from interface_calls import KEY, SPOKEN, at
from loopback import Answer, Raw


def raised(call, **options):
    with pytest.raises(exceptions.AnyLLMError) as caught:
        embedding(**call, **{"client_args": {"max_retries": 0}, **options})
    return caught.value


def refusal(loopback, status, error, headers=None):
    return raised(at(loopback(lambda _: Answer(status, json={"error": error}, headers=headers or {}))))


@pytest.mark.parametrize("unified", [None, False, True])
def test_errors_are_always_unified(unified, loopback, monkeypatch):
    monkeypatch.setenv("ANY_LLM_UNIFIED_EXCEPTIONS", "0")
    server = loopback(lambda _: Answer(400, json={"error": {"message": "no"}}))
    error = raised(at(server), client_args={"unified_exceptions": unified})
    assert type(error) is exceptions.InvalidRequestError


def test_what_caused_an_error_is_ours(loopback):
    assert refusal(loopback, 400, {"message": "no"}).original_exception is None
    lost = raised(at(loopback(lambda _: Raw(lambda connection: connection.reset()))))
    assert type(lost.original_exception).__module__.startswith("any_llm")


def test_a_message_names_provider_and_model_and_no_text(loopback):
    error = refusal(loopback, 400, {"message": f"cannot read 'Hello' with {KEY}"})
    assert str(error) == "[openai] text-embedding-3-small: cannot read [input] with ***"


def test_an_unknown_provider_is_told_near_names():
    with pytest.raises(exceptions.UnsupportedProviderError, match="Did you mean openai"):
        AnyLLM.create("opneai")


def test_context_length_exceeded_is_an_invalid_request(loopback):
    error = refusal(loopback, 400, {"message": "too long", "code": "context_length_exceeded"})
    assert type(error) is exceptions.ContextLengthExceededError
    assert isinstance(error, exceptions.InvalidRequestError)
    assert error.index == 0


def test_a_missing_key_is_an_authentication_error():
    error = raised({"model": "m", "inputs": "Hello", "provider": "openai"})
    assert type(error) is exceptions.MissingApiKeyError
    assert isinstance(error, exceptions.AuthenticationError)


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateways_errors_are_provider_errors(status, loopback):
    error = refusal(loopback, status, {"message": "no"})
    assert type(error) in {exceptions.UpstreamProviderError, exceptions.GatewayTimeoutError}
    assert isinstance(error, exceptions.ProviderError)


def test_a_lost_connection_has_an_error_of_its_own():
    error = raised(
        {"model": "m", "inputs": "Hello", "provider": "openai", "api_key": KEY, "api_base": "http://127.0.0.1:9"}
    )
    assert type(error) is exceptions.ProviderConnectionError
    assert isinstance(error, exceptions.ProviderError | ConnectionError)


def test_a_timeout_has_an_error_of_its_own(loopback):
    error = raised(at(loopback(lambda _: Raw(lambda connection: connection.wait(30)))), timeout=0.2)
    assert type(error) is exceptions.ProviderTimeoutError
    assert isinstance(error, TimeoutError)
    assert type(refusal(loopback, 408, {"message": "no"})) is exceptions.ProviderTimeoutError


@pytest.mark.parametrize("status", [409, 413, 418])
def test_any_other_status_of_the_400s_is_an_invalid_request(status, loopback):
    assert type(refusal(loopback, status, {"message": "no"})) is exceptions.InvalidRequestError


def test_an_empty_account_is_no_rate_limit(loopback):
    error = refusal(loopback, 429, {"message": "no", "code": "insufficient_quota"})
    assert type(error) is exceptions.InsufficientFundsError
    assert not isinstance(error, exceptions.RateLimitError)


def test_a_provider_without_embeddings_says_so_before_it_wants_a_key():
    error = raised({"model": "m", "inputs": "Hello", "provider": "anthropic"})
    assert isinstance(error, NotImplementedError)
    assert isinstance(error, exceptions.UnsupportedProviderError)


def test_a_malformed_model_is_an_invalid_request_too():
    error = raised({"model": "no-provider", "inputs": "Hello"})
    assert isinstance(error, ValueError)
    assert isinstance(error, exceptions.InvalidRequestError)


def test_an_error_knows_which_input(loopback):
    error = raised({**at(loopback(SPOKEN["openai"].answer)), "inputs": ["a", None]})
    assert error.index == 1
