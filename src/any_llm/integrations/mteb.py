"""`AnyLLMEncoder`: any provider scored on MTEB's tasks, each text in its role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mteb.models.abs_encoder import AbsEncoder
from mteb.models.model_meta import ModelMeta, ScoringFunction

from any_llm import AnyLLM, UnsupportedParameterError, embedding

if TYPE_CHECKING:
    from mteb.types import PromptType

ROLES = {
    **dict.fromkeys(("Classification", "MultilabelClassification"), "classification"),
    "Clustering": "clustering",
    **dict.fromkeys(("PairClassification", "STS"), "similarity"),
}
"""Type of a task whose texts are neither queries nor documents -> their role, where the provider has it."""


class AnyLLMEncoder(AbsEncoder):
    """For `mteb.evaluate(AnyLLMEncoder(model), tasks)`.

    The arguments are those of any_llm.embedding, so are the errors. MTEB keeps results under the fingerprint of what
    makes the vectors what they are.
    """

    def __init__(
        self,
        model: str,
        *,
        provider: str | None = None,
        api_key: Any = None,
        api_base: str | None = None,
        client_args: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Look at the arguments; nothing is sent yet."""
        named = embedding(model, [], provider=provider, api_key=api_key, api_base=api_base, client_args=client_args)
        self._client = AnyLLM.create(str(named.provider), api_key, api_base, **(client_args or {}))
        self._model, self._options = named.model, options
        about = {"name": f"{named.provider}/{named.model}", "similarity_fn_name": ScoringFunction.COSINE}
        known = self._client.identity(self._model, **options)
        self.mteb_model_meta = ModelMeta.create_empty({**about, "revision": known.fingerprint})

    def encode(self, inputs: Any, *, task_metadata: Any, prompt_type: PromptType | None = None, **_: Any) -> Any:
        """Embed the texts of all batches in one call; how many go into a request is found out there."""
        texts = [text for batch in inputs for text in batch["text"]]
        role = prompt_type.value if prompt_type is not None else self._role(ROLES.get(task_metadata.type))
        return self._client.embedding(self._model, texts, **{"input_type": role, **self._options}).to_numpy()

    def _role(self, role: str | None) -> str | None:
        try:
            self._client.identity(self._model, **{"input_type": role, **self._options})
        except UnsupportedParameterError:  # it knows queries and documents at most
            return None
        return role
