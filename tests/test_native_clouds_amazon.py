"""Are Amazon's keys found where its own library finds them, in time, and are requests signed as they should be?"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.session import Session

from any_llm import AnyLLM, AnyLLMError, AuthenticationError, InvalidRequestError
from any_llm.configuration import configure
from any_llm.flow.memory import Memory
from any_llm.providers.aws import Signer
from any_llm.providers.table import ROWS
from any_llm.wire import Send
from by_hand import WALL, reply
from clouds_by_hand import COLOURS, converse_with, embed, nobodys_machine, setting_of, token_of
from loopback import Answer
from oracles import cloud_replies
from oracles.cloud_replies import example

REGION = {"region_name": "eu-west-1"}
TITAN, GOOD = "amazon.titan-embed-text-v2:0", reply(example("bedrock titan v2"))


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    nobodys_machine(monkeypatch, tmp_path)


# The published examples of Amazon's test suite for Signature Version 4.
SIGNER = Signer(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), "us-east-1", "service")
PUBLISHED = [
    ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "proof"), PUBLISHED)
def test_the_published_examples_are_signed_as_published(method, target, proof):
    send = Send(url=f"https://example.amazonaws.com{target}", method=method, headers={"Accept": "*/*"})
    signed = SIGNER(send, datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp())
    assert signed == {
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={proof}",
    }


HOSTS = [("https://h:443/", "h"), ("https://h:8443/", "h:8443"), ("http://h:80/", "h"), ("https://user@h/", "h")]


@pytest.mark.parametrize(("url", "host"), HOSTS)
def test_the_host_that_is_signed_is_the_one_that_is_sent(url, host):
    assert SIGNER(Send(url=url), 0.0) == SIGNER(Send(url=f"{url[:5].rstrip(':')}://{host}/"), 0.0)


def session_of(keys: Any) -> Session:
    session = Session()
    session._credentials = keys
    return session


def boto(**given: Any) -> dict[str, Any]:
    return {"model": TITAN, "client": {**REGION, **given}, "headers": {}}


def test_each_request_is_signed_at_its_own_time_by_keys_that_are_kept():
    memory, session = Memory(), session_of(Credentials("AK", "secret", "session"))
    sent = [
        converse_with(setting_of("bedrock", memory=memory, **boto(botocore_session=session)), GOOD, at=at).sent[0]
        for at in (0, 60)
    ]
    session._credentials = Credentials("rotated", "secret")
    for at in (299, 301):  # those without an end are looked for again after five minutes
        told = converse_with(setting_of("bedrock", memory=memory, **boto(botocore_session=session)), GOOD, at=at)
        sent += told.sent
    owners = [each.headers["Authorization"].partition("=")[2].partition("/")[0] for each in sent]
    assert owners == ["AK", "AK", "AK", "rotated"]
    assert [each.headers.get("X-Amz-Security-Token") for each in sent] == ["session"] * 3 + [None]
    assert len({each.headers["X-Amz-Date"] for each in sent}) == 4


def test_keys_of_a_role_are_kept_until_a_minute_before_their_end():
    taken = []

    def metadata() -> dict[str, str]:
        taken.append(1)
        end = datetime.now(UTC) + timedelta(hours=1)
        return {"access_key": "role", "secret_key": "s", "token": "t", "expiry_time": end.isoformat()}

    keys = RefreshableCredentials.create_from_metadata(metadata(), metadata, "assume-role")
    setting = setting_of("bedrock", **boto(botocore_session=session_of(keys)))
    ends = token_of(setting).value.expires - 50_000.0 + WALL
    assert ends == pytest.approx((datetime.now(UTC) + timedelta(hours=1)).timestamp(), abs=60)
    assert len(taken) == 1


@COLOURS
@pytest.mark.parametrize("where", ["client_args", "environment", "profile", "AWS_PROFILE"])
def test_keys_are_found_where_amazons_own_library_finds_them(where, mode, loopback, monkeypatch, tmp_path):
    server = loopback(cloud_replies.bedrock("titan v2"))
    given: dict[str, Any] = {"region_name": "eu-west-1"}
    if where == "client_args":
        given |= {"aws_access_key_id": "client_args", "aws_secret_access_key": "s"}
    elif where == "environment":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "environment")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    else:
        (tmp_path / "credentials").write_text(f"[mine]\naws_access_key_id = {where}\naws_secret_access_key = s\n")
        if where == "profile":
            given["profile_name"] = "mine"
        else:
            monkeypatch.setenv("AWS_PROFILE", "mine")
    embed(AnyLLM.create("bedrock", api_base=server.url, **given), mode, TITAN)
    assert server.requests[0].headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={where}/")
    assert "/eu-west-1/bedrock/aws4_request" in server.requests[0].headers["authorization"]


KEYS = {"aws_access_key_id": "AK", "aws_secret_access_key": "s"}
BEARER = {"AWS_BEARER_TOKEN_BEDROCK": "bedrock-key"}
WHOSE = [
    # environment, client_args, api_key -> how it is proven
    (BEARER, {}, None, "Bearer bedrock-key"),
    ({**BEARER, "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "s"}, {}, None, "Bearer bedrock-key"),
    (BEARER, KEYS, None, "AWS4-HMAC-SHA256 Credential=AK/"),  # what is given beats what lies about
    (BEARER, {}, "given", "Bearer given"),
]


@pytest.mark.parametrize(("environment", "given", "key", "proof"), WHOSE)
def test_a_key_of_bedrock_goes_before_keys_of_aws(environment, given, key, *, proof, loopback, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    server = loopback(cloud_replies.bedrock("titan v2"))
    embed(AnyLLM.create("bedrock", key, server.url, **REGION, **given), "sync", TITAN)
    assert server.requests[0].headers["authorization"].startswith(proof)


@pytest.mark.parametrize("given", [KEYS, {"profile_name": "mine"}, {"botocore_session": Session()}], ids=", ".join)
def test_a_key_beside_keys_of_aws_is_refused(given):
    with pytest.raises(InvalidRequestError, match=r"pass one of api_key, aws_access_key_id, .*profile_name"):
        AnyLLM.create("bedrock", "key", **REGION, **given)


RAN_OUT = [
    # status, type of error, body -> whether keys are looked for again
    (403, "ExpiredTokenException", {"message": "The security token included in the request is expired"}, True),
    (403, "UnrecognizedClientException", {"message": "The security token included in the request is invalid."}, True),
    (403, "InvalidClientTokenId", {"message": "The AWS access key ID does not exist in our records."}, True),
    (403, "InvalidSignatureException", {"message": "The request signature we calculated does not match"}, False),
    (
        403,
        "AccessDeniedException",
        {"message": "You don't have access to the model."},
        False,
    ),
    (400, "ValidationException", {"message": "Malformed input request"}, False),
]


@COLOURS
@pytest.mark.parametrize("provider", ["bedrock", "sagemaker"])
@pytest.mark.parametrize(("status", "kind", "body", "again"), RAN_OUT)
def test_keys_that_ran_out_are_looked_for_once_more(provider, status, kind, *, body, again, mode, loopback, tmp_path):
    good = cloud_replies.bedrock("titan v2") if provider == "bedrock" else cloud_replies.sagemaker
    has = f"[mine]\naws_access_key_id = {{}}\naws_secret_access_key = s\naws_session_token = {mode}{kind}\n"
    (tmp_path / "credentials").write_text(has.format("old"))

    def answer(request):
        if "=old/" not in request.headers["authorization"]:
            return good(request)
        (tmp_path / "credentials").write_text(has.format("new"))
        return Answer(status, json=body, headers={"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/"})

    server = loopback(answer)
    client = AnyLLM.create(provider, api_base=server.url, profile_name="mine", **REGION)
    with nullcontext() if again else pytest.raises(AnyLLMError):
        embed(client, mode, TITAN)
    assert [owner(request) for request in server.requests] == (["old", "new"] if again else ["old"])


def test_keys_in_client_args_that_ran_out_stay_so(loopback):
    expired = {"message": "The security token included in the request is expired"}
    server = loopback(lambda _: Answer(403, json=expired, headers={"x-amzn-errortype": "ExpiredTokenException"}))
    with pytest.raises(AuthenticationError, match="is expired"):
        embed(AnyLLM.create("bedrock", api_base=server.url, **REGION, **KEYS), "sync", TITAN)
    assert len(server.requests) == 1


def owner(request: Any) -> str:
    """Whose keys signed it."""
    return request.headers["authorization"].partition("=")[2].partition("/")[0]


def test_the_service_that_is_signed_for_is_sagemaker():
    keys = {"aws_access_key_id": "AK", "aws_secret_access_key": "s"}
    sent = converse_with(setting_of("sagemaker", headers={}, client={**REGION, **keys}), reply([[1.0]])).sent[0]
    assert "/eu-west-1/sagemaker/aws4_request" in sent.headers["Authorization"]


def test_one_service_is_not_taken_for_another_at_one_address(loopback):
    def answer(request):
        return (cloud_replies.sagemaker if "endpoints" in request.path else cloud_replies.bedrock("titan v2"))(request)

    server, keys = loopback(answer), {"aws_access_key_id": "AK", "aws_secret_access_key": "s"}
    for provider in ("bedrock", "sagemaker"):
        embed(AnyLLM.create(provider, api_base=server.url, **REGION, **keys), "sync", TITAN)
    scopes = [request.headers["authorization"].split("/")[3] for request in server.requests]
    assert scopes == ["bedrock", "sagemaker"]


def test_one_profile_is_not_taken_for_another(loopback, tmp_path):
    server = loopback(cloud_replies.bedrock("titan v2"))
    lines = [f"[{name}]\naws_access_key_id = {name}\naws_secret_access_key = s\n" for name in ("one", "two")]
    (tmp_path / "credentials").write_text("".join(lines))
    for name in ("one", "two", "one"):
        embed(AnyLLM.create("bedrock", api_base=server.url, profile_name=name, **REGION), "sync", TITAN)
    assert [owner(request) for request in server.requests] == ["one", "two", "one"]


@pytest.mark.parametrize(
    ("environment", "given", "host"),
    [
        ({"AWS_REGION": "a"}, {}, "a"),
        ({"AWS_DEFAULT_REGION": "b"}, {}, "b"),
        ({"AWS_DEFAULT_REGION": "b", "AWS_REGION": "a"}, {}, "b"),  # what Amazon's own library reads
        ({"AWS_REGION": "a"}, {"region_name": "c"}, "c"),
    ],
)
def test_the_region_is_in_the_address(environment, given, host, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    configuration = AnyLLM.create("bedrock", **given)._configuration
    assert configuration.base == f"https://bedrock-runtime.{host}.amazonaws.com"
    assert configuration.options["region_name"] == host


REGIONAL = "[profile mine]\nregion = eu-south-2\n[default]\nregion = eu-north-1\n"
FOUND = [
    # provider, client_args, api_key, the host that is asked
    ("bedrock", {"profile_name": "mine"}, None, "bedrock-runtime.eu-south-2"),
    ("bedrock", {}, None, "bedrock-runtime.eu-north-1"),
    ("bedrock", {}, "a key of bedrock's", "bedrock-runtime.eu-north-1"),
    ("bedrock", {}, lambda: "a key of bedrock's", "bedrock-runtime.eu-north-1"),
    ("sagemaker", {"profile_name": "mine"}, None, "runtime.sagemaker.eu-south-2"),
    ("bedrock", {"profile_name": "mine", "region_name": "eu-west-1"}, None, "bedrock-runtime.eu-west-1"),
]


@pytest.mark.parametrize(("provider", "given", "key", "host"), FOUND)
def test_the_region_is_found_in_the_profile(provider, given, key, *, host, tmp_path, monkeypatch):
    (tmp_path / "config").write_text(REGIONAL)
    keys = "aws_access_key_id = AK\naws_secret_access_key = s\n"
    (tmp_path / "credentials").write_text(f"[mine]\n{keys}[default]\n{keys}")
    configuration = configure(ROWS[provider], key, None, given)
    call = {"base": configuration.base, "headers": configuration.headers, "client": configuration.options}
    setting = setting_of(provider, model=TITAN, **call, **({"key": key} if callable(key) else {}))
    (sent,) = converse_with(setting, GOOD if provider == "bedrock" else reply([[1.0]])).sent
    assert sent.url.startswith(f"https://{host}.amazonaws.com/")
    region, proof = host.rpartition(".")[2], sent.headers["Authorization"]
    assert proof == "Bearer a key of bedrock's" if key else f"/{region}/{provider}/aws4_request" in proof


def test_no_noun_shows_a_key():
    setting = setting_of("bedrock", **boto(aws_access_key_id="AK", aws_secret_access_key="hush"))
    token = token_of(setting).value
    client = AnyLLM.create("bedrock", aws_access_key_id="AK", aws_secret_access_key="hush", **REGION)
    nouns = (token, token.sign, setting.call, client, client._configuration, client._configuration.identity)
    assert "hush" not in " ".join(map(repr, nouns))
