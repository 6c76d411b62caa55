"""What a refusal says about size: a cap it names, that the request was too large, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from any_llm.flow.redact import redact
from any_llm.flow.tokens import size
from any_llm.providers.row import Limits

if TYPE_CHECKING:
    from any_llm.wire import Batch, Refusal

Unit = Literal["items", "tokens", "bytes"]

TOO_LARGE = 413
SPEAKING = frozenset({400, TOO_LARGE, 422})
"""Statuses that may speak of size. 429 speaks of pace, 5xx of the provider's own trouble: neither teaches a size."""
AROUND = 64
"""Tokens that may stand around a text: special ones, and a prompt the server adds."""


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may hold there. The refused batch breaks it, so a plan that keeps it sends less."""

    limits: Limits
    """One limit, the others None."""
    named: bool
    """The provider said the number; else it is half of what was refused, a guess to be probed upward soon."""
    counted: int | None = None
    """What the provider counted in the refused batch, in the limit's unit."""


class Saying(NamedTuple):
    """One provider's words for a request that is too large."""

    words: str
    """A regular expression. Group `cap`: the number not to be exceeded; `got`: what the provider counted."""
    who: str
    source: str
    """Where they were read: a page, or a thread on GitHub."""


_NUMBER = "[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12}"
CAP, GOT = (rf"(?P<{name}>{_NUMBER})(?![0-9])" for name in ("cap", "got"))
SAYINGS: dict[Unit, tuple[Saying, ...]] = {
    "items": (
        Saying(rf"batch size {GOT} > maximum allowed batch size {CAP}", "TEI, SiliconFlow", "apecloud/ApeRAG#716"),
        Saying(rf"batch size is invalid, it should not be larger than {CAP}", "DashScope", "memodb-io/memobase#142"),
        Saying(rf"at most {CAP} requests can be in one batch", "Gemini", "vercel/ai#16101"),
        Saying(rf"{CAP} instance\(s\) is allowed per prediction", "Vertex AI", "onyx-dot-app/onyx#2343"),
        Saying("included too many instances", "Vertex AI", "topoteretes/cognee#4856"),
        Saying(rf"number of texts must be at most {CAP}(?: - received {GOT})?", "Cohere", "misbahsy/RAGTune#2"),
        Saying(rf"max number of inputs is {CAP}", "Azure OpenAI", "Mintplex-Labs/anything-llm#184"),
        Saying(rf"array length must be {CAP} or less", "OpenAI, Azure OpenAI", "topoteretes/cognee#4954"),
        Saying(rf"with maximum length {CAP}, but got an array with length {GOT}", "OpenAI", "openai/openai-dotnet#317"),
        Saying(rf"at most {CAP} items after validation, not {GOT}", "Infinity", "michaelfeil/infinity#307"),
        Saying(rf"this value has at most {CAP} items", "DeepInfra", "langchain-ai/langchain#21188"),
        Saying(rf"length {GOT} is larger than the largest allowed size {CAP}", "Jina", "refly-ai/refly#831"),
        Saying(rf"embeddings max batch size is {CAP}", "Qianfan", "labring/FastGPT#166"),
        Saying(rf"batch size limit is {CAP}", "Voyage AI", "https://docs.voyageai.com/reference/embeddings-api"),
        Saying(rf"数组最大不得超过\s?{CAP}", "Zhipu", "https://docs.bigmodel.cn/api-reference"),
        Saying("too many inputs", "Mistral", "raphaelmansuy/edgequake-llm#74"),
    ),
    "tokens": (
        Saying(rf"requested {GOT} tokens, max {CAP} tokens per request", "OpenAI", "assafelovic/gpt-researcher#1524"),
        Saying(rf"maximum request size is {CAP} tokens", "OpenAI", "octopusreview/octopus#288"),
        Saying(rf"per submitted batch is {CAP}(?:\. your batch has {GOT} tokens)?", "Voyage AI", "sigoden/aichat#825"),
        Saying(rf"tokens in batch\. max is {CAP}(?: got {GOT})?", "Mistral", "aurelio-labs/semantic-router#297"),
        Saying("too many tokens overall", "Mistral", "chroma-core/chroma#5597"),
        Saying(rf"body too large for .{{1,80}}max size: {CAP} tokens", "GitHub Models", "nlweb-ai/NLWeb#164"),
    ),
    "bytes": (
        Saying(rf"size exceeds the limit: {CAP} bytes", "Gemini", "quarkiverse/quarkus-langchain4j#1705"),
        Saying(rf"maximum request body size {CAP} exceeded", "a proxy", "google-gemini/gemini-cli#13776"),
        Saying(
            "(?:payload|content|request|body|entity) (?:is )?too large",
            *("any web server", "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14"),
        ),
    ),
}  # fmt: skip
"""Tried in this order: what names a cap stands before what does not."""

