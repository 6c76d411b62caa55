"""Where any-llm's users import from, and what the errors are made of."""

from __future__ import annotations

import importlib
import pickle

import pytest

import any_llm
from any_llm import exceptions
from any_llm.constants import LLMProvider

WHERE = [
    *(("any_llm", name) for name in ("AnyLLM", "LLMProvider", "embedding", "aembedding", "__version__")),
    *((module, name) for module in ("any_llm", "any_llm.exceptions") for name in exceptions.__all__),
    ("any_llm.api", "embedding"),
    ("any_llm.api", "aembedding"),
    ("any_llm.constants", "LLMProvider"),
    *(("any_llm.types.completion", name) for name in ("CreateEmbeddingResponse", "Embedding", "Usage")),
    ("any_llm.types.provider", "ProviderMetadata"),
]
ERRORS = [
    *("AnyLLMError", "RateLimitError", "AuthenticationError", "InvalidRequestError", "ProviderError"),
    *("ContentFilterError", "ModelNotFoundError", "ContextLengthExceededError", "MissingApiKeyError"),
    *("UnsupportedProviderError", "UnsupportedParameterError", "InsufficientFundsError", "UpstreamProviderError"),
    *("GatewayTimeoutError", "InvalidResponseError"),
]
# Every public name of any-llm-sdk 1.40.2 that this package does not have.
ELSEWHERE = """
    AsyncFileDownload AudioSpeechParams AudioTranscriptionParams Batch BatchNotCompleteError BatchRequestCounts BatchResult
    BatchResultError BatchResultItem ContentFilterFinishReasonError FileDeleted FileDownload FileInput FileMetadata
    FileOperation FilePage LengthFinishReasonError ParsedChatCompletion ParsedChatCompletionMessage ParsedChoice
    ParsedResponse ProviderFileNotFoundError Transcription TranscriptionVerbose acancel_batch acompletion acreate_batch
    adecide aimage_edit aimage_generation alist_batches alist_models amessages amoderation arerank aresponses
    aretrieve_batch aretrieve_batch_results aspeech atranscription cancel_batch completion create_batch decide image_edit
    image_generation list_batches list_models messages moderation rerank responses retrieve_batch retrieve_batch_results
    speech transcription
""".split()
DETAILS = {"status_code": 418, "code": "c", "param": "p", "error_type": "t"}
PLAIN = [
    *("AnyLLMError", "AuthenticationError", "InvalidRequestError", "ProviderError", "ContentFilterError"),
    *("ModelNotFoundError", "ContextLengthExceededError", "InsufficientFundsError", "UpstreamProviderError"),
    *("GatewayTimeoutError", "RateLimitError", "InvalidResponseError"),
]
DEFAULTS = {
    "AnyLLMError": "An error occurred",
    "RateLimitError": "Rate limit exceeded",
    "AuthenticationError": "Authentication failed",
    "InvalidRequestError": "Invalid request",
    "ProviderError": "Provider error",
    "ContentFilterError": "Content blocked by safety filter",
    "ModelNotFoundError": "Model not found",
    "ContextLengthExceededError": "Context length exceeded",
    "InsufficientFundsError": "Insufficient funds or budget exceeded",
    "UpstreamProviderError": "Upstream provider error",
    "GatewayTimeoutError": "Gateway timeout waiting for upstream provider",
}


@pytest.mark.parametrize(("module", "name"), WHERE)
def test_it_is_there(module, name):
    assert getattr(importlib.import_module(module), name) is not None


def test_the_package_lists_what_it_has():
    assert set(any_llm.__all__) >= {"AnyLLM", "LLMProvider", "aembedding", "embedding", *exceptions.__all__}
    assert set(any_llm.__all__) <= set(dir(any_llm))
    assert [name for name in any_llm.__all__ if getattr(any_llm, name, None) is None] == []


