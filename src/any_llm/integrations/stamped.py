"""What a store of vectors embeds with, held to the identity that was stamped into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm import AnyLLM, EmbeddingIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

HIDDEN = frozenset({"api_key", "client_args", "extra_headers", "extra_query"})
"""Arguments that may hold a key: a store is not told of them."""


class Stamped(NamedTuple):
    """A client, the model and options of each of its calls, and what their vectors are."""

    client: AnyLLM
    options: dict[str, Any]
    identity: EmbeddingIdentity

    def embed(self, texts: list[str], input_type: str) -> np.ndarray:
        """Embed them in this role, unless another was given: (n, dimensions)."""
        return self.client.embedding(inputs=texts, **{"input_type": input_type, **self.options}).to_numpy()


def stamped(given: Mapping[str, Any], stamp: Mapping[str, Any] | None = None) -> Stamped:
    """Open it by the arguments of any_llm.embedding. Raises ValueError where its vectors are not those of the stamp."""
    options = dict(given)
    provider, key, base, more = (options.pop(name, None) for name in ("provider", "api_key", "api_base", "client_args"))
    if provider is None:
        provider, options["model"] = AnyLLM.split_model_provider(options["model"])
    client = AnyLLM.create(provider, key, base, **(more or {}))
    identity = client.identity(**{"input_type": "document", **options})
    if stamp and (changed := EmbeddingIdentity.from_dict(stamp).differences(identity)):
        raise ValueError(f"The vectors kept here are others than this embedding function's: {changed}.")
    return Stamped(client, options, identity)


def written(given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what may hold a key."""
    return {name: value for name, value in given.items() if name not in HIDDEN}