BY_CODE: dict[str, Unit | None] = {
    "max_tokens_per_request": "tokens",  # OpenAI, as above
    "tokens_limit_reached": "tokens",  # GitHub Models, as above
    "array_above_max_length": "items",  # OpenAI, as above
    "context_length_exceeded": None,  # one input, here and below
    "exceed_context_size_error": None,  # https://github.com/ggml-org/llama.cpp/pull/15780
    "INPUT_TOKEN_LIMIT_EXCEEDED": None,  # Jina
    "string_above_max_length": None,
    "rate_limit_exceeded": None,  # pace or money, here and below
    "RateLimitReached": None,
    "RESOURCE_EXHAUSTED": None,
    "insufficient_quota": None,
}
"""Machine words, and what they blame. None: it is not the size of the request."""

NOT_THE_REQUEST = (
    # One input is too long. OpenAI and vLLM, then OpenAI: https://github.com/Fergana-Labs/stash/pull/268
    r"maximum context length|maximum input length",
    r"exceeds the context length|exceeds the model's maximum",  # Ollama: https://github.com/ollama/ollama/issues/14186
    # TEI and SiliconFlow, with 413 as well as 422: https://github.com/letta-ai/letta/issues/1453
    r"must have less than [0-9]+ (?:tokens|characters)",
    # llama.cpp: https://github.com/ggml-org/llama.cpp/pull/7389, https://github.com/gpustack/gpustack/issues/1845
    r"too large to process|available context size|max context size|exceed n_ctx",
    r"exceeds the maximum number of (?:input )?tokens",  # Gemini: https://github.com/google-gemini/gemini-cli/issues/15005
    r"maximum allowed token size",  # NVIDIA: https://github.com/run-llama/llama_index/issues/15180
    # Vertex AI says it of one input and of the sum alike: https://gitlab.com/groups/gitlab-org/-/epics/20977
    r"but the model supports up to",
    r"maximum sequence length",  # watsonx: https://github.com/lancedb/lancedb/issues/1535
    r"expected maxLength",  # Cohere on Bedrock: https://github.com/langgenius/dify/issues/3942
    # One input is empty: TEI says so with 413. https://github.com/langgenius/dify/issues/6807
    r"(?:can ?not|must not|may not) be (?:an )?empty",
    # Pace. https://github.com/VectorInstitute/health-rec/issues/103
    r"per (?:second|min|minute|hour|day)\b|rate limit|\b[TR]P[MD]\b|quota",
)
"""Words about something else, though they sound alike: tried first."""


def told(status: int, refusal: Refusal, batch: Batch, *, body: int) -> Cap | None:
    """What this refusal of a batch teaches about size; None: nothing. `body` is what was sent, in bytes.

    Machine codes decide before words. An input alone cannot be split, so of one there is nothing to learn.
    """
    if status not in SPEAKING or len(batch) < 2:  # noqa: PLR2004
        return None
    blamed = [BY_CODE[code] for code in (refusal.code, refusal.error_type) if code in BY_CODE]
    message = redact(refusal.message, batch.texts)  # no input may teach a cap
    if any(re.search(words, message, re.IGNORECASE) for words in NOT_THE_REQUEST):
        return None
    for unit, sayings in SAYINGS.items():
        for saying in sayings if unit in blamed or not blamed else ():
            found = re.search(saying.words, message, re.IGNORECASE)
            if found is not None:
                numbers = {name: int(word.replace(",", "")) for name, word in found.groupdict().items() if word}
                return _believed(unit, numbers, batch, body) if numbers else halved(batch, unit)
    fault = blamed[0] if blamed else "bytes" if status == TOO_LARGE else None
    return halved(batch, fault) if fault else None


def halved(batch: Batch, unit: Unit) -> Cap | None:
    """Half of a batch that was too much, in this unit; None where it cannot be halved."""
    half = _own(batch, unit) // 2
    return Cap(limits=Limits(**{unit: half}), named=False) if half else None


def _own(batch: Batch, unit: Unit) -> int:
    if unit == "bytes":
        return sum(map(size, batch.texts))
    return len(batch) if unit == "items" else batch.tokens


def _believed(unit: Unit, numbers: dict[str, int], batch: Batch, body: int) -> Cap | None:
    """Take a named cap only where the batch exceeds it, and in our own measure."""
    own, cap, counted = _own(batch, unit), numbers["cap"], numbers.get("got")
    sent, most = {
        "items": (own, own),
        "tokens": (own, _own(batch, "bytes") + AROUND * len(batch)),  # no text has more tokens than bytes
        "bytes": (body, 2 * body),  # a gateway may have written the body anew
    }[unit]
    if counted is not None:
        if not cap < counted <= most or (unit == "items" and counted != own):
            return None  # they counted something else
        sent = counted
    if not cap < most:
        return None
    if sent <= cap:
        return halved(batch, unit)  # too much by their measure, though not by ours
    limit = min(cap, own * cap // sent)
    return Cap(limits=Limits(**{unit: limit}), named=True, counted=counted) if limit else None
