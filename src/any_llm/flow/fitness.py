"""Which inputs can be told wrong before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.bounds import least, most
from any_llm.flow.failure import too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.flow.setting import Setting
    from any_llm.wire import Batch, Call


def unfit(setting: Setting, inputs: Sequence[str], order: Iterable[int], *, start: int = 0) -> dict[int, AnyLLMError]:
    """Position of an input, of those in `order`, that is refused here -> why.

    Raises it where errors are not collected; `start` is the position in a stream of the first input, for that error.
    """
    call, overflow = setting.call, setting.overflow
    limit = setting.explicit.input_tokens or call.row.limits.input_tokens
    refused = call.row.refuses_texts
    found: dict[int, AnyLLMError] = {}
    # A provider that refuses by itself knows its limit best, unless it was said, or all tokens can be counted.
    sure = overflow.here or setting.explicit.input_tokens is not None or setting.count is not None
    measured = overflow.asked == "error" and limit is not None and sure
    # Which one is looked for only where one is.
    if not measured and (refused is None or all(inputs if refused == "empty" else map(str.strip, inputs))):
        return found
    base = 0 if call.options.on_error == "collect" else start
    for index in order:
        text, error = call.prefix + inputs[index], None
        if refused is not None and not (text if refused == "empty" else text.strip()):
            what = "is blank" if text else 'is ""'
            reason = f"inputs[{base + index}] {what}, which {call.row.title} refuses: leave it out."
            error = InvalidRequestError(reason, None, call.row.name, index=base + index)
        elif measured and limit is not None and _over(setting, text, limit):
            error = too_long(call, base + index)
        if error is not None and call.options.on_error != "collect":
            raise error
        if error is not None:
            found[index] = error
    return found


def of_each(extra: Mapping[str, object], size: int) -> str | None:
    """Name a field of the provider's own that holds a value for each of so many inputs, if there is one."""
    named = (name for name, value in extra.items() if isinstance(value, list | tuple) and len(value) == size)
    return next(named, None)


def whole(call: Call, each: str | None, batch: Batch, size: int) -> None:
    """Refuse to send some of the inputs beside a field with a value for each: they would be read as of others."""
    if each is not None and len(batch) != size:
        reason = f"{each} holds as many values as there are inputs, and these take more than one request, in which they"
        advice = f"would stand beside other texts. Pass fewer inputs a call: {len(batch)} go in one."
        raise InvalidRequestError(f"{reason} {advice}", provider_name=call.row.name)


def _over(setting: Setting, text: str, limit: int) -> bool:
    if most(text) <= limit:
        return False
    return least(text) > limit if setting.count is None else setting.count(text) > limit
