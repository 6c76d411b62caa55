"""Which error a refusal is: by status and machine code; by words only as the last, listed resort."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from any_llm import exceptions as errors
from any_llm.flow.redact import redact, without_secrets
from any_llm.wire import UnusableReplyError, public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.wire import Batch, Call, Refusal, Reply, Send, TransportError

BY_STATUS: dict[int, type[errors.AnyLLMError]] = {
    401: errors.AuthenticationError,
    402: errors.InsufficientFundsError,
    403: errors.AuthenticationError,
    404: errors.ModelNotFoundError,
    408: errors.ProviderTimeoutError,
    424: errors.ProviderError,  # TEI: the model behind the server failed
    429: errors.RateLimitError,
    498: errors.AuthenticationError,  # Cohere: invalid token
    502: errors.UpstreamProviderError,
    504: errors.GatewayTimeoutError,
}
BY_CODE: dict[str, type[errors.AnyLLMError]] = {
    "context_length_exceeded": errors.ContextLengthExceededError,
    "content_filter": errors.ContentFilterError,
    "insufficient_quota": errors.InsufficientFundsError,
    "billing_hard_limit_reached": errors.InsufficientFundsError,
    "billing_not_active": errors.InsufficientFundsError,
    "invalid_api_key": errors.AuthenticationError,
    "model_not_found": errors.ModelNotFoundError,
    "INPUT_MODEL_NOT_FOUND": errors.ModelNotFoundError,  # Jina, and below
    "AUTHZ_INSUFFICIENT_BALANCE": errors.InsufficientFundsError,
    "1113": errors.InsufficientFundsError,  # Zhipu, with a 429
    "Arrearage": errors.InsufficientFundsError,  # DashScope, with a 400
    "AllocationQuota.FreeTierOnly": errors.InsufficientFundsError,  # DashScope, with a 403
    "AccountOverdueError": errors.InsufficientFundsError,  # Volcengine, with a 403
    "NOT_ENOUGH_BALANCE": errors.InsufficientFundsError,  # Novita and PPIO, with a 403
}
BY_WORDS: tuple[tuple[int, re.Pattern[str], type[errors.AnyLLMError], bool], ...] = (
    # Gemini answers a bad key with 400 INVALID_ARGUMENT.
    (400, re.compile(r"api key not valid", re.IGNORECASE), errors.AuthenticationError, False),
    # Gemini answers an empty account with 429 RESOURCE_EXHAUSTED, as it does too many requests.
    (429, re.compile(r"prepa\w+ \w+ are depleted", re.IGNORECASE), errors.InsufficientFundsError, False),
    # LiteLLM's proxy: a key it would look up in a database it lacks. The code that comes with it is an outage's too.
    (400, re.compile(r"^no connected db\.", re.IGNORECASE), errors.AuthenticationError, False),
    (400, re.compile(r"invalid model name passed in model=", re.IGNORECASE), errors.ModelNotFoundError, False),
    (400, re.compile(r"^content blocked: ", re.IGNORECASE), errors.ContentFilterError, False),
    # OpenAI, vLLM, Ollama and Jina have no code for it.
    (
        400,
        re.compile(
            r"maximum context length|exceeds the context length|maximum input length|exceeds the model's maximum",
            re.IGNORECASE,
        ),
        errors.ContextLengthExceededError,
        False,
    ),
    # Cohere. Of several inputs it may be the sum that is too much.
    (400, re.compile(r"too many tokens", re.IGNORECASE), errors.ContextLengthExceededError, True),
    # TEI, and SiliconFlow as TEI once did. A batch of too many inputs has other words.
    (422, re.compile(r"must have less than \d+ (tokens|characters)"), errors.ContextLengthExceededError, False),
    (413, re.compile(r"must have less than \d+ (tokens|characters)"), errors.ContextLengthExceededError, False),
    # llama.cpp answers 500.
    (500, re.compile(r"input.*too large to process", re.IGNORECASE), errors.ContextLengthExceededError, False),
)
"""Status, words, error, and whether the words blame an input only when it was sent alone."""
WAYS_OUT = 'Shorten the text, or pass overflow="truncate" or overflow="mean" where the provider can.'


def refused(
    call: Call, sent: Send, batch: Batch, reply: Reply, refusal: Refusal, *, asked: float | None = None
) -> errors.AnyLLMError:
    """Turn a reply that is no 200 into an error. Keys and inputs are taken out of the provider's words.

    `asked`: how many seconds it asks us to wait.
    """
    kind = _kind(batch, reply.status, refusal)
    texts = [*batch.texts, *(text.removeprefix(call.prefix) for text in batch.texts)] if call.prefix else batch.texts
    said = _redirect(sent, reply) if 300 <= reply.status < 400 else refusal.message  # noqa: PLR2004
    message = redact(without_secrets(said, sent.headers, call.query), texts)
    details: dict[str, Any] = {
        "status_code": reply.status,
        "code": _discreet(refusal.code, sent, call, batch),
        "param": _discreet(refusal.param, sent, call, batch),
        "error_type": _discreet(refusal.error_type, sent, call, batch),
    }
    if kind is errors.ContextLengthExceededError:
        details["index"] = batch.indexes[0] if len(batch) == 1 else None
        message = f"{message} {WAYS_OUT}"
    error = kind(f"{call.model}: {message}", None, call.row.name, **details)
    error.retry_after = reply.headers.get("retry-after", None if asked is None else f"{asked:g}")
    return error


def _redirect(sent: Send, reply: Reply) -> str:
    try:
        target = public(urljoin(sent.url, reply.headers["location"]))
    except (KeyError, ValueError):
        target = "no address"
    return f"It redirects to {target}; a redirect is never followed with a key. Set api_base to the final address."


def _discreet(word: str | None, sent: Send, call: Call, batch: Batch) -> str | None:
    """A machine's word is kept, unless it repeats a key or an input."""
    if word is None or word in batch.texts:
        return None
    return redact(without_secrets(word, sent.headers, call.query), batch.texts)


