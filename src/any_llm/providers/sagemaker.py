"""POST {base}/endpoints/{endpoint}/invocations: Amazon SageMaker, where the container decides what is said.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from any_llm.providers import aws, openai
from any_llm.providers.fields import address, fields
from any_llm.wire import Part, Send

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Batch, Call, Refusal, Reply

FIELD = "inputs"
"""What Hugging Face's containers call the texts. `input_field` in client_args names another container's word."""


class Body(msgspec.Struct):
    """A 200 reply that is an object: the vectors by the words of several containers."""

    embeddings: msgspec.Raw = msgspec.Raw()
    """Cohere."""
    embedding: msgspec.Raw = msgspec.Raw()
    """JumpStart."""
    vectors: msgspec.Raw = msgspec.Raw()
    """LangChain's example of a container."""
    data: msgspec.Raw = msgspec.Raw()
    """Those that speak as OpenAI does, Voyage's too."""


_decoder = msgspec.json.Decoder(Body)
_lists = msgspec.json.Decoder(list[msgspec.Raw])
_types = msgspec.json.Decoder(dict[str, msgspec.Raw])


class SageMakerAdapter:
    """The model is the endpoint's name; fields of its container are the caller's own."""

    def authorise(self, call: Call) -> Flow | None:
        """Sign each request."""
        return aws.sign(call, "sagemaker")

    def status(self, reply: Reply) -> int:
        """See to it that keys which ran out are looked for again."""
        return aws.meant(reply)

    def encode(self, call: Call, batch: Batch) -> Send:
        """Always a list."""
        field = call.client.get("input_field", FIELD)
        content: dict[str, Any] = {field: batch.texts, **fields(call, owned=frozenset({field}))}
        url = address(call, f"/endpoints/{quote(call.model, safe='')}/invocations")
        return Send(url=url, body=msgspec.json.encode(content))

    def decode(self, call: Call, reply: Reply) -> Part:
        """Read a bare list of vectors, or an object that holds one; usage is given by OpenAI's shape alone."""
        if reply.body.lstrip()[:1] == b"[":
            return Part(vectors=_all(msgspec.Raw(reply.body)))
        read = _decoder.decode(reply.body)
        if _start(read.data):
            return openai.part(reply)
        given = next((each for each in (read.embeddings, read.embedding, read.vectors) if _start(each)), None)
        if given is None:
            raise msgspec.ValidationError("the reply holds no embeddings by a known name")
        if _start(given) == b"{":
            types = _types.decode(given)
            given = types["float"] if "float" in types else next(iter(types.values()), msgspec.Raw(b"[]"))
        return Part(vectors=_all(given))

    def explain(self, reply: Reply) -> Refusal:
        """Read what the container said, where it was asked, else {"Message"}."""
        return aws.explained(reply)


def _all(vectors: msgspec.Raw) -> list[msgspec.Raw]:
    """The vectors of a list of them; one alone may come bare."""
    given = _lists.decode(vectors)
    return [vectors] if given and _start(given[0]) not in {b"[", b'"'} else given


def _start(value: msgspec.Raw) -> bytes:
    """What kind of JSON it is, without a copy of it."""
    return bytes(memoryview(value)[:1])


adapter = SageMakerAdapter()
