"""Where any-llm's users import from, and what the rest of any-llm says."""

from __future__ import annotations

import importlib

import pytest

import any_llm
from any_llm import exceptions
from any_llm.constants import LLMProvider

WHERE = [
    *(
        ("any_llm", name)
        for name in ("AnyLLM", "LLMProvider", "embedding", "aembedding", "list_models", "alist_models", "__version__")
    ),
    *((module, name) for module in ("any_llm", "any_llm.exceptions") for name in exceptions.__all__),
    ("any_llm.api", "embedding"),
    ("any_llm.api", "aembedding"),
    ("any_llm.api", "list_models"),
    ("any_llm.api", "alist_models"),
    ("any_llm.types.model", "Model"),
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
ELSEWHERE = [
    *("AsyncFileDownload", "AudioSpeechParams", "AudioTranscriptionParams", "Batch", "BatchNotCompleteError"),
    *("BatchRequestCounts", "BatchResult", "BatchResultError", "BatchResultItem", "ContentFilterFinishReasonError"),
    *("FileDeleted", "FileDownload", "FileInput", "FileMetadata", "FileOperation", "FilePage"),
    *("LengthFinishReasonError", "ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice"),
    *("ParsedResponse", "ProviderFileNotFoundError", "Transcription", "TranscriptionVerbose", "acancel_batch"),
    *("acompletion", "acreate_batch", "adecide", "aimage_edit", "aimage_generation", "alist_batches"),
    *("amessages", "amoderation", "arerank", "aresponses", "aretrieve_batch"),
    *("aretrieve_batch_results", "aspeech", "atranscription", "cancel_batch", "completion", "create_batch"),
    *("decide", "image_edit", "image_generation", "list_batches", "messages", "moderation"),
    *("rerank", "responses", "retrieve_batch", "retrieve_batch_results", "speech", "transcription"),
]


@pytest.mark.parametrize(("module", "name"), WHERE)
def test_it_is_there(module, name):
    assert getattr(importlib.import_module(module), name) is not None


def test_the_package_lists_what_it_has():
    functions = {
        *("aembed_iter", "aembedding", "alist_models", "embed_iter", "embedding", "list_models"),
        "register_provider",
    }
    classes = {
        *(
            "AnyLLM",
            "Chunk",
            "CreateEmbeddingResponse",
            "Embedding",
            "EmbeddingIdentity",
            "LLMProvider",
            "Learnt",
            "Limits",
        ),
        *("Names", "RequestEvent", "Row", "Usage"),
    }
    assert sorted(any_llm.__all__) == sorted({*functions, *classes, *exceptions.__all__})
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


@pytest.mark.parametrize("text", ["openai", "OpenAI", " OPENAI\n", LLMProvider.OPENAI])
def test_a_provider_from_a_string(text):
    assert LLMProvider.from_string(text) is LLMProvider.OPENAI


def test_a_provider_is_its_name():
    assert LLMProvider.OPENAI == "openai"
    assert f"{LLMProvider.OPENAI}" == LLMProvider.OPENAI.value == "openai"
    assert LLMProvider("openai") is LLMProvider.OPENAI
    assert {member.value for member in LLMProvider} == {one.name for one in any_llm.AnyLLM.get_all_provider_metadata()}
