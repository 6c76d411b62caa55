"""A call as OpenTelemetry shows it, by its conventions for generative AI: a span a call, one a request, two metrics.

Conventions: https://github.com/open-telemetry/semantic-conventions/tree/v1.41.1/docs/gen-ai, the last that were
published; requests by those for HTTP, which are stable. Loaded only where a program has loaded opentelemetry itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import context, metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from any_llm.types.vectors import BITS, PACKED
from any_llm.wire import Send, public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from any_llm.types.completion import CreateEmbeddingResponse
    from any_llm.types.event import RequestEvent
    from any_llm.wire import Call, Run

PROVIDERS = {
    "azure": "azure.ai.inference",
    "azureopenai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertexai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
}
"""What the conventions call those whom we call otherwise."""
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = tuple(4**power for power in range(14))
"""Upper bounds of the buckets, as the conventions want them."""
PORTS = {"http": 80, "https": 443}
FAILED = 400
"""The first status that is an error."""

_tracer = trace.get_tracer("any_llm")
_meter = metrics.get_meter("any_llm")


def _histogram(name: str, unit: str, description: str, bounds: Sequence[float]) -> metrics.Histogram:
    try:
        return _meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=bounds)
    except TypeError:  # older than 1.30, which our extra asks for; another package may have brought it
        return _meter.create_histogram(name, unit, description)


_duration = _histogram("gen_ai.client.operation.duration", "s", "GenAI operation duration.", SECONDS)
_tokens = _histogram("gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", TOKENS)


class CallSpan:
    """One call, from `begin` to `end`; between `attach` and `detach` the current one, in its threads and tasks too."""

    def __init__(self, call: Call) -> None:
        """Know what will be said of it."""
        self._call = call
        self._shared: dict[str, Any] = {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": PROVIDERS.get(call.row.name, call.row.name),
            "gen_ai.request.model": call.model,
            **_server(call.base),
        }
        self._span: trace.Span = trace.INVALID_SPAN
        self._before: Any = None
        self._began = 0.0

    def begin(self, now: float) -> None:
        """Start the span. `now`: monotonic seconds."""
        self._began = now
        options, row = self._call.options, self._call.row
        attributes = dict(self._shared)
        format_: str | None = options.encoding_format or ("base64" if row.base64 else None)
        if options.dtype not in {None, "float32"}:
            format_ = options.dtype
        if format_ is not None:
            attributes["gen_ai.request.encoding_formats"] = [format_]
        if options.dimensions is not None:
            attributes["gen_ai.embeddings.dimension.count"] = options.dimensions
        kind = SpanKind.INTERNAL if row.kind == "in-process" else SpanKind.CLIENT
        self._span = _tracer.start_span(f"embeddings {self._call.model}", kind=kind, attributes=attributes)

    def attach(self) -> None:
        """Make it the current span."""
        self._before = context.attach(trace.set_span_in_context(self._span))

    def detach(self) -> None:
        """Make the one before it the current span again."""
        context.detach(self._before)

    def made(self, response: CreateEmbeddingResponse, dimensions: int) -> None:
        """It went well. `dimensions`: numbers a vector, before bits are unpacked."""
        self._shared["gen_ai.response.model"] = response.model
        if dimensions:
            width = dimensions * BITS if self._call.options.dtype in PACKED else dimensions
            self._span.set_attribute("gen_ai.embeddings.dimension.count", width)
        self._used(response)

    def _used(self, response: CreateEmbeddingResponse) -> None:
        """Say what was billed, where the provider counted it."""
        usage = response.usage
        if usage.source == "measured":
            self._span.set_attribute("gen_ai.usage.input_tokens", usage.total_tokens)
            _tokens.record(usage.total_tokens, {**self._shared, "gen_ai.token.type": "input"})

    def end(self, now: float, error: BaseException | None, partial: CreateEmbeddingResponse | None) -> None:
        """End it: well, or with an error after so much was paid for."""
        if "gen_ai.response.model" in self._shared:
            self._span.set_attribute("gen_ai.response.model", self._shared["gen_ai.response.model"])
        if error is not None:
            self._shared["error.type"] = kind = type(error).__qualname__
            if partial is not None:
                self._used(partial)
            self._span.set_attribute("error.type", kind)
            self._span.set_status(Status(StatusCode.ERROR))
        _duration.record(now - self._began, self._shared)
        self._span.end()

    def request(self, command: Send | Run, inputs: int, attempt: int) -> RequestSpan | None:
        """Start the span of a request. None: nothing is sent."""
        if not isinstance(command, Send):
            return None
        attributes: dict[str, Any] = {
            "http.request.method": command.method,
            "url.full": public(command.url),
            "any_llm.request.inputs": inputs,
            **_server(command.url),
        }
        if attempt > 1:
            attributes["http.request.resend_count"] = attempt - 1
        return RequestSpan(
            _tracer.start_span(
                command.method, trace.set_span_in_context(self._span), kind=SpanKind.CLIENT, attributes=attributes
            )
        )


class RequestSpan:
    """One request on the wire, a child of its call."""

    def __init__(self, span: trace.Span) -> None:
        """It goes now."""
        self._span = span

    def end(self, event: RequestEvent) -> None:
        """It is over."""
        said: dict[str, Any] = {"http.response.status_code": event.status, "any_llm.request.id": event.request_id}
        failed = event.status is not None and event.status >= FAILED
        said["error.type"] = str(event.status) if failed else event.error
        self._span.set_attributes({name: value for name, value in said.items() if value is not None})
        if said["error.type"] is not None:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _server(url: str) -> Mapping[str, str | int]:
    """Name the host and the port. Nothing, where the model is in this process."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    if not parts.hostname:
        return {}
    return {"server.address": parts.hostname, "server.port": parts.port or PORTS.get(parts.scheme, PORTS["https"])}
