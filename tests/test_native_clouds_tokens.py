"""Is a token fetched once for all who wait, anew before it ends, once more on a 401, and shown to nobody?"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from urllib.parse import parse_qsl

import pytest

from any_llm import AnyLLM, AuthenticationError, InvalidRequestError, InvalidResponseError, ProviderConnectionError
from any_llm.flow.memory import Memory
from any_llm.wire import TransportError
from by_hand import reply
from clouds_by_hand import GIGA_TOKEN, WATSON_TOKEN, converse_with, setting_of, token_of
from loopback import Answer
from oracles import cloud_replies
from oracles.cloud_replies import example

GOOD, EXPIRED = (
    reply(example("watsonx")),
    reply({"errors": [{"code": "authentication_token_expired", "message": "m"}]}, 401),
)
SECOND = reply({**example("watsonx token"), "access_token": "second"})
REFUSED = reply({"errorCode": "BXNIM0415E", "errorMessage": "Provided API key k-1 could not be found."}, 400)
BUSY, RESET = reply(b"busy", 503), TransportError("reset by peer")

STORIES = [
    # what the servers say, and when -> what is sent, the error
    ("exchanged, then sent", [(0, [WATSON_TOKEN, GOOD])], "exchange embed", None),
    ("kept for the next", [(0, [WATSON_TOKEN, GOOD]), (3000, [GOOD])], "exchange embed embed", None),
    ("fetched anew a minute before its end", [(0, [WATSON_TOKEN, GOOD]), (3541, [SECOND, GOOD])],
     "exchange embed exchange embed", None),
    ("kept until then", [(0, [WATSON_TOKEN, GOOD]), (3539, [GOOD])], "exchange embed embed", None),
    ("fetched anew on a 401", [(0, [WATSON_TOKEN, EXPIRED, SECOND, GOOD])], "exchange embed exchange embed", None),
    ("once only", [(0, [WATSON_TOKEN, EXPIRED, SECOND, EXPIRED])],
     "exchange embed exchange embed", AuthenticationError),
    ("a key that is refused", [(0, [REFUSED])], "exchange", AuthenticationError),
    ("a busy exchange", [(0, [BUSY, WATSON_TOKEN, GOOD])], "exchange exchange embed", None),
    ("always busy", [(0, [BUSY] * 3)], "exchange exchange exchange", ProviderConnectionError),
    ("reset", [(0, [RESET, WATSON_TOKEN, GOOD])], "exchange exchange embed", None),
    ("no token in it", [(0, [reply({"expires_in": 3600})])], "exchange", InvalidResponseError),
    ("no JSON", [(0, [reply(b"<p>welcome</p>")])], "exchange", InvalidResponseError),
    ("a redirect", [(0, [reply(b"", 302, location="https://elsewhere.test")])], "exchange", AuthenticationError),
]  # fmt: skip


@pytest.mark.parametrize(("calls", "trace", "error"), [line[1:] for line in STORIES], ids=[line[0] for line in STORIES])
def test_a_token_is_fetched(calls, trace, error):
    memory, said, last = Memory(), [], None
    for at, replies in calls:
        last = converse_with(setting_of("watsonx", memory=memory), *replies, at=at)
        said += last.trace
        for sent in last.sent:
            assert (sent.headers.get("Authorization", "").startswith("Bearer ")) == ("embeddings" in sent.url)
    assert " ".join(said) == trace
    assert type(last.error) is (error or type(None))
    assert "k-1" not in f"{last.error}{last.error!r}"


def test_the_newest_token_is_sent():
    memory = Memory()
    first = converse_with(setting_of("watsonx", memory=memory), WATSON_TOKEN, EXPIRED, SECOND, GOOD)
    later = converse_with(setting_of("watsonx", memory=memory), GOOD)
    assert [each.headers["Authorization"] for each in (*first.sent[1::2], *later.sent)] == [
        f"Bearer {example('watsonx token')['access_token']}", "Bearer second", "Bearer second",
    ]  # fmt: skip


def test_what_ibm_is_asked():
    sent = token_of(setting_of("watsonx", "a+b/c="), WATSON_TOKEN).sent[0]
    assert sent.url == "https://iam.cloud.ibm.com/identity/token"
    assert dict(parse_qsl(sent.body.decode())) == {
        "grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": "a+b/c=",
    }  # fmt: skip
    assert "Authorization" not in sent.headers


def test_sber_is_told_the_scope():
    setting = setting_of("gigachat", client={"scope": "GIGACHAT_API_CORP", "auth_url": "https://a.test/oauth"})
    sent = token_of(setting, GIGA_TOKEN).sent[0]
    assert (sent.url, sent.body) == ("https://a.test/oauth", b"scope=GIGACHAT_API_CORP")


def test_what_sber_is_asked():
    first, second = (token_of(setting_of("gigachat", "Y3JlZA=="), GIGA_TOKEN).sent[0] for _ in range(2))
    other = token_of(setting_of("gigachat", "b3RoZXI="), GIGA_TOKEN).sent[0]
    assert first.url == "https://ngw.devices.sberbank.ru:9443/api/v2/oauth"
    assert (first.body, first.headers["Authorization"]) == (b"scope=GIGACHAT_API_PERS", "Basic Y3JlZA==")
    assert first.headers["RqUID"] == second.headers["RqUID"] != other.headers["RqUID"]


ENDS = [
    ("watsonx", WATSON_TOKEN, 3600),
    ("gigachat", GIGA_TOKEN, 1800),
    ("gigachat", reply({"tok": "t", "exp": 1_795_000_900_000}), 900),
    ("gigachat", reply({"access_token": "t"}), 0),
]


@pytest.mark.parametrize(("provider", "granted", "seconds"), ENDS)
def test_a_token_ends_when_it_says(provider, granted, seconds):
    told = token_of(setting_of(provider), granted)
    assert told.value.expires == pytest.approx(50_000.0 + seconds)
    assert told.value.headers["Authorization"].startswith("Bearer ")


AS_THEY_ARE = [
    # a token of one's own, and the header of one's own, are sent as they are
    ("gigachat", {"access_token": "mine"}, {}, "Bearer mine"),
    ("gigachat", {}, {"GIGACHAT_ACCESS_TOKEN": "mine"}, "Bearer mine"),
    ("gigachat", {"api_key": lambda: "called"}, {}, "Bearer called"),
    ("watsonx", {"token": "mine", "project_id": "p"}, {}, "Bearer mine"),
    ("watsonx", {"api_key": "k", "project_id": "p", "default_headers": {"Authorization": "ZenApiKey z"}}, {},
     "ZenApiKey z"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "given", "environment", "header"), AS_THEY_ARE)
def test_what_needs_no_exchange_has_none(provider, given, environment, header, *, loopback, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    server = loopback(getattr(cloud_replies, provider))
    client = AnyLLM.create(provider, api_base=server.url, **given)
    client.embedding("m", ["a", "b"], batch_size=1)
    assert [request.headers["authorization"] for request in server.requests] == [header] * 2


NUMBERS = itertools.count()


def gathered(asynchronous, client, count):
    """Call so often at once."""
    if asynchronous:

        async def together():
            return await asyncio.gather(*(client.aembedding("m", f"text {n}") for n in range(count)))

        return asyncio.run(together())
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(client.embedding("m", f"text {n}"))) for n in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("asynchronous", [False, True], ids=["threads", "tasks"])
@pytest.mark.parametrize("provider", ["watsonx", "gigachat"])
def test_twenty_who_wait_have_one_token(provider, asynchronous, loopback):
    all_wait = threading.Event()

    def answer(request):
        if not request.path.endswith("embeddings"):
            all_wait.wait(0.3)  # long enough for all to ask
        return getattr(cloud_replies, provider)(request)

    server = loopback(answer)
    own = {"project_id": "p"} if provider == "watsonx" else {}
    path = "identity/token" if provider == "watsonx" else "oauth"
    key = f"Y3JlZA{next(NUMBERS)}"
    with AnyLLM.create(provider, key, server.url, auth_url=f"{server.url}/{path}", **own) as client:
        assert len(gathered(asynchronous, client, 20)) == 20
        assert len(gathered(asynchronous, client, 2)) == 2
    paths = [request.path.rpartition("/")[2] for request in server.requests]
    assert (paths.count("embeddings"), len(paths)) == (22, 23)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["threads", "tasks"])
def test_a_token_that_is_revoked_is_fetched_once_for_all(asynchronous, loopback):
    tokens = itertools.count()
    valid = {"Bearer 0"}

    def answer(request):
        if request.path == "/oauth":
            return Answer(json={"tok": str(next(tokens)), "exp": (time.time() + 1800) * 1000})
        if request.headers["authorization"] not in valid:
            return Answer(401, json={"status": 401, "message": "Token has expired"})
        return cloud_replies.gigachat(request)

    server = loopback(answer)
    key = f"Y3JlZB{next(NUMBERS)}"
    with AnyLLM.create("gigachat", key, server.url, auth_url=f"{server.url}/oauth", max_retries=0) as client:
        client.embedding("m", "a")
        valid.symmetric_difference_update({"Bearer 0", "Bearer 1", "Bearer 2"})
        assert len(gathered(asynchronous, client, 8)) == 8
    assert [request.path for request in server.requests].count("/oauth") == 2


@pytest.mark.parametrize("given", ["", "two\nlines", b"bytes"], ids=repr)
def test_what_a_callable_gives_is_checked(given, loopback):
    server = loopback(cloud_replies.gigachat)
    with pytest.raises(InvalidRequestError, match="key"):
        AnyLLM.create("gigachat", lambda: given, server.url).embedding("m", "a")
    assert server.requests == []
