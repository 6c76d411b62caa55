"""What to say to somebody who asks this package for the rest of any-llm."""

from __future__ import annotations

_KINDS = (
    "completion", "messages", "responses", "moderation", "rerank", "decide", "image_generation", "image_edit", "speech",
    "transcription", "create_batch", "retrieve_batch", "cancel_batch", "list_batches",
    "retrieve_batch_results",
)  # fmt: skip


_NOUNS = (
    "AsyncFileDownload", "AudioSpeechParams", "AudioTranscriptionParams", "Batch", "BatchNotCompleteError",
    "BatchRequestCounts", "BatchResult", "BatchResultError", "BatchResultItem", "ContentFilterFinishReasonError",
    "FileDeleted", "FileDownload", "FileInput", "FileMetadata", "FileOperation", "FilePage", "LengthFinishReasonError",
    "ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice", "ParsedResponse",
    "ProviderFileNotFoundError", "Transcription", "TranscriptionVerbose",
)  # fmt: skip


def explain(name: str) -> str:
    """Word the AttributeError for a name this package does not have."""
    if name.removeprefix("a") in _KINDS or name in {*_KINDS, *_NOUNS}:
        return (
            f"any_llm.{name} is not here: this is omniembed, which makes embeddings only (embedding and aembedding). "
            "For the rest of any-llm use Mozilla.ai's any-llm-sdk in an environment of its own."
        )
    return f"module 'any_llm' has no attribute {name!r}"
