"""Chroma's embedding function, by any provider: its config is persisted, and a collection keeps to one identity."""

from functools import partial
from typing import Any, Self

from chromadb.api.types import Documents, EmbeddingFunction, Embeddings, Space
from chromadb.utils.embedding_functions import known_embedding_functions, register_embedding_function

from any_llm import AnyLLM, EmbeddingIdentity

UNWRITTEN = {"api_key", "client_args", "extra_headers", "extra_query"}
"""Arguments that may hold a key."""


@register_embedding_function
class AnyLLMEmbeddingFunction(EmbeddingFunction[Documents]):
    """The arguments are those of any_llm.embedding, so are the errors. Its name says what its vectors are."""

    def __init__(self, model: str, *, provider: Any = None, client_args: Any = None, **options: Any) -> None:
        provider, model = AnyLLM.split_model_provider(model) if provider is None else (provider, model)
        self._config = {"model": model, "provider": str(provider), **options}
        key, base = options.pop("api_key", None), options.pop("api_base", None)
        self._model, self._options = model, options
        self._client = AnyLLM.create(provider, key, base, **(client_args or {}))
        self.identity = self._client.identity(model, **{"input_type": "document", **options})
        # Chroma compares this name with the one a collection was made with, and looks its class up by it.
        self.name = partial(str, f"any_llm:{self.identity.model}:{self.identity.fingerprint}")
        known_embedding_functions[self.name()] = type(self)

    def __call__(self, input: Documents) -> Embeddings:
        return self._embed(input, "document")

    def embed_query(self, input: Documents) -> Embeddings:
        return self._embed(input, "query")

    def _embed(self, texts: Documents, role: str) -> Embeddings:
        return [*self._client.embedding(self._model, list(texts), **{"input_type": role, **self._options}).to_numpy()]

    def default_space(self) -> Space:
        return "cosine"

    def get_config(self) -> dict[str, Any]:
        """What is persisted: no key, no header, nothing of client_args."""
        written = {name: value for name, value in self._config.items() if name not in UNWRITTEN}
        return {**written, "identity": self.identity.as_dict()}

    @classmethod
    def build_from_config(cls, config: dict[str, Any]) -> Self:
        """Make it anew. Raises ValueError where its vectors would be others than the collection's."""
        made = cls(**{name: value for name, value in config.items() if name != "identity"})
        made.validate_config_update(config, made.get_config())
        return made

    def validate_config_update(self, old_config: dict[str, Any], new_config: dict[str, Any]) -> None:
        """Refuse a change of what the vectors are."""
        old, new = (EmbeddingIdentity.from_dict(config["identity"]) for config in (old_config, new_config))
        if changed := old.differences(new):
            raise ValueError(f"the collection's vectors differ from those of this embedding function: {changed}")
