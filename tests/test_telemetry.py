"""Does OpenTelemetry see each call and each request, by the names of its conventions, and never a text or a key?

Conventions: https://github.com/open-telemetry/semantic-conventions/tree/v1.41.1/docs/gen-ai (read 2026-11-22).
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from any_llm import AnyLLM, AnyLLMError, embedding, list_models
from any_llm.seeing.telemetry import PROVIDERS
from cli_command import environment
from colours import COLOURS
from loopback import Answer
from numbered import KEY, texts, to, vectors

MODEL = "text-embedding-3-small"


class Seen:
    """What was exported since the test began."""

    def __init__(self) -> None:
        """Set the process's providers, which can be done once."""
        self.spans = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        traces = TracerProvider(shutdown_on_exit=False)
        traces.add_span_processor(SimpleSpanProcessor(self.spans))
        trace.set_tracer_provider(traces)
        metrics.set_meter_provider(MeterProvider([self.reader], shutdown_on_exit=False))

    def calls(self) -> list[Any]:
        return [span for span in self.spans.get_finished_spans() if span.name.startswith("embeddings ")]

    def requests(self) -> list[Any]:
        return [span for span in self.spans.get_finished_spans() if span.name in {"POST", "GET"}]

    def points(self, name: str, model: str) -> list[Any]:
        """A metric's points for this model, since the process began."""
        data = self.reader.get_metrics_data()
        found = [
            metric
            for each in (data.resource_metrics if data else [])
            for scope in each.scope_metrics
            for metric in scope.metrics
            if metric.name == name
        ]
        points = [point for metric in found for point in metric.data.data_points]
        return [point for point in points if point.attributes["gen_ai.request.model"] == model]


@pytest.fixture(scope="module")
def everything():
    seen = Seen()
    yield seen
    seen.spans.shutdown()  # tests of other files are nobody's business


@pytest.fixture
def seen(everything):
    everything.spans.clear()
    return everything


def openai(server, model=MODEL, **client_args):
    return {**to(server.url, **client_args), "model": model}


@COLOURS
def test_a_call_is_a_span_and_each_request_its_child(call, seen, loopback):
    server = loopback(vectors)
    call(inputs="7", **openai(server))
    port = int(server.url.rpartition(":")[2])
    ((span,), (request,)) = seen.calls(), seen.requests()
    assert (span.name, span.kind, span.parent, span.status.status_code) == (
        f"embeddings {MODEL}", SpanKind.CLIENT, None, StatusCode.UNSET,
    )  # fmt: skip
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": MODEL,
        "gen_ai.request.encoding_formats": ("base64",),
        "gen_ai.response.model": "m",
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.embeddings.dimension.count": 2,
        "server.address": "127.0.0.1",
        "server.port": port,
    }
    assert (request.name, request.kind, request.parent.span_id) == ("POST", SpanKind.CLIENT, span.context.span_id)
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.full": f"{server.url}/embeddings",
        "server.address": "127.0.0.1",
        "server.port": port,
        "any_llm.request.inputs": 1,
    }
    assert span.start_time <= request.start_time <= request.end_time <= span.end_time


@COLOURS
def test_requests_of_many_threads_and_tasks_are_children_of_one_call(call, seen, loopback):
    both, lock, current = threading.Barrier(2, timeout=10), threading.Lock(), []

    def answer(request):
        if len(server.requests) > 1:
            both.wait()
        return vectors(request)

    def key():
        with lock:
            current.append(trace.get_current_span().get_span_context().span_id)
        return KEY

    server = loopback(answer)
    with trace.get_tracer("the caller's").start_as_current_span("of the caller") as outer:
        call(inputs=texts(5), batch_size=1, **{**openai(server, max_concurrency=2), "api_key": key})
        assert trace.get_current_span() is outer
    ((span,), requests) = seen.calls(), seen.requests()
    assert span.parent.span_id == outer.get_span_context().span_id
    assert {request.parent.span_id for request in requests} == {span.context.span_id}
    assert current == [span.context.span_id] * 5  # what runs in them is inside the call's span too
    assert len(requests) == 5


