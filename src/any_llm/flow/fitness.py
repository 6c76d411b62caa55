"""Which inputs can be told wrong before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.bounds import least, most
from any_llm.flow.failure import too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.flow.setting import Setting


def unfit(setting: Setting, inputs: Sequence[str], order: Iterable[int]) -> dict[int, AnyLLMError]:
    """Position of an input, of those in `order`, that is refused here -> why."""
    call, overflow = setting.call, setting.overflow
    limit = setting.explicit.input_tokens or call.row.limits.input_tokens
    refused = call.row.refuses_texts
    found: dict[int, AnyLLMError] = {}
    if refused is None and not (overflow.here and overflow.asked == "error"):
        return found
    for index in order:
        text = call.prefix + inputs[index]
        if refused is not None and not (text if refused == "empty" else text.strip()):
            what = 'is ""' if not text else "is blank"
            reason = f"inputs[{index}] {what}, which {call.row.title} refuses: leave it out."
            found[index] = InvalidRequestError(reason, None, call.row.name, index=index)
        elif overflow.here and overflow.asked == "error" and limit is not None and _over(setting, text, limit):
            found[index] = too_long(call, index)
    return found


def _over(setting: Setting, text: str, limit: int) -> bool:
    if most(text) <= limit:
        return False
    return least(text) > limit if setting.count is None else setting.count(text) > limit