def _kind(batch: Batch, status: int, refusal: Refusal) -> type[errors.AnyLLMError]:
    for code in (refusal.code, refusal.error_type):
        if code in BY_CODE:
            return BY_CODE[code]
    for at, pattern, kind, alone in BY_WORDS:
        if status == at and pattern.search(refusal.message) and (len(batch) == 1 or not alone):
            return kind
    if status in BY_STATUS:
        return BY_STATUS[status]
    return errors.InvalidRequestError if 400 <= status < 500 else errors.ProviderError  # noqa: PLR2004


def lost(call: Call, error: TransportError) -> errors.AnyLLMError:
    """Turn a missing reply into an error."""
    if isinstance(error, UnusableReplyError):
        return unreadable(call, str(error))
    kind = errors.ProviderTimeoutError if error.timed_out else errors.ProviderConnectionError
    return kind(f"{call.model}: {error} ({public(call.base)})", error, call.row.name)


def too_long(call: Call, index: int) -> errors.ContextLengthExceededError:
    """Say of an input that the model does not read all of it, where the provider does not."""
    reason = f"{call.model}: inputs[{index}] is longer than the model reads. {WAYS_OUT}"
    return errors.ContextLengthExceededError(reason, None, call.row.name, index=index)


def unreadable(
    call: Call, reason: str, index: int | None = None, cause: BaseException | None = None
) -> errors.InvalidResponseError:
    """Turn a 200 that cannot be right into an error. `cause`: what an adapter of somebody's own raised."""
    beneath = cause if isinstance(cause, Exception) else None
    said = f"{call.model}: {reason}"
    error = errors.InvalidResponseError(said, beneath, call.row.name, status_code=200, index=index)
    error.__cause__ = beneath
    return error


def disguised(wrong: Exception, call: Call, sent: Send, batch: Batch, refusal: Refusal) -> str:
    """What is wrong with a 200 that cannot be read, and the provider's own words, where it is an error in disguise."""
    if refusal.message == "no message":
        return str(wrong)
    return f"{wrong}; it says: {redact(without_secrets(refusal.message, sent.headers, call.query), batch.texts)}"


def in_reply_to(error: errors.AnyLLMError, positions: Sequence[int]) -> None:
    """Say which inputs a reply was to that cannot be right, where none of them is known to be at fault."""
    if not isinstance(error, errors.InvalidResponseError) or error.index is not None or len(positions) == 1:
        return
    error.message += f", in the reply to inputs {min(positions)} to {max(positions)}"
    error.args = (error.message,)


def alike(error: errors.AnyLLMError, index: int | None) -> errors.AnyLLMError:
    """The same, of an equal input, or of none."""
    copied = copy(error)
    copied.original_exception, copied.__cause__ = error.original_exception, error.__cause__
    if index is None:
        copied.index = None
    else:
        place(copied, index)
    return copied


def place(error: errors.AnyLLMError, index: int) -> None:
    """Let it be of the input at `index`, in its words too."""
    if error.index is not None and error.index != index:
        error.message = re.sub(rf"\b([Ii]nput(?: |s\[)){error.index}\b", rf"\g<1>{index}", error.message)
        error.args = (error.message, *error.args[1:])
    error.index = index