@COLOURS
def test_calls_at_once_are_apart(call, seen, loopback):
    server = loopback(vectors)
    callers = [threading.Thread(target=lambda: call(inputs=texts(3), **openai(server))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len({span.context.trace_id for span in seen.calls()}) == 4
    assert sorted(span.context.span_id for span in seen.calls()) == sorted(
        each.parent.span_id for each in seen.requests()
    )


async def test_tasks_at_once_are_apart(seen, loopback):
    server = loopback(vectors)
    client = AnyLLM.create("openai", KEY, server.url)
    async with client, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(client.aembedding(MODEL, "7"))
    assert len({span.context.trace_id for span in seen.calls()}) == 4
    assert sorted(span.context.span_id for span in seen.calls()) == sorted(
        each.parent.span_id for each in seen.requests()
    )


async def streamed(client, inputs, **options):
    async with client:
        return [chunk async for chunk in client.aembed_iter(inputs, MODEL, **options)]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_stream_is_a_call_a_chunk_and_none_of_them_is_the_readers(way, seen, loopback):
    server = loopback(vectors)
    client = AnyLLM.create("openai", KEY, server.url, max_concurrency=2)
    with trace.get_tracer("the caller's").start_as_current_span("of the caller") as outer:
        if way == "async":
            asyncio.run(streamed(client, texts(9), chunk_size=3))
        else:
            for _ in client.embed_iter(texts(9), MODEL, chunk_size=3):
                assert trace.get_current_span() is outer
    calls, requests = seen.calls(), seen.requests()
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in calls] == [1, 1, 1]
    assert {span.parent.span_id for span in calls} == {outer.get_span_context().span_id}
    assert {span.context.span_id for span in calls} == {request.parent.span_id for request in requests}
    assert len(requests) == 3
    assert all(span.status.status_code is StatusCode.UNSET for span in calls)


def test_a_stream_that_fails_or_is_left_ends_its_spans(seen, loopback):
    def answer(request):
        bad = "4" in request.json["input"]
        return Answer(401, json={"error": {"message": "no"}}) if bad else vectors(request)

    client = AnyLLM.create("openai", KEY, loopback(answer).url, max_concurrency=1)
    with pytest.raises(AnyLLMError):
        list(client.embed_iter(texts(9), MODEL, chunk_size=3, batch_size=1))
    ended = [
        (span.attributes.get("error.type"), span.attributes.get("gen_ai.usage.input_tokens")) for span in seen.calls()
    ]
    assert ended[:2] == [(None, 3), ("AuthenticationError", 1)]
    assert {kind for kind, _ in ended[2:]} <= {"AuthenticationError"}
    seen.spans.clear()
    stream = client.embed_iter(texts(4), MODEL, chunk_size=1)
    next(stream)
    stream.close()
    taken, *left = [span.attributes.get("error.type") for span in seen.calls()]
    assert taken is None
    assert set(left) <= {"GeneratorExit"}


FAILURES = [
    # what comes first, retries -> the requests' (status, error.type, resend count), the call's error.type
    ([Answer(429, json={"error": {"message": "slow"}}, headers={"retry-after": "0"})], 1,
     [(429, "429", None), (200, None, 1)], None),
    ([Answer(401, json={"error": {"message": f"no {KEY}"}})], 1, [(401, "401", None)], "AuthenticationError"),
    ([Answer(200, body=b"{")] * 2, 0, [(200, "InvalidResponseError", None), (200, "InvalidResponseError", 1)],
     "InvalidResponseError"),
]  # fmt: skip


@COLOURS
@pytest.mark.parametrize("story", FAILURES)
def test_what_fails_is_said_by_its_kind(story, call, seen, loopback):
    first, retries, requests, error = story
    answers = iter(first)
    server = loopback(lambda request: next(answers, None) or vectors(request))
    with suppress(AnyLLMError):
        call(inputs="7", **openai(server, max_retries=retries))
    names = ("http.response.status_code", "error.type", "http.request.resend_count")
    assert [tuple(span.attributes.get(name) for name in names) for span in seen.requests()] == requests
    (span,) = seen.calls()
    assert span.attributes.get("error.type") == error
    for each in (*seen.calls(), *seen.requests()):
        assert (each.status.status_code is StatusCode.ERROR) == ("error.type" in each.attributes)
        assert each.status.description is None
        assert each.events == ()


@COLOURS
def test_no_text_and_no_key_is_in_any_span(call, seen, loopback):
    text = "a text that is nobody's business"
    refusal = Answer(400, json={"error": {"message": f"{text} {KEY}", "code": text, "type": KEY, "param": text}})
    server = loopback(lambda _: refusal)
    with pytest.raises(AnyLLMError):
        call(inputs=[text, "7"], extra_query={"key": KEY}, extra_headers={"x-own": KEY}, **openai(server))
    spans = [*seen.calls(), *seen.requests()]
    assert len(spans) > 2
    for span in spans:
        assert text not in span.to_json()
        assert KEY not in span.to_json()


def test_the_metrics_have_the_names_units_and_buckets_of_the_conventions(seen, loopback):
    server = loopback(vectors)
    refuse = loopback(lambda _: Answer(403, json={"error": {"message": "no"}}))
    for _ in range(3):
        embedding(inputs="7", **openai(server, "counted"))
    with pytest.raises(AnyLLMError):
        embedding(inputs="7", **openai(refuse, "counted"))
    ok, failed = sorted(seen.points("gen_ai.client.operation.duration", "counted"), key=lambda each: -each.count)
    assert (ok.count, failed.count, failed.attributes["error.type"]) == (3, 1, "AuthenticationError")
    assert ok.explicit_bounds == (
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    )  # fmt: skip
    (tokens,) = seen.points("gen_ai.client.token.usage", "counted")
    assert (tokens.count, tokens.sum) == (3, 3)
    assert tokens.explicit_bounds == (
        1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
    )  # fmt: skip
    assert dict(tokens.attributes) == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "counted",
        "gen_ai.response.model": "m",
        "gen_ai.token.type": "input",
        "server.address": "127.0.0.1",
        "server.port": int(server.url.rpartition(":")[2]),
    }


