"""How a result noun describes itself to JSON Schema and to pydantic, so that FastAPI can return and document it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args, get_origin

from any_llm.types.record import Record

_NAMES = {int: "integer", float: "number", str: "string"}


class Described(Record):
    """A Record of numbers, texts, literals, lists and other such Records."""

    __slots__ = ()

    _fields: ClassVar[dict[str, Any]] = {}

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool = True,  # noqa: FBT001, FBT002  # pydantic's order
        ref_template: str = "#/$defs/{model}",
        *,
        mode: Literal["validation", "serialization"] = "validation",
    ) -> dict[str, Any]:
        """Return the JSON Schema. It is the same in both modes, and there are no aliases."""
        del by_alias, mode
        nested: dict[str, Any] = {}
        own = _schema(cls, ref_template, nested)
        return {"$defs": dict(sorted(nested.items())), **own} if nested else own

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Tell pydantic to validate and dump as this class itself does; the fields are there to be documented."""
        from pydantic_core import core_schema  # noqa: PLC0415  # only pydantic calls this

        fields = {
            name: core_schema.typed_dict_field(handler.generate_schema(kind)) for name, kind in cls._fields.items()
        }
        return core_schema.no_info_wrap_validator_function(
            lambda value, _: cls.model_validate(value),
            core_schema.typed_dict_schema(fields, extra_behavior="allow"),
            ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value, info: value.model_dump(
                    mode=info.mode, include=info.include, exclude=info.exclude, exclude_none=info.exclude_none
                ),
                info_arg=True,
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """Add the name, which pydantic does not know: the fields alone have none."""
        described = handler(schema)
        handler.resolve_ref_schema(described)["title"] = cls.__name__
        return described


def _schema(kind: Any, template: str, nested: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a class itself; what it holds goes to `nested`."""
    return {
        "additionalProperties": True,
        "properties": {name: _property(name, of, template, nested) for name, of in kind._fields.items()},
        "required": list(kind._fields),
        "title": kind.__name__,
        "type": "object",
    }


def _property(name: str, kind: Any, template: str, nested: dict[str, Any]) -> dict[str, Any]:
    value = _value(kind, template, nested)
    titled = value if "$ref" in value else {**value, "title": name.replace("_", " ").title()}
    return dict(sorted(titled.items()))


def _value(kind: Any, template: str, nested: dict[str, Any]) -> dict[str, Any]:
    if get_origin(kind) is list:
        return {"items": _value(get_args(kind)[0], template, nested), "type": "array"}
    if get_origin(kind) is Literal:
        return {"const": get_args(kind)[0], "type": "string"}
    if kind in _NAMES:
        return {"type": _NAMES[kind]}
    nested[kind.__name__] = _schema(kind, template, nested)
    return {"$ref": template.format(model=kind.__name__)}
