"""What is to become of an over-long input, and what does its refusal say of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

from any_llm.exceptions import ContextLengthExceededError
from any_llm.flow.bounds import most
from any_llm.flow.caps import CAP, GOT
from any_llm.flow.redact import redact
from any_llm.providers.row import LEAST_ROOM

if TYPE_CHECKING:
    from any_llm.exceptions import AnyLLMError
    from any_llm.wire import Batch


class Overflow(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what to an input that is longer than the model reads."""

    asked: Literal["error", "truncate", "mean"] | None = None
    here: bool = False
    """What was asked for is done here: the provider cannot be told."""
    settled: bool = False
    """The provider does what was asked for, or refuses."""
    chosen: bool = False
    """Who called wants the provider to cut, or to average."""
    cuts: bool = False
    """The provider is known to cut in silence."""

    @property
    def splits(self) -> bool:
        """Whether over-long inputs are cut here."""
        return self.here and self.asked != "error"


class Long(msgspec.Struct, frozen=True):
    """How long an input may be, and how long one is, in the provider's tokens. None: it does not say."""

    limit: int | None = None
    counted: int | None = None


SAYINGS = (
    # OpenAI, vLLM, Jina: https://github.com/openai/openai-python/issues/1519, https://github.com/vllm-project/vllm/issues/17398
    rf"maximum (?:context|model) length (?:is|of) {CAP}(?:.{{0,40}}?(?:requested|contains|has) {GOT})?",
    rf"must have less than {CAP} tokens(?:\. given: {GOT})?",  # TEI, SiliconFlow
    # llama.cpp: https://github.com/ggml-org/llama.cpp/pull/7389
    rf"input \({GOT} tokens\) is too large to process.*batch size: {CAP}\)",
    rf"request \({GOT} tokens\) exceeds the available context size \({CAP} tokens\)",
    # Gemini, Vertex AI: https://github.com/google-gemini/gemini-cli/issues/15005, https://gitlab.com/groups/gitlab-org/-/epics/20977
    rf"token count \({GOT}\) exceeds the maximum number of (?:input )?tokens(?: allowed)? \({CAP}\)",
    rf"token count is {GOT} but the model supports up to {CAP}",
    rf"max(?:imum)? input tokens: {CAP}(?:, request input token count: {GOT})?",  # Titan
    rf"{GOT} exceeds maximum allowed token size {CAP}",  # NVIDIA: https://github.com/run-llama/llama_index/issues/15180
    rf"maximum sequence length \({CAP}\)",  # watsonx: https://github.com/lancedb/lancedb/issues/1535
    rf"has {GOT} tokens and .{{1,200}}? reads {CAP}\b",  # a model in this process: ours
)
"""Words of providers that name the model's limit, and what they counted."""
_SAYINGS = tuple(re.compile(words, re.IGNORECASE | re.DOTALL) for words in SAYINGS)


def said(error: AnyLLMError, message: str, batch: Batch) -> Long | None:
    """Read the refusal of one over-long input. Only what can be true is believed, and no input may teach a limit."""
    if not isinstance(error, ContextLengthExceededError) or (len(batch) != 1 and error.index is None):
        return None
    text = batch.texts[0 if error.index is None else batch.indexes.index(error.index)]
    words = redact(message, batch.texts)
    found = next((found for saying in _SAYINGS if (found := saying.search(words))), None)
    if found is None:
        return None
    numbers = {name: int(word.replace(",", "")) for name, word in found.groupdict().items() if word}
    limit, counted = numbers["cap"], numbers.get("got")
    longest = most(text)
    if not LEAST_ROOM <= limit < longest:
        return None
    return Long(limit, counted if counted is not None and limit < counted <= longest else None)
