"""What every result noun can do: dump, validate, copy and compare, as OpenAI's classes do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from any_llm.types.digits import rounding
from any_llm.types.keywords import refuse_unknown
from any_llm.types.select import narrow

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from any_llm.types.keywords import Idle
    from any_llm.types.select import Choice

T = TypeVar("T")


def checked(value: Any, kind: type[T], where: str, *, from_attributes: bool = False) -> T:
    """Return `value` as a `kind`. Raises ValueError naming where it stood, never what it was."""
    if type(value) is kind:
        return value
    import msgspec  # noqa: PLC0415  # reading a reply loads it anyway; importing a type need not

    try:
        return msgspec.convert(value, kind, from_attributes=from_attributes)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"{where}: {wrong}") from None


class Record:
    """A noun with named fields. Only what stands in `_fields` is dumped, in that order."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, Any]] = {}
    """Name -> type."""
    _beside: ClassVar[tuple[str, ...]] = ()
    """Attributes of ours, never dumped."""

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Choice = None,
        exclude: Choice = None,
        exclude_none: bool = False,
        **idle: Unpack[Idle],
    ) -> dict[str, Any]:
        """Return a new dict. Numbers are exact doubles; with mode="json" the shortest that are the same float32."""
        refuse_unknown(idle)
        floats = rounding(self._count()) if mode == "json" else None
        return self._dump(include, exclude, exclude_none=exclude_none, floats=floats)

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        ensure_ascii: bool = False,
        include: Choice = None,
        exclude: Choice = None,
        exclude_none: bool = False,
        **idle: Unpack[Idle],
    ) -> str:
        """Return JSON, each number in the fewest digits that read back as the same float32."""
        import msgspec  # noqa: PLC0415  # see `checked`

        refuse_unknown(idle)
        encode = msgspec.json.Encoder().encode
        floats: Callable[[Any], Any]
        floats = shorten = rounding(self._count())
        if include is None and exclude is None:
            # One vector at a time becomes text: the floats of all of them never exist together.
            floats = lambda values: msgspec.Raw(encode(shorten(values)))  # noqa: E731
        text = encode(self._dump(include, exclude, exclude_none=exclude_none, floats=floats))
        dumped = (text if indent is None else msgspec.json.format(text, indent=indent)).decode()
        return _escaped(dumped) if ensure_ascii else dumped

    def to_dict(
        self, *, mode: str = "python", use_api_names: bool = True, exclude_none: bool = False, **idle: Unpack[Idle]
    ) -> dict[str, Any]:
        """Return `model_dump`, by the OpenAI SDK's name for it."""
        del use_api_names  # no field has another name
        return self.model_dump(mode=mode, exclude_none=exclude_none, **idle)

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_none: bool = False,
        **idle: Unpack[Idle],
    ) -> str:
        """Return `model_dump_json`, indented as the OpenAI SDK does it."""
        del use_api_names
        return self.model_dump_json(indent=indent, exclude_none=exclude_none, **idle)

    @classmethod
    def model_validate(
        cls, obj: Any, *, strict: bool | None = None, from_attributes: bool | None = None, context: Any = None
    ) -> Self:
        """Read a mapping, an instance (returned as it is) or any other object that dumps. Raises ValueError.

        Keys that are no field are left out; with `from_attributes` any object with the right attributes is read.
        It is always as strict as pydantic's `strict`, and asks no `context`.
        """
        del strict, context
        if isinstance(obj, cls):
            return obj
        if from_attributes:
            obj = {name: getattr(obj, name) for name in cls._fields if hasattr(obj, name)}
        elif hasattr(obj, "model_dump"):
            obj = obj.model_dump()
        if not isinstance(obj, Mapping):
            raise ValueError(f"{cls.__name__}: Expected a mapping, got `{type(obj).__name__}`")  # noqa: TRY004  # as pydantic's
        missing = [name for name in cls._fields if name not in obj and name != "object"]
        if missing:
            raise ValueError(f"{cls.__name__}: {', '.join(missing)} missing")
        return cls(**{name: obj[name] for name in cls._fields if name in obj})

    @classmethod
    def model_validate_json(
        cls, json_data: str | bytes | bytearray, *, strict: bool | None = None, context: Any = None
    ) -> Self:
        """Read JSON. Raises ValueError."""
        import msgspec  # noqa: PLC0415  # see `checked`

        return cls.model_validate(msgspec.json.decode(json_data), strict=strict, context=context)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, sharing what it holds unless `deep`. What `update` gives is taken as it is."""
        import copy  # noqa: PLC0415  # rarely needed

        copied = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            if name not in self._fields and name not in self._beside:
                raise ValueError(f"{type(self).__name__} has no field {name!r}")
            setattr(copied, name, value)
        return copied

    def __eq__(self, other: object) -> bool:
        """Equal in every field."""
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        """Write it as it is constructed, large parts cut short."""
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self._shown())})"

    def _shown(self) -> list[tuple[str, str]]:
        return [(name, repr(getattr(self, name))) for name in self._fields]

    def _count(self) -> int:
        """How many numbers a dump holds at most."""
        return 0

    def _read(self, name: str, floats: Callable[[Any], Any] | None) -> Any:
        """Return a field for a dump; `floats` says what vectors become, None leaves them exact."""
        del floats
        return getattr(self, name)

    def _dump(
        self, include: Choice, exclude: Choice, *, exclude_none: bool, floats: Callable[[Any], Any] | None
    ) -> dict[str, Any]:
        def plain(value: Any, include: Choice, exclude: Choice) -> Any:
            if isinstance(value, Record):
                return value._dump(include, exclude, exclude_none=exclude_none, floats=floats)  # noqa: SLF001
            if not isinstance(value, list | tuple):
                return value
            if include is not None or exclude is not None:
                kept = ((item, narrow(place, include, exclude, length=len(value))) for place, item in enumerate(value))
                value = [plain(item, *below) for item, below in kept if below is not None]
            elif value and isinstance(value[0], Record):
                value = [plain(item, None, None) for item in value]
            return list(value) if floats and isinstance(value, tuple) else value

        kept = ((name, narrow(name, include, exclude)) for name in self._fields)
        read = {name: plain(self._read(name, floats), *below) for name, below in kept if below is not None}
        return {name: value for name, value in read.items() if value is not None} if exclude_none else read


def _escaped(text: str) -> str:
    import json  # noqa: PLC0415  # who asks for ASCII is rare
    import re  # noqa: PLC0415

    return re.sub(r"[^\x00-\x7f]+", lambda found: json.dumps(found[0])[1:-1], text)
