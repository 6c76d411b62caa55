"""POST {base}/v1/embeddings: Perplexity, OpenAI's shape around vectors of int8; there are no floats.

Source: https://docs.perplexity.ai/api-reference/embeddings-post
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from any_llm.providers import openai
from any_llm.providers.fields import address, fields
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from any_llm.wire import Batch, Call, Reply

INT8 = "base64_int8"


class PerplexityAdapter(openai.OpenAIAdapter):
    """Vectors are whole numbers from -128 to 127, not of unit length: compare them by cosine. Or bits, packed."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Name the encoding, for decode relies on it. An empty text is refused here, where its index is known."""
        for index, text in zip(batch.indexes, batch.texts, strict=True):
            if not text:
                reason = f"inputs[{index}] is empty, which {call.row.title} does not take: leave it out."
                raise InvalidRequestError(reason, provider_name=call.row.name, index=index)
        content: dict[str, Any] = {"input": batch.texts, "model": call.model, "encoding_format": INT8}
        content.update(fields(call, owned=openai.OWNED))
        if call.extra.get("encoding_format", INT8) != INT8:
            raise UnsupportedParameterError("encoding_format", call.row.name, "Pass dtype='int8' or 'ubinary'.")
        return Send(url=address(call, call.row.path), body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Turn each base64 text into a list of its whole numbers, nothing scaled, unless they are wanted as bytes."""
        read = openai.part(reply)
        if call.options.dtype not in (None, "float32"):
            return read
        texts: Sequence[msgspec.Raw] = read.vectors  # type: ignore[assignment]  # from a reply they are JSON
        return msgspec.structs.replace(read, vectors=[_numbers(text) for text in texts])


def _numbers(text: msgspec.Raw) -> msgspec.Raw:
    """JSON of the signed bytes that a base64 text holds. Raises msgspec.ValidationError when it is none."""
    octets = msgspec.json.decode(text, type=bytes)
    return msgspec.Raw(msgspec.json.encode(array("b", octets).tolist()))


adapter = PerplexityAdapter()
