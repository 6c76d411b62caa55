"""Who watches a call? The log, the caller's hooks, OpenTelemetry: who is there is told, and nothing else is loaded."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.seeing.log import LOGGER
from any_llm.types.event import RequestEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from types import TracebackType

    from any_llm.seeing.telemetry import CallSpan, RequestSpan
    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.wire import Batch, Call, Run, Send

    Hook = Callable[[RequestEvent], object]

RUNNING: ContextVar[tuple[Callable[[Any], object], ...]] = ContextVar("running", default=())
"""The hooks that are being told of something, and ask for more."""


def traced() -> bool:
    """Whether anybody wants spans: who does has loaded what says where they go."""
    return "opentelemetry.trace" in sys.modules


def watch(call: Call, hooks: Mapping[str, Hook], *, first: Callable[[Hashable], bool], spans: bool) -> Watch | None:
    """Gather who watches this call. None: nobody.

    `first`: whether something is to be said for the first time; `spans`: there are conventions for such a call.
    """
    span = None
    if spans and traced():
        from any_llm.seeing.telemetry import CallSpan  # noqa: PLC0415  # for those who have it

        span = CallSpan(call)
    return Watch(call, hooks, first, span) if hooks or span or LOGGER.isEnabledFor(logging.INFO) else None


class Watch:
    """One call."""

    def __init__(
        self, call: Call, hooks: Mapping[str, Hook], first: Callable[[Hashable], bool], span: CallSpan | None
    ) -> None:
        """See nothing yet."""
        self.call = call
        self._hooks = hooks
        self._first = first
        self._span = span

    def __enter__(self) -> None:
        """The call begins, and all that is done until it is left is done for it."""
        self.begins()
        if self._span is not None:
            self._span.attach()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The call has ended."""
        if self._span is not None:
            self._span.detach()
        self.ends(error, getattr(error, "partial", None))

    def begins(self) -> None:
        """The call begins."""
        if self._span is not None:
            self._span.begin(time.monotonic())

    def ends(self, error: BaseException | None, partial: CreateEmbeddingResponse | None) -> None:
        """The call has ended: well, or with an error after so much was paid for."""
        if self._span is not None:
            self._span.end(time.monotonic(), error, partial)

    def goes(self, command: Send | Run, batch: Batch, attempt: int) -> Request:
        """A request goes now."""
        span = None if self._span is None else self._span.request(command, len(batch), attempt)
        return Request(self, len(batch), attempt, span)

    def learnt(self, what: str) -> None:
        """The process has learnt something of the model's host: said once."""
        call = self.call
        if self._first(("learnt", call.base, call.model, what)):
            LOGGER.info("%s %s: %s", call.row.name, call.model, what)

    def made(self, response: CreateEmbeddingResponse, dimensions: int) -> None:
        """It went well."""
        if self._span is not None:
            self._span.made(response, dimensions)

    def tell(self, name: str, event: RequestEvent) -> None:
        """Call a hook. What it raises is logged, and warned of once: a call that is paid for goes on.

        What it asks for itself is not told to it: there would be no end of it.
        """
        hook, running = self._hooks.get(name), RUNNING.get()
        if hook is None or any(hook is each for each in running):
            return
        before = RUNNING.set((*running, hook))
        try:
            hook(event)
        except Exception as error:  # noqa: BLE001  # whatever it is
            LOGGER.exception("%s raised", name)
            if self._first((name, id(hook))):
                code: Any = getattr(hook, "__code__", None)
                at = (code.co_filename, code.co_firstlineno) if code is not None else (__file__, 1)
                message = f"{name} raised {type(error).__name__}. Calls go on; it is logged each time, and said once."
                warnings.warn_explicit(message, RuntimeWarning, *at)
        finally:
            RUNNING.reset(before)


class Request:
    """One request."""

    def __init__(self, watch: Watch, inputs: int, attempt: int, span: RequestSpan | None) -> None:
        """It goes now."""
        self._watch = watch
        self._span = span
        self._began = time.monotonic()
        call = watch.call
        self._event = RequestEvent(
            provider=call.row.name, model=call.model, attempt=attempt, inputs=inputs, seconds=0.0
        )

    def ended(self, *, status: int | None, tokens: int | None, error: str | None, request_id: str | None) -> None:
        """It is over."""
        seconds = time.monotonic() - self._began
        self._event = event = msgspec.structs.replace(
            self._event, status=status, tokens=tokens, error=error, request_id=request_id, seconds=seconds
        )
        if self._span is not None:
            self._span.end(event)
        LOGGER.debug(
            "%s %s: %d inputs, %s tokens, status %s, %.3f s, attempt %d, error %s, request id %s",
            event.provider, event.model, event.inputs, tokens, status, seconds, event.attempt, error, request_id,
        )  # fmt: skip
        self._watch.tell("on_request", event)

    def again(self, seconds: float) -> None:
        """It is tried again, after so many seconds."""
        self._watch.tell("on_retry", msgspec.structs.replace(self._event, wait=seconds))
