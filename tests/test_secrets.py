"""Who gets to see the key: the host it is for, each time it is asked for anew, and nobody else."""

from __future__ import annotations

import asyncio
import logging
import threading
from base64 import b64encode

import msgspec
import pytest

from any_llm import AnyLLM, AnyLLMError, AuthenticationError, shared
from any_llm.configuration import configure
from any_llm.flow.memory import Memory
from any_llm.flow.redact import without_secrets
from any_llm.providers.table import ROWS
from any_llm.secret import Secret
from any_llm.wire import Token
from by_hand import PLACE, a_call, a_setting, bad, play
from colours import COLOURS
from forward_proxy import forward
from loopback import Answer, Raw
from numbered import KEY, numbers, texts, to, vectors
from tls import AUTHORITY, SecureLoopback

REFUSED = Answer(401, json={"error": {"message": "expired", "code": "invalid_api_key"}})


@COLOURS
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same host", "another"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status, elsewhere, call, loopback):
    other = loopback(vectors)
    there = other.url if elsewhere else ""
    server = loopback(lambda _: Answer(status, headers={"location": f"{there}/elsewhere"}))
    with pytest.raises(AnyLLMError, match="api_base") as caught:
        call(inputs="5", **to(server.url))
    assert caught.value.status_code == status
    assert ([each.path for each in server.requests], other.connections) == (["/embeddings"], 0)


@COLOURS
def test_a_redirect_is_not_followed_through_a_proxy(call, loopback, monkeypatch):
    proxy = loopback(lambda _: Answer(307, headers={"location": "http://elsewhere.invalid/"}))
    with pytest.raises(AnyLLMError, match="api_base"):
        call(inputs="5", **to("http://host.invalid", proxy=proxy.url))
    assert [each.path for each in proxy.requests] == ["http://host.invalid/embeddings"]


def keys(*, asynchronous):
    """Make a callable that gives another key each time: key-1, key-2 and so on."""
    lock, given = threading.Lock(), iter(range(1, 100))

    def key():
        with lock:
            return f"key-{next(given)}"

    async def key_later():
        await asyncio.sleep(0)
        return key()

    return key_later if asynchronous else key


ASYNC_KEY = pytest.mark.parametrize("asynchronous", [False, True], ids=["def", "async def"])


@COLOURS
@ASYNC_KEY
def test_a_callable_is_asked_for_a_key_for_each_request(asynchronous, call, loopback):
    server = loopback(vectors)
    result = call(inputs=texts(6), batch_size=1, **to(server.url, keys(asynchronous=asynchronous), max_concurrency=3))
    assert numbers(result) == list(range(6))
    assert sorted(each.headers["authorization"] for each in server.requests) == [f"Bearer key-{n}" for n in range(1, 7)]


@COLOURS
@ASYNC_KEY
@pytest.mark.parametrize("works", ["key-2", "key-3"])
def test_a_refused_key_is_asked_for_once_more(works, asynchronous, call, loopback):
    server = loopback(lambda request: vectors(request) if request.headers["authorization"].endswith(works) else REFUSED)
    options = to(server.url, keys(asynchronous=asynchronous), max_retries=0)
    if works == "key-3":
        with pytest.raises(AuthenticationError):
            call(inputs="5", **options)
    else:
        assert numbers(call(inputs="5", **options)) == [5]
    assert len(server.requests) == 2


@COLOURS
@ASYNC_KEY
def test_a_key_from_a_callable_goes_through_a_tunnel_unseen(asynchronous, call, loopback, tmp_path):
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    proxy = loopback(forward)
    with SecureLoopback(vectors) as server:
        key = keys(asynchronous=asynchronous)
        call(inputs="5", **to(server.url, key, proxy=proxy.url, verify=tmp_path / "ca.pem"))
        assert server.requests[0].headers["authorization"] == "Bearer key-1"
    assert "key-1" not in str(proxy.requests)


def misbehave(connection):
    connection.send(b"HTTP/1.1 200 OK\r\nbad header\r\ncontent-length: 2\r\n\r\n{}")


@COLOURS
@pytest.mark.parametrize(
    "answer",
    [
        vectors,
        lambda _: REFUSED,
        lambda request: Answer(400, json={"error": {"message": f"you sent {request.headers['authorization']}"}}),
        lambda _: Raw(lambda connection: connection.reset()),
        lambda _: Raw(misbehave),
        lambda _: Raw(lambda connection: connection.send(b"\x00\xff no HTTP\r\n\r\n")),
        lambda _: Answer(body=b"[not JSON"),
        lambda _: Answer(500, headers={"retry-after-ms": "1"}, body=b"oops"),
    ],
    ids=["right", "401", "echo", "reset", "bad header", "no HTTP", "no JSON", "500"],
)
def test_no_log_and_no_error_holds_the_key(answer, call, loopback, caplog):
    server = loopback(answer)
    told = ""
    with caplog.at_level(logging.DEBUG):
        for name in ("asyncio", "any_llm"):
            caplog.set_level(logging.DEBUG, logger=name)
        try:
            call(inputs="5", **to(server.url, max_retries=1))
        except AnyLLMError as error:
            told = f"{error} {error!r} {error.__cause__!r} {error.__context__!r} {error.original_exception!r}"
    assert server.requests
    assert all(each.headers["authorization"] == f"Bearer {KEY}" for each in server.requests)
    logged = [f"{each.getMessage()} {each.exc_text} {each.__dict__}" for each in caplog.records]
    assert not any(KEY in words for words in [told, *logged])


