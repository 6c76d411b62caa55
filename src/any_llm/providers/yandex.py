"""POST {base}/embeddings of Yandex AI Studio: the OpenAI shape, one text a request, the model as a URI.

Source: https://aistudio.yandex.ru/docs/ru/ai-studio/api-ref/Embeddings/createEmbedding
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.providers import openai
from any_llm.providers.model_in_request import for_role

if TYPE_CHECKING:
    from any_llm.wire import Batch, Call, Send

SCHEME = "emb://"


class YandexAdapter(openai.OpenAIAdapter):
    """The row limits a request to one text: the API takes an array of one element and no more."""

    def encode(self, call: Call, batch: Batch) -> Send:
        """Name the model by its URI, for the role asked for."""
        return super().encode(msgspec.structs.replace(call, model=uri(call)), batch)


def uri(call: Call) -> str:
    """Write emb://{folder}/{model}/{version}; a URI stays whole but for the role. "latest" where no version is said."""
    folder, _, rest = call.model.removeprefix(SCHEME).partition("/")
    if not call.model.startswith(SCHEME):
        folder, rest = call.client.get("folder_id", ""), call.model
    if not folder:
        ways = "pass folder_id= in client_args, set YC_FOLDER_ID, or write the model as emb://folder/name/version"
        raise InvalidRequestError(f"{call.row.title} needs a folder: {ways}.", provider_name=call.row.name)
    name, slash, version = rest.partition("/")
    of_role = for_role(msgspec.structs.replace(call, model=name)).model
    return f"{SCHEME}{folder}/{of_role}/{version if slash else 'latest'}"


adapter = YandexAdapter()