def test_tokens_that_nobody_counted_are_not_reported(seen, loopback):
    server = loopback(lambda _: Answer(json={"data": [{"index": 0, "embedding": [7.0]}], "model": "m"}))
    embedding(inputs="7", **openai(server, "uncounted"))
    embedding("guessed", "Hello", provider="fake")
    assert seen.points("gen_ai.client.token.usage", "uncounted") == []
    assert seen.points("gen_ai.client.token.usage", "guessed") == []
    assert not any("gen_ai.usage.input_tokens" in span.attributes for span in seen.calls())


def test_what_was_paid_for_before_an_error_is_reported(seen, loopback):
    def answer(request):
        bad = "2" in request.json["input"]
        return Answer(401, json={"error": {"message": "no"}}) if bad else vectors(request)

    with pytest.raises(AnyLLMError):
        embedding(inputs=texts(3), batch_size=1, **openai(loopback(answer), "half", max_concurrency=1))
    (span,) = seen.calls()
    assert span.attributes["gen_ai.usage.input_tokens"] == 2


def test_a_model_in_this_process_is_no_client_of_anybody(seen):
    embedding("m", "Hello", provider="fake", dimensions=8)
    (span,) = seen.calls()
    assert span.kind is SpanKind.INTERNAL
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "fake",
        "gen_ai.request.model": "m",
        "gen_ai.response.model": "m",
        "gen_ai.embeddings.dimension.count": 8,
    }
    assert seen.requests() == []


def test_a_list_of_models_has_no_convention_and_no_span(seen, loopback):
    server = loopback(lambda _: Answer(json={"data": [{"id": "m", "object": "model"}]}))
    assert len(list_models("openai", api_key=KEY, api_base=server.url)) == 1
    assert seen.spans.get_finished_spans() == ()


ENCODINGS = [
    ("openai", {"encoding_format": "float"}, ("float",)),
    ("openai", {}, ("base64",)),
    ("together", {}, None),
    ("cohere", {"dtype": "int8"}, ("int8",)),
]


@pytest.mark.parametrize(("provider", "options", "formats"), ENCODINGS)
def test_the_encoding_that_is_asked_for(provider, options, formats, seen, loopback):
    server = loopback(lambda _: Answer(400, json={"error": {"message": "no"}}))
    with pytest.raises(AnyLLMError):
        embedding("m", "7", provider=provider, api_key=KEY, api_base=server.url, **options)
    (span,) = seen.calls()
    assert span.attributes.get("gen_ai.request.encoding_formats") == formats


def test_dimensions_are_counted_as_they_are_before_they_are_packed(seen, loopback):
    server = loopback(lambda _: Answer(json={"embeddings": {"ubinary": [[7] * 32]}, "meta": {}}))
    embedding("m", "7", provider="cohere", api_key=KEY, api_base=server.url, dtype="ubinary")
    (span,) = seen.calls()
    assert span.attributes["gen_ai.embeddings.dimension.count"] == 256


def test_providers_have_the_names_of_the_conventions():
    named = {
        *("aws.bedrock", "azure.ai.inference", "azure.ai.openai", "cohere", "gcp.gemini", "gcp.vertex_ai"),
        *("ibm.watsonx.ai", "mistral_ai", "openai", "perplexity"),
    }
    supported = AnyLLM.get_supported_providers()
    assert PROVIDERS.keys() <= {*supported}
    assert named <= {PROVIDERS.get(name, name) for name in supported}


def test_a_program_without_opentelemetry_loads_none_of_it():
    program = "from any_llm import embedding; embedding('m', 'Hello', provider='fake'); import sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    assert not [name for name in ran.stdout.split() if name.startswith(("opentelemetry", "any_llm.seeing.telemetry"))]


def test_one_that_sets_up_no_provider_is_served_all_the_same():
    program = (
        "import opentelemetry.trace; from any_llm import embedding; "
        "print(len(embedding('m', ['Hello', 'you'], provider='fake').data))"
    )
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, check=True,
        env=environment(),
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("2\n", "")