def held(root):
    """Everything of ours that can be reached from it, and what that holds."""
    seen, waiting = {}, [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            waiting += each
        elif type(each).__module__.startswith("any_llm"):
            waiting += [getattr(each, name) for name in getattr(each, "__struct_fields__", ())]
            waiting += getattr(each, "__dict__", {}).values()
    return list(seen.values())


@COLOURS
def test_no_repr_holds_a_secret(call, loopback):
    secrets = {
        "key": KEY,
        "login": "hush",
        "coded": b64encode(b"me:hush").decode(),
        "cookie": "sk-jar",
        "query": "sk-q",
    }
    server = loopback(vectors)
    given = {
        "proxy": server.url.replace("://", "://me:hush@"),
        "default_headers": {"Cookie": "sk-jar"},
        "default_query": {"api_key": "sk-q"},
    }
    options = to("http://host.test", **given)
    assert numbers(call(inputs="5", **options)) == [5]
    told = repr(server.requests[0])
    assert all(word in told for name, word in secrets.items() if name != "login")
    found = held(shared._clients)
    assert any(isinstance(each, AnyLLM) for each in found)
    shown = [f"{type(each).__name__}: {each!r}" for each in found]
    assert [(name, line) for line in shown for name, word in secrets.items() if word in line] == []


def test_no_repr_holds_what_proves_who_asks():
    own = {"aws_access_key_id": "AKIA-hush", "aws_secret_access_key": "hush-aws", "aws_session_token": "hush-session"}
    client = AnyLLM.create("bedrock", region_name="us-east-1", **own)
    assert not any(word in f"{each!r}" for each in held(client) for word in own.values())


@pytest.mark.parametrize("source", ["a callable", "an exchange", "an adapter"])
def test_no_repr_of_what_is_sent_holds_a_key_that_was_fetched(source):
    memory = Memory()
    memory.keep((PLACE[0], PLACE[2]), Token({"Authorization": f"Bearer {KEY}"}, float("inf")))
    call = {
        "a callable": a_call(key=lambda: KEY),
        "an exchange": a_call("gigachat"),
        "an adapter": a_call("azure", headers={"api-key": Secret(KEY)}),
    }[source]
    (sent,) = play(a_setting(call, memory=memory, retries=0), [bad(400)]).sent
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(sent.headers)


@pytest.mark.parametrize("header", ["Authorization", "x-pass"])
def test_an_echo_is_taken_out_whatever_the_keys_header_is_called(header):
    row = ROWS["openai"]._replace(auth=(header, "Bearer "))
    for headers in (
        configure(row, KEY, None, {}).headers,
        {"token": KEY},
        {"x-pass": "openai", "auth": f"Bearer {KEY}"},
    ):
        assert without_secrets(f"you sent {KEY}, openai", headers) == "you sent ***, openai"


DUMMIES = [
    # key, the provider's words -> ours
    ("ken", "max tokens is 512, your key is ken", "max tokens is 512, your key is ***"),
    ("ken", "ken: 'ken', Bearer ken.", "***: '***', Bearer ***."),
    ("x", "maximum exceeded for x", "maximum exceeded for ***"),
    ("EMPTY", "NONEMPTY EMPTY", "NONEMPTY ***"),
    ("a.c", "abc a.c", "abc ***"),
    ("1234567", "12345678 1234567", "12345678 ***"),
    ("12345678", "x12345678y", "x***y"),  # as long as a key may be: wherever it stands
    (KEY, f"token{KEY}s", "token***s"),
]


@pytest.mark.parametrize(("key", "said", "told"), DUMMIES)
def test_a_dummy_is_taken_out_as_a_word(key, said, told):
    assert without_secrets(said, {"authorization": f"Bearer {key}"}) == told
    assert without_secrets(said, {"x-api-key": key}) == told


@COLOURS
def test_a_servers_words_stay_whole_beside_a_dummy_key(call, loopback):
    refusal = {"error": {"message": "max tokens is 512, not 513", "code": "token_limit"}}
    server = loopback(lambda _: Answer(400, json=refusal))
    with pytest.raises(AnyLLMError, match="max tokens is 512, not 513") as caught:
        call(inputs="5", **to(server.url, "ken"))
    assert caught.value.code == "token_limit"


async def test_no_repr_holds_the_key(loopback):
    client = AnyLLM.create("openai", KEY, loopback(vectors).url)
    client.embedding("m", "5")
    await client.aembedding("m", "5")
    carried = vars(client._connections)
    inside = [value for name in ("_blocking", "_asynchronous") for value in vars(carried[name]).values()]
    seen = [client, *vars(client).values(), *carried.values(), *inside]
    assert not any(KEY in f"{each!r} {each!s}" for each in seen)


@COLOURS
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("header", ["x-request-id", "cf-ray"])
def test_a_request_id_that_repeats_a_secret_is_none(header, status, call, loopback, caplog):
    def echo(request):
        names = {header: f"for {request.headers['authorization']}/{request.headers['x-token']}"}
        good = msgspec.structs.replace(vectors(request), headers=names)
        return good if status == 200 else Answer(status, json={"error": {"message": "no"}}, headers=names)

    events, options = [], to(loopback(echo).url, default_headers={"x-token": "sk-other"})
    ids = []
    with caplog.at_level(logging.DEBUG, logger="any_llm"):
        try:
            ids = call(inputs="5", **options | {"client_args": options["client_args"] | {"on_request": events.append}})
        except AnyLLMError as error:
            events.append(vars(error))
        else:
            ids = ids.request_ids
    told = f"{events} {ids} {[each.__dict__ for each in caplog.records]}"
    assert events
    assert KEY not in told
    assert "sk-other" not in told
