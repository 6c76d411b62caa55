"""What an embedding call returns: OpenAI's shape over one float32 buffer."""

from __future__ import annotations

from array import array as array_of
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, Unpack

from any_llm.types.beside import BESIDE
from any_llm.types.embedding import Embedding
from any_llm.types.record import checked
from any_llm.types.requests import Requests
from any_llm.types.schema import Described
from any_llm.types.usage import Usage
from any_llm.types.vectors import CODES, Vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from any_llm.exceptions import AnyLLMError
    from any_llm.providers.row import Applied
    from any_llm.types.beside import Beside, Overflow
    from any_llm.types.identity import EmbeddingIdentity
    from any_llm.types.vectors import Dtype

__all__ = ["CreateEmbeddingResponse", "Embedding", "Usage"]


class CreateEmbeddingResponse(Described):
    """Vectors in the order of the inputs: `data[i]` belongs to input i.

    `data` and each `embedding` are made when first read; to edit them does not change `to_numpy()`. The attributes of
    ours stand beside the dump, which has exactly OpenAI's keys.
    """

    _fields: ClassVar[dict[str, Any]] = {
        "data": list[Embedding],
        "model": str,
        "object": Literal["list"],
        "usage": Usage,
    }
    _beside: ClassVar[tuple[str, ...]] = BESIDE

    model: str
    object: Literal["list"]
    usage: Usage
    provider: str | None = None
    request_ids: tuple[str, ...] = ()
    """The provider's names of the requests that brought the vectors, as far as it names any."""
    input_type_applied: Applied | None = None
    """How the role that was asked for reached the model; None when none was."""
    dimensions_by: Literal["provider", "client"] | None = None
    """Who gave the width that was asked for: the provider, or we by cutting; None when none was."""
    errors: Mapping[int, AnyLLMError] = MappingProxyType({})
    """Position of an input that has no vector -> why; only with on_error="collect"."""
    requests: Requests = Requests()
    """What was sent for it."""
    truncated: tuple[int, ...] = ()
    """Positions of inputs of which the model read only the beginning, or that were read in pieces and averaged, as far
    as that is known."""
    overflow: Overflow = "unknown"
    """Whether over-long inputs are dealt with as was asked for, refused where nothing was: "enforced", surely;
    "detected": some were cut in silence; "unknown": the provider does not tell."""
    identity: EmbeddingIdentity | None = None
    """What makes its vectors what they are; None where the response was not made by a call."""
    _price: Callable[[], float | None] | None = None
    """Looks up USD per million tokens."""
    _missing: frozenset[int] = frozenset()
    _vectors: Vectors | None
    _as_base64: bool

    def __init__(
        self,
        *,
        data: Sequence[Embedding | Mapping[str, Any]],
        model: str,
        usage: Usage | Mapping[str, Any],
        object: Literal["list"] = "list",  # noqa: A002  # OpenAI's name
        **beside: Unpack[Beside],
    ) -> None:
        """Check and keep them. Raises ValueError."""
        if unknown := beside.keys() - set(self._beside):
            raise TypeError(f"CreateEmbeddingResponse has no {', '.join(sorted(unknown))}")
        if not isinstance(data, list | tuple):
            raise ValueError(f"CreateEmbeddingResponse.data: Expected a list, got `{type(data).__name__}`")  # noqa: TRY004
        self._vectors, self._as_base64 = None, False
        self.data = [_item(position, item) for position, item in enumerate(data)]
        self.model = checked(model, str, "CreateEmbeddingResponse.model")
        self.object = checked(object, self._fields["object"], "CreateEmbeddingResponse.object")
        self.usage = Usage.model_validate(usage)
        self.__dict__.update(beside)

    @classmethod
    def from_vectors(
        cls,
        vectors: Vectors,
        *,
        model: str,
        usage: Usage,
        as_base64: bool = False,
        missing: frozenset[int] = frozenset(),
        price: Callable[[], float | None] | None = None,
        **beside: Unpack[Beside],
    ) -> Self:
        """Take over the buffer of (n, dimensions) numbers. Nothing is built until it is read.

        `missing`: positions without a vector. `price`: looks up USD per million tokens.
        """
        made = cls.__new__(cls)
        made.__dict__.update(
            beside, model=model, object="list", usage=usage, _vectors=vectors, _as_base64=as_base64, _missing=missing,
            _price=price,
        )  # fmt: skip
        return made

    @property
    def vectors(self) -> Vectors:
        """The buffer, while nobody has put other data in its place."""
        assert self._vectors is not None
        return self._vectors

    @property
    def missing(self) -> frozenset[int]:
        """Positions without a vector: in what an error carries, and with on_error="collect"."""
        return self._missing

    @property
    def cost_usd(self) -> float | None:
        """USD of what was billed, at the list price: 0.0 in this process, None where price or usage is not known.

        As sure as `usage.source`, and without what lost replies may have cost (`requests.possibly_billed_twice`).
        """
        price = None if self._price is None else self._price()
        if not price:
            return price
        return None if self.usage.source == "unknown" else self.usage.total_tokens * price / 1_000_000

    @property
    def data(self) -> list[Embedding]:
        """The vectors, in the order of the inputs."""
        read: list[Embedding] | None = self.__dict__.get("_data")
        if read is None:
            assert self._vectors is not None
            rows = range(len(self._vectors))
            built = [
                Embedding._of_row(self._vectors, row, self._as_base64)  # noqa: SLF001
                if row not in self._missing
                else Embedding._of_nothing(row)  # noqa: SLF001
                for row in (rows if self._vectors.width else sorted(self._missing))
            ]
            # Two threads may read at once: both get the list of whoever is first.
            read = self.__dict__.setdefault("_data", built)
        return read

    @data.setter
    def data(self, embeddings: list[Embedding]) -> None:
        self.__dict__["_data"] = embeddings
        self._vectors = None

    def to_numpy(self, *, missing: Literal["raise", "nan"] = "raise") -> np.ndarray[tuple[int, int], np.dtype[Any]]:
        """Return (n, dimensions) float32, or int8 or uint8 where `dtype` asked for those; packed bits stay packed.

        Where an input has no vector (on_error="collect") it raises ValueError naming them; with missing="nan" their
        rows are NaN, which only float32 can hold.

        After a call it is a writable view of the buffer, not a copy. Where `data` was given as lists it is built anew
        from them each time. Raises ValueError when they are not all of one width.
        """
        if missing not in {"raise", "nan"}:
            raise ValueError(f"missing={missing!r}: choose 'raise' or 'nan'")
        if self._missing and missing == "raise":
            some = ", ".join(map(str, sorted(self._missing)[:10]))
            more = ", ..." if len(self._missing) > 10 else ""  # noqa: PLR2004  # as many as one reads
            raise ValueError(f'no vector for inputs {some}{more}; `errors` says why, missing="nan" fills them')
        if self._vectors is not None:
            array = self._vectors.to_numpy()
            if not self._vectors.width:  # no input has a vector, and nobody said how wide one is
                return array.reshape(len(self.data), 0)
            if self._missing:
                array[sorted(self._missing)] = float("nan")
            return array
        widths = {item._width() for item in self.data}  # noqa: SLF001
        if len(widths) > 1:
            raise ValueError(f"vectors of {', '.join(map(str, sorted(widths)))} values make no array")
        kinds = {item._dtype for item in self.data}  # noqa: SLF001
        dtype: Dtype = kinds.pop() if len(kinds) == 1 else "float32"
        rows = [array_of(CODES[dtype], item._numbers()).tobytes() for item in self.data]  # noqa: SLF001
        return Vectors(bytearray().join(rows), max(widths, default=0), dtype).to_numpy()

    def __eq__(self, other: Any) -> bool:  # noqa: PYI032  # `object` is a field here
        """Equal in all that OpenAI's class has (vectors as float32) and in `usage.source`."""
        if type(other) is not type(self):
            return NotImplemented
        if (self.model, self.object, self.usage) != (other.model, other.object, other.usage):
            return False
        unread = "_data" not in self.__dict__ and "_data" not in other.__dict__
        same = unread and self._as_base64 is other._as_base64 and self._vectors == other._vectors
        return same or self.data == other.data

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __getstate__(self) -> dict[str, Any]:
        """Leave `data` behind while it only repeats the buffer: copies and pickles stay small."""
        state = dict(self.__dict__)
        data, vectors = state.get("_data"), self._vectors
        if data is not None and vectors is not None and len(data) == len(vectors):
            whole = all(
                item._untouched(vectors, row) and item._as_base64 is self._as_base64  # noqa: SLF001
                for row, item in enumerate(data)
            )
            if whole:
                del state["_data"]
        return state

    def __copy__(self) -> Self:
        """Share everything, as a shallow copy does."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def _count(self) -> int:
        if "_data" not in self.__dict__ and self._vectors is not None:
            return len(self._vectors) * self._vectors.width
        return sum(item._count() for item in self.data)  # noqa: SLF001

    def _shown(self) -> list[tuple[str, str]]:
        vectors = None if "_data" in self.__dict__ else self._vectors
        count = len(vectors) if vectors is not None and vectors.width else len(self.data)
        widths = {item._count() for item in self.data} if vectors is None else {vectors.width}  # noqa: SLF001
        shape = f"[{count} x {widths.pop()}]" if len(widths) == 1 else f"[{count} vectors]"
        return [("model", repr(self.model)), ("data", shape), ("usage", repr(self.usage))]


def _item(position: int, item: Embedding | Mapping[str, Any]) -> Embedding:
    try:
        return Embedding.model_validate(item)
    except ValueError as wrong:
        raise ValueError(f"CreateEmbeddingResponse.data[{position}]: {wrong}") from None