@pytest.mark.parametrize("name", ERRORS)
def test_a_name_is_one_class_wherever_it_is_imported_from(name):
    assert getattr(any_llm, name) is getattr(exceptions, name)
    assert issubclass(getattr(exceptions, name), exceptions.AnyLLMError)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_rest_of_any_llm_says_what_this_is_and_what_to_use(name):
    with pytest.raises(AttributeError, match=rf"(?s){name}.*embeddings only.*embedding.*any-llm-sdk"):
        getattr(any_llm, name)


@pytest.mark.parametrize("name", ["embeding", "Embeddings", "_private"])
def test_a_name_nobody_has_is_a_plain_attribute_error(name):
    with pytest.raises(AttributeError, match=rf"^module 'any_llm' has no attribute '{name}'"):
        getattr(any_llm, name)


def test_the_rest_cannot_be_imported_either():
    with pytest.raises(ImportError, match="completion"):
        exec("from any_llm import completion")  # noqa: S102  # the statement users write


@pytest.mark.parametrize("name", PLAIN)
def test_an_error_takes_its_arguments_in_any_llms_order(name):
    cause = ValueError("inside")
    error = getattr(exceptions, name)("what happened", cause, "openai", **DETAILS)
    assert (error.message, error.original_exception, error.provider_name) == ("what happened", cause, "openai")
    assert {detail: getattr(error, detail) for detail in DETAILS} == DETAILS
    assert str(error) == "[openai] what happened"
    assert error.args == ("what happened",)


@pytest.mark.parametrize("name", PLAIN)
def test_an_error_needs_no_argument(name):
    error = getattr(exceptions, name)()
    assert str(error) == error.message == error.default_message
    assert error.message == DEFAULTS.get(name, error.message)
    assert {getattr(error, detail) for detail in ("original_exception", "provider_name", *DETAILS)} == {None}


@pytest.mark.parametrize(
    ("error", "said", "attributes"),
    [
        (
            exceptions.RateLimitError("slow down", None, "openai", "5", status_code=429),
            "[openai] slow down",
            {"retry_after": "5", "status_code": 429},
        ),
        (
            exceptions.MissingApiKeyError("openai", "OPENAI_API_KEY"),
            "OPENAI_API_KEY",
            {"env_var_name": "OPENAI_API_KEY", "provider_name": "openai"},
        ),
        (
            exceptions.UnsupportedProviderError("opneai", ["cohere", "openai"]),
            "'opneai' is not a supported provider",
            {"provider_key": "opneai", "supported_providers": ["cohere", "openai"], "provider_name": None},
        ),
        (
            exceptions.UnsupportedParameterError("dimensions", "together", "Leave it out."),
            "[together] 'dimensions' is not supported for together.",
            {"parameter_name": "dimensions", "provider_name": "together"},
        ),
        (
            exceptions.UnsupportedParameterError("dimensions", "together"),
            "[together] 'dimensions' is not supported for together",
            {"parameter_name": "dimensions"},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("again", [lambda error: error, lambda error: pickle.loads(pickle.dumps(error))], ids=["", "pickled"])  # noqa: S301
def test_the_errors_with_arguments_of_their_own(error, said, attributes, again):
    again = again(error)
    assert said in str(again)
    assert str(again) == str(error)
    assert {name: getattr(again, name) for name in attributes} == attributes


@pytest.mark.parametrize("text", ["openai", "OpenAI", " OPENAI\n", LLMProvider.OPENAI])
def test_a_provider_from_a_string(text):
    assert LLMProvider.from_string(text) is LLMProvider.OPENAI


def test_a_provider_is_its_name():
    assert LLMProvider.OPENAI == "openai"
    assert f"{LLMProvider.OPENAI}" == LLMProvider.OPENAI.value == "openai"
    assert LLMProvider("openai") is LLMProvider.OPENAI
    assert {member.value for member in LLMProvider} == {one.name for one in any_llm.AnyLLM.get_all_provider_metadata()}
