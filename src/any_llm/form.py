"""What form of vectors a call wants, and who gives it: the provider, or we by cutting what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError, UnsupportedParameterError
from any_llm.flow.matrix import Form
from any_llm.models import model_info
from any_llm.types.vectors import BITS, PACKED

if TYPE_CHECKING:
    from any_llm.models import ModelInfo
    from any_llm.providers.row import Row
    from any_llm.wire import Options


def form(row: Row, model: str, asked: Options) -> Form:
    """Settle it from what is known of the model. The row is the one of this model.

    Raises InvalidRequestError for a width the model does not give, UnsupportedParameterError where nobody can give it.
    """
    dtype = asked.dtype or "float32"
    width = asked.dimensions
    if width is None:
        return Form(dtype=dtype)
    if dtype in PACKED and width % BITS:
        raise InvalidRequestError(
            f"dimensions={width}: {dtype} packs {BITS} dimensions to a byte, so ask for a multiple."
        )
    info = None if row.any_model else model_info(row.name, model)
    if info is None:
        return Form(width, dtype=dtype)
    widths = None if "allowed_dimensions" in info.estimated else info.allowed_dimensions
    if widths is not None and width not in widths:
        known = f"{widths[0]} to {widths[-1]}" if isinstance(widths, range) else ", ".join(map(str, widths))
        raise InvalidRequestError(f"dimensions={width}: {model} gives {known} (source: {info.source}).")
    if dtype != "float32":
        return Form(width, dtype=dtype)
    unit = bool(info.unit_length) and "unit_length" not in info.estimated
    return Form(width, cut_from=_cut_from(info, width), unit=unit and width != info.dimensions)


def sent(row: Row, model: str, asked: Options, wanted: Form) -> bool:
    """Whether the width goes to the provider. Raises UnsupportedParameterError where neither it nor we can give it."""
    if asked.dimensions is None or row.names.dimensions is not None:
        return True
    if wanted.cut_from is not None:
        return False
    hint = f"It has no field for a width, and {model} is not known to keep its meaning when cut."
    raise UnsupportedParameterError("dimensions", row.name, hint)


def _cut_from(info: ModelInfo, width: int) -> int | None:
    """The model's own width, where a source says that its vectors may be cut to this one."""
    own = info.dimensions
    sure = info.matryoshka and not {"matryoshka", "allowed_dimensions"} & {*info.estimated}
    if own is None or "dimensions" in info.estimated:
        return None
    return own if width == own or (sure and info.allowed_dimensions is not None and width < own) else None
