"""Servers and callers that do what the standard allows and nobody expects."""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from any_llm import AnyLLM, InvalidRequestError, InvalidResponseError, ProviderConnectionError
from loopback import Answer, Raw

COLOURS = ["sync", "async"]


def vector(request, model="m"):
    value = float(request.json["input"][0])
    return {"data": [{"index": 0, "embedding": [value, 1.0]}], "model": model, "usage": {"prompt_tokens": 1}}


def client(server, **options):
    return AnyLLM.create_openai_compatible("mine", server.url, "sk-secret", **options)


def call(colour, server, inputs, **options):
    made = client(server, **options.pop("client", {}))
    if colour == "sync":
        return made.embedding("m", inputs, **options)
    return asyncio.run(made.aembedding("m", inputs, **options))


@pytest.mark.parametrize("interim", [102, 103])
def test_an_interim_reply_is_not_the_reply(interim, loopback):
    def answer(request):
        body = json.dumps(vector(request)).encode()
        head = f"HTTP/1.1 {interim} Wait\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        return Raw(lambda connection: connection.send(head.encode() + body))

    made = client(loopback(answer))
    assert [made.embedding("m", str(number)).data[0].embedding[0] for number in range(1, 6)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("colour", COLOURS)
def test_a_callable_that_has_run_out_is_an_error_and_no_gap(colour, loopback):
    keys = iter(["k"])
    made = AnyLLM.create("openai", lambda: next(keys), loopback(lambda request: Answer(json=vector(request))).url)

    async def awaited(*inputs, **options):
        return await made.aembedding(*inputs, **options)

    embed = made.embedding if colour == "sync" else lambda *inputs, **options: asyncio.run(awaited(*inputs, **options))
    with pytest.raises(RuntimeError, match="StopIteration"):
        embed("m", ["1", "2", "3"], batch_size=1)


def test_a_list_that_is_emptied_meanwhile_changes_nothing(loopback):
    texts = ["1", "2", "3", "4"]

    def answer(request):
        texts.clear()
        return Answer(json=vector(request))

    result = client(loopback(answer), max_concurrency=1).embedding("m", texts, batch_size=1)
    assert [item.embedding[0] for item in result.data] == [1, 2, 3, 4]


@pytest.mark.parametrize("colour", COLOURS)
def test_vectors_of_two_models_are_not_one_result(colour, loopback):
    server = loopback(lambda request: Answer(json=vector(request, f"model-{request.json['input'][0]}")))
    with pytest.raises(InvalidResponseError, match="model-1, model-2"):
        call(colour, server, ["1", "2"], batch_size=1)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("lingers", [True, False])
def test_a_refusal_that_comes_before_all_was_sent_is_heard(lingers, colour):
    refusal = Answer(413, json={"error": {"message": "ten megabytes are too many"}}, headers={"connection": "close"})

    def hang_up_early(server):
        connection = server.accept()[0]
        with connection:
            connection.recv(1000)
            connection.sendall(refusal.encode())
            if lingers:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        done = pool.submit(hang_up_early, server)
        made = AnyLLM.create_openai_compatible(
            "mine", f"http://127.0.0.1:{server.getsockname()[1]}", "k", max_retries=0
        )
        embed = made.embedding if colour == "sync" else lambda *inputs: asyncio.run(made.aembedding(*inputs))
        with pytest.raises(InvalidRequestError, match="ten megabytes"):
            embed("m", "x" * 10_000_000)
        done.result(10)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("field", ["code", "param", "type"])
def test_no_field_of_an_error_repeats_an_input_or_a_key(colour, field, loopback):
    server = loopback(
        lambda _: Answer(400, json={"error": {"message": "bad", field: "private text of mine, sk-secret"}})
    )
    with pytest.raises(InvalidRequestError) as caught:
        call(colour, server, ["private text of mine, sk-secret"])
    assert "private" not in str(vars(caught.value))
    assert "sk-secret" not in str(vars(caught.value))


@pytest.mark.parametrize("colour", COLOURS)
def test_a_reply_that_is_no_http_is_not_quoted(colour, loopback):
    server = loopback(lambda _: Raw(lambda connection: connection.send(b"HTTP/1.1 abc Bearer sk-secret\r\n\r\n")))
    with pytest.raises(ProviderConnectionError) as caught:
        call(colour, server, ["1"], client={"max_retries": 0})
    assert "sk-secret" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


@pytest.mark.parametrize("colour", COLOURS)
def test_a_refusal_that_is_not_retried_pauses_nobody(colour, loopback):
    replies = [Answer(400, json={"error": "no"}, headers={"retry-after": "30"})]
    server = loopback(lambda request: replies.pop() if replies else Answer(json=vector(request)))
    with pytest.raises(InvalidRequestError):
        call(colour, server, ["1"])
    assert call(colour, server, ["1"], deadline=5).data[0].embedding == [1.0, 1.0]


@pytest.mark.parametrize(
    "address", ["http://me:pw@127.0.0.1:9", "http://127.0.0.1:9/?key=1", "http://127.0.0.1:9/#here"]
)
def test_an_address_is_an_address_alone(address):
    with pytest.raises(InvalidRequestError, match="address alone"):
        AnyLLM.create("openai", "k", address)
