"""One line of a provider's own list of models, by OpenAI's field names."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from any_llm.types.record import checked
from any_llm.types.schema import Described

__all__ = ["Model"]


class Model(Described):
    """A model that a provider says it has. `id` is what embedding() takes as its model there."""

    __slots__ = ("created", "id", "object", "owned_by")

    _fields: ClassVar[dict[str, Any]] = {"id": str, "created": int, "object": Literal["model"], "owned_by": str}

    id: str
    created: int
    """Unix seconds; 0 where the provider does not say."""
    object: Literal["model"]
    owned_by: str
    """The provider's name where it does not say."""

    def __init__(self, *, id: str, created: int, owned_by: str, object: Literal["model"] = "model") -> None:  # noqa: A002  # OpenAI's names
        """Check and keep them. Raises ValueError."""
        self.id = checked(id, str, "Model.id")
        self.created = checked(created, int, "Model.created")
        self.object = checked(object, self._fields["object"], "Model.object")
        self.owned_by = checked(owned_by, str, "Model.owned_by")
