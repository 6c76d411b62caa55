"""Does Google's own library get its tokens through our connections, whatever account it finds, and are they kept?"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

from any_llm import AnyLLM, AuthenticationError, InvalidRequestError, MissingApiKeyError, ProviderTimeoutError
from any_llm.configuration import configure
from any_llm.flow.memory import Memory
from any_llm.providers.google import SCOPE
from any_llm.providers.table import ROWS
from any_llm.wire import TransportError
from by_hand import MONOTONIC, WALL, reply
from clouds_by_hand import COLOURS, converse_with, embed, nobodys_machine, on_a_machine_of_googles, setting_of, token_of
from loopback import Answer, Raw
from oracles import cloud_replies
from oracles.cloud_replies import example


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    nobodys_machine(monkeypatch, tmp_path)


MODEL = "text-embedding-005"
EXCHANGE = "https://oauth2.googleapis.com/token"
PEM = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
ACCOUNT = {
    "type": "service_account", "project_id": "q", "client_email": "me@q.test", "token_uri": EXCHANGE,
    "private_key": PEM.decode(), "private_key_id": "1",
}  # fmt: skip
PERSON = {"type": "authorized_user", "client_id": "c", "client_secret": "hush", "refresh_token": "r/1"}
LENT = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/me@q.test:generateAccessToken"
IMPERSONATED = {
    "type": "impersonated_service_account", "source_credentials": PERSON, "service_account_impersonation_url": LENT,
}  # fmt: skip
GRANTED = reply({"access_token": "from-google", "expires_in": 3600, "token_type": "Bearer"})
GOOD = reply(example("vertexai predict"))


def found_at(path: Any, account: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the default credentials be these."""
    (path / "key.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path / "key.json"))


def default(memory: Memory | None = None, **given: Any) -> Any:
    """Set up a call whose credentials are the default ones."""
    call = {"model": MODEL, "base": "https://aiplatform.googleapis.com", "headers": {}, "client": {}, **given}
    return setting_of("vertexai", memory=memory, **call)


LENDING = reply({"accessToken": "lent", "expireTime": "2100-01-01T00:00:00Z"})
ACCOUNTS = [
    # what is found, what is answered -> where it was sent, the token
    (ACCOUNT, [GRANTED], [EXCHANGE], "Bearer from-google"),
    (PERSON, [GRANTED], [EXCHANGE], "Bearer from-google"),
    (IMPERSONATED, [GRANTED, LENDING], [EXCHANGE, LENT], "Bearer lent"),
]


@pytest.mark.parametrize(("account", "answers", "urls", "proof"), ACCOUNTS, ids=["account", "person", "impersonated"])
def test_a_token_is_fetched_through_our_own_connections(account, answers, urls, proof, *, tmp_path, monkeypatch):
    found_at(tmp_path, account, monkeypatch)
    memory = Memory()
    told = converse_with(default(memory, client={"project": "p"}), *answers, GOOD)
    assert [sent.url for sent in told.sent[:-1]] == urls
    assert all(sent.method == "POST" and sent.body for sent in told.sent)
    assert told.sent[-1].headers["authorization"] == proof
    kept = converse_with(default(memory, client={"project": "p"}), GOOD, at=3000)
    assert kept.sent[0].headers["authorization"] == proof


def test_what_is_asked_is_what_googles_library_asks(tmp_path, monkeypatch):
    found_at(tmp_path, PERSON, monkeypatch)
    sent = token_of(default(), GRANTED).sent[0]
    asked = {name: value for name, (value,) in parse_qs(sent.body.decode()).items()}
    assert asked == {
        "grant_type": "refresh_token", "client_id": "c", "client_secret": "hush", "refresh_token": "r/1",
    }  # fmt: skip
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("account", [ACCOUNT, PERSON], ids=["account", "person"])
def test_no_other_http_library_is_loaded_for_it(account, tmp_path, monkeypatch):
    found_at(tmp_path, account, monkeypatch)
    for module in ("requests", "google.auth.transport.requests"):
        monkeypatch.setitem(sys.modules, module, None)
    assert token_of(default(), GRANTED).error is None


METADATA = "http://metadata.google.internal/computeMetadata/v1/"
FLAVOR = {"metadata_flavor": "Google"}
MACHINE = [
    # where the library of google-auth 2.62 asks, in this order, and what a machine of Google's answers
    ("http://169.254.169.254", reply(b"", **FLAVOR)),
    (f"{METADATA}project/project-id", reply(b"the-machines", content_type="application/text", **FLAVOR)),
    (f"{METADATA}instance/service-accounts/default/?recursive=true",
     reply({"email": "me@q.test", "scopes": [SCOPE]}, content_type="application/json", **FLAVOR)),
    (f"{METADATA}instance/service-accounts/default/token?scopes={quote(SCOPE, safe='')}",
     reply({"access_token": "lent", "expires_in": 3600}, content_type="application/json", **FLAVOR)),
]  # fmt: skip


def test_a_machine_of_googles_is_asked_for_its_account(monkeypatch):
    on_a_machine_of_googles(monkeypatch, answers=True)
    told = token_of(default(), *(answer for _, answer in MACHINE))
    assert [(sent.method, sent.url) for sent in told.sent] == [("GET", url) for url, _ in MACHINE]
    assert told.value.headers == {"authorization": "Bearer lent"}
    assert told.value.found == {"project": "the-machines"}


PROJECTS = [
    # client_args, model, the account's project -> the project in the address
    ({}, MODEL, "q", "q"),
    ({"project": "mine"}, MODEL, "q", "mine"),
    ({"project": "mine"}, MODEL, None, "mine"),
    ({}, f"projects/theirs/locations/global/publishers/google/models/{MODEL}", None, "theirs"),
]


@pytest.mark.parametrize(("given", "model", "owner", "project"), PROJECTS)
def test_the_project_is_the_one_given_or_the_accounts(given, model, owner, project, *, tmp_path, monkeypatch):
    found_at(tmp_path, {**ACCOUNT, "project_id": owner}, monkeypatch)
    sent = converse_with(default(model=model, client=given), GRANTED, GOOD).sent[-1]
    path = f"/v1/projects/{project}/locations/global/publishers/google/models/{MODEL}:predict"
    assert sent.url == f"https://aiplatform.googleapis.com{path}"


def test_a_project_nobody_names_is_asked_for(tmp_path, monkeypatch):
    found_at(tmp_path, PERSON, monkeypatch)
    memory = Memory()
    whole = f"projects/theirs/locations/global/publishers/google/models/{MODEL}"
    assert converse_with(default(memory, model=whole), GRANTED, GOOD).error is None
    told = converse_with(default(memory))  # the same token, and still no project
    assert isinstance(told.error, InvalidRequestError)
    assert "project=" in str(told.error)


BROKEN = [
    # what comes back -> the error, or how the conversation is to go on
    ([reply({"error": "invalid_grant", "error_description": "no such account"}, 400)], AuthenticationError),
    ([reply(b"<p>welcome</p>", 200)], AuthenticationError),
    ([reply(b"", 302, location="https://elsewhere.test")], AuthenticationError),
]


@pytest.mark.parametrize(("answers", "kind"), BROKEN)
def test_an_exchange_that_goes_wrong_is_an_error(answers, kind, tmp_path, monkeypatch):
    found_at(tmp_path, ACCOUNT, monkeypatch)
    told = token_of(default(), *answers)
    assert type(told.error) is kind
    assert len(told.sent) == 1


@pytest.mark.parametrize("lost", [TransportError("reset by peer"), reply({"error": "internal_failure"}, 503)])
def test_an_exchange_that_may_pass_is_tried_again_with_the_request(lost, tmp_path, monkeypatch):
    found_at(tmp_path, ACCOUNT, monkeypatch)
    told = converse_with(default(), lost, GRANTED, GOOD)
    assert told.trace == ["exchange", "exchange", "embed"]
    assert told.error is None


def test_a_call_that_has_ended_is_not_taken_for_a_machine_without_an_account(loopback, monkeypatch):
    on_a_machine_of_googles(monkeypatch, answers=True)
    slow = loopback(lambda _: Raw(lambda connection: connection.wait(5)))
    monkeypatch.setenv("HTTP_PROXY", slow.url)  # the machine's address is asked for through it
    monkeypatch.setenv("http_proxy", slow.url)
    with pytest.raises(ProviderTimeoutError):
        AnyLLM.create("vertexai", api_base=slow.url, project="p").embedding(MODEL, "a", deadline=0.2)


def test_a_library_that_takes_any_error_for_its_own_is_asked_again_too():
    class Anxious:
        valid, expiry = False, None

        def refresh(self, request: Any) -> None:
            try:
                self.token = json.loads(request(url=EXCHANGE, method="POST").data)["access_token"]
            except Exception as error:
                raise RuntimeError from error

        def apply(self, headers: dict[str, str]) -> None:
            headers["authorization"] = self.token

    told = token_of(default(client={"credentials": Anxious()}), GRANTED)
    assert told.value.headers == {"authorization": "from-google"}


def test_there_is_an_end_to_what_is_sent_for_one_token():
    class Restless:
        valid, count = False, 0

        def refresh(self, request: Any) -> None:
            self.count += 1
            request(url=f"https://never.test/{self.count}")

    told = token_of(default(client={"credentials": Restless(), "project": "p"}), *[reply()] * 12)
    assert isinstance(told.error, AuthenticationError)


@COLOURS
def test_googles_credentials_are_exchanged_and_kept(mode, loopback, monkeypatch, tmp_path):
    granted = Answer(json={"access_token": "from-google", "expires_in": 3600, "token_type": "Bearer"})
    exchange, server = loopback(lambda _: granted), loopback(cloud_replies.vertex)
    found_at(tmp_path, {**ACCOUNT, "token_uri": exchange.url}, monkeypatch)
    client = AnyLLM.create("vertexai", api_base=server.url, location="us-central1")
    for _ in range(2):
        embed(client, mode, MODEL)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer from-google"] * 2
    assert [request.path.split("/")[3] for request in server.requests] == ["q", "q"]
    assert len(exchange.requests) == 1


@COLOURS
def test_credentials_beside_a_key_are_refused_and_beside_a_variable_win(mode, loopback, monkeypatch):
    server = loopback(cloud_replies.vertex)
    monkeypatch.setenv("GOOGLE_VERTEX_API_KEY", "lies about")
    given = {"credentials": Credentials(token="tok"), "project": "p"}
    embed(AnyLLM.create("vertexai", api_base=server.url, **given), mode, MODEL)
    assert server.requests[0].headers["authorization"] == "Bearer tok"
    assert "x-goog-api-key" not in server.requests[0].headers
    with pytest.raises(InvalidRequestError, match=r"pass one of api_key, credentials\."):
        AnyLLM.create("vertexai", "key", **given)


def test_one_callers_token_is_not_anothers(loopback):
    one, other = (configure(ROWS["vertexai"], None, None, {"credentials": Credentials("t")}) for _ in range(2))
    assert one.identity != other.identity
    server = loopback(cloud_replies.vertex)
    for number in range(20):  # each is gone, its place in memory free, before the next is made
        credentials = Credentials(token=f"of {number}")
        embed(AnyLLM.create("vertexai", api_base=server.url, project="p", credentials=credentials), "sync", MODEL)
        del credentials
    tokens = [request.headers["authorization"] for request in server.requests]
    assert tokens == [f"Bearer of {number}" for number in range(20)]


def test_a_token_of_ones_own_is_used_until_its_end():
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    credentials = Credentials(token="tok", expiry=ends.replace(tzinfo=None))
    told = token_of(default(client={"credentials": credentials}))
    assert told.value.expires - MONOTONIC + WALL == pytest.approx(ends.timestamp())


def test_the_account_that_pays_is_named_too():
    credentials = Credentials(token="tok", quota_project_id="payer")
    token = token_of(default(client={"credentials": credentials})).value
    assert token.headers == {"authorization": "Bearer tok", "x-goog-user-project": "payer"}
    assert token.expires == MONOTONIC + 360


def test_an_account_in_client_args_needs_no_file():
    credentials = service_account.Credentials.from_service_account_info(ACCOUNT, scopes=[SCOPE])
    told = token_of(default(client={"credentials": credentials}), GRANTED)
    assert (told.value.headers["authorization"], told.value.found) == ("Bearer from-google", {"project": "q"})


def test_no_credentials_at_all_are_named():
    assert type(token_of(default()).error) is MissingApiKeyError
