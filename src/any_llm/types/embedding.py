"""One vector of a result."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import pybase64

from any_llm.types.digits import one_by_one
from any_llm.types.record import checked
from any_llm.types.schema import Described
from any_llm.types.vectors import CODES, FLOAT32

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from any_llm.types.vectors import Dtype, Vectors

SHOWN = 4
"""Values a repr shows at most."""


class Embedding(Described):
    """One vector. `embedding` is a list of doubles, made when first read; of ints where `dtype` asked for those.

    It is the base64 text of the little-endian float32 bytes where encoding_format="base64" was asked for, as in
    OpenAI's class, whose type does not say so either. Two are equal when they are equal as float32.
    """

    __slots__ = ("_as_base64", "_row", "_values", "_vectors", "index", "object")

    _fields: ClassVar[dict[str, Any]] = {
        "embedding": list[float],
        "index": int,
        "object": Literal["embedding"],
    }

    index: int
    object: Literal["embedding"]
    _values: list[float] | str | None
    _vectors: Vectors | None

    def __init__(
        self,
        *,
        embedding: Sequence[float] | str,
        index: int,
        object: Literal["embedding"] = "embedding",  # noqa: A002  # OpenAI's name
    ) -> None:
        """Check and keep them; the list is copied. Raises ValueError."""
        self._values = _checked_values(embedding)
        self._vectors, self._row, self._as_base64 = None, 0, False
        self.index = checked(index, int, "Embedding.index")
        self.object = checked(object, self._fields["object"], "Embedding.object")

    @classmethod
    def _of_row(cls, vectors: Vectors, row: int, as_base64: bool) -> Self:  # noqa: FBT001  # called for each row
        made = cls.__new__(cls)
        made.__setstate__((vectors, row, as_base64, None, row, "embedding"))
        return made

    @classmethod
    def _of_nothing(cls, row: int) -> Self:
        """Stand for an input that has no vector."""
        made = cls.__new__(cls)
        made.__setstate__((None, row, False, None, row, "embedding"))
        return made

    @property
    def embedding(self) -> list[float]:
        """The vector, of `dimensions` doubles. None where there is none, which only on_error="collect" lets happen."""
        if self._values is None and self._vectors is not None:
            self._values = self._fresh()
        return self._values  # type: ignore[return-value]  # a str only where base64 was asked for

    @embedding.setter
    def embedding(self, values: list[float]) -> None:
        self._values = values

    def _fresh(self) -> Any:
        assert self._vectors is not None
        return self._vectors.base64(self._row) if self._as_base64 else self._vectors.numbers(self._row).tolist()

    def _is_text(self) -> bool:
        return self._as_base64 if self._values is None else isinstance(self._values, str)

    @property
    def _dtype(self) -> Dtype:
        return "float32" if self._vectors is None else self._vectors.dtype

    def _numbers(self) -> memoryview[Any]:
        """Return what it holds now, as numbers of its kind."""
        if self._values is None:
            return memoryview(b"") if self._vectors is None else self._vectors.numbers(self._row)
        if isinstance(self._values, str):
            return memoryview(pybase64.b64decode(self._values)).cast("f")
        try:
            return memoryview(array(CODES[self._dtype], self._values))
        except (TypeError, OverflowError):  # edited into what its kind cannot hold
            return memoryview(array("f", self._values))

    def _untouched(self, vectors: Vectors, row: int) -> bool:
        """Whether it is still what `_of_row` made."""
        own = self._vectors is vectors and (self._row, self.index, self.object) == (row, row, "embedding")
        return own and (
            self._values is None
            or (self._is_text() is self._as_base64 and self._numbers().tobytes() == vectors.row(row).tobytes())
        )

    def _width(self) -> int:
        return len(self._numbers()) if self._is_text() or self._values is None else len(self._values)

    _count = _width

    def _read(self, name: str, floats: Callable[[Any], Any] | None) -> Any:
        if name != "embedding" or (self._values is None and self._vectors is None):
            return getattr(self, name)
        if self._is_text() or floats is None:
            return self._fresh() if self._values is None else self._values[:]
        if self._dtype != "float32":
            return self.embedding[:]
        return floats(self._numbers() if self._values is None else self._values)

    def _shown(self) -> list[tuple[str, str]]:
        width = self._width()
        if self._values is None and self._vectors is None:
            return [("embedding", "None"), ("index", repr(self.index)), ("object", repr(self.object))]
        shown = f"<{width} base64 values>" if self._is_text() else f"[{width} values]"
        if width <= SHOWN and not self._is_text():
            shown = repr(self._read("embedding", one_by_one))
        return [("embedding", shown), ("index", repr(self.index)), ("object", repr(self.object))]

    def __eq__(self, other: Any) -> bool:  # noqa: PYI032  # `object` is a field here
        """Equal in index, object and, as float32, in every value."""
        if type(other) is not type(self):
            return NotImplemented
        if (self.index, self.object, self._is_text()) != (other.index, other.object, other._is_text()):
            return False
        return self._numbers() == other._numbers()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __getstate__(self) -> tuple[Any, ...]:
        """Leave a list behind that only repeats its float32 values: copies and pickles stay small."""
        same = self._vectors is not None and self._untouched(self._vectors, self._row)
        values = None if same else self._values
        return self._vectors, self._row, self._as_base64, values, self.index, self.object

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take it up again."""
        self._vectors, self._row, self._as_base64, self._values, self.index, self.object = state


def _checked_values(values: Any) -> list[float] | str:
    """Return base64 text as it is, numbers as a new list of floats. Raises ValueError."""
    where = "Embedding.embedding"
    if isinstance(values, str):
        try:
            size = len(pybase64.b64decode(values, validate=True))
        except ValueError:
            size = -1
        if size % FLOAT32:
            raise ValueError(f"{where}: Expected base64 of float32 values")
        return values
    if hasattr(values, "tolist"):
        values = values.tolist()
    elif isinstance(values, list | tuple) and any(type(value) is not float for value in values):
        # numpy's scalars are floats too, in all but name.
        values = [float(value) if hasattr(value, "__float__") else value for value in values]
    return checked(values, list[float], where)
